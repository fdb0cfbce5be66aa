"""Exported networks: every normalization says the same in onnxruntime, and one that does not is never written."""

import dataclasses
import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from normstudy.data.facts import KNOWN
from normstudy.model import Net
from normstudy.using.classifier import load
from normstudy.using.model_card import LICENCES, card
from normstudy.using.onnx_file import Check, ExportError, checked, onnx_bytes


@pytest.fixture(scope="module")
def classifier(whole):
    return load(whole)


@pytest.fixture(scope="module")
def exported(classifier):
    return onnx_bytes(classifier)


def untrained(classifier, *arguments, **more):
    torch.manual_seed(0)
    net = Net(*arguments, **more)
    for layer in net.modules():
        if getattr(layer, "weight", None) is not None and layer.weight.ndim == 1:
            torch.nn.init.uniform_(layer.weight, 0.5, 1.5)  # γ and β as if they had been trained
            torch.nn.init.uniform_(layer.bias, -0.5, 0.5)
    return dataclasses.replace(classifier, net=net.eval())


@pytest.mark.parametrize(
    "norm", ["bn", *(pytest.param(norm, marks=pytest.mark.slow) for norm in ("gn", "ln", "in", "ln2d", "none"))]
)
def test_every_normalization_gives_the_same(classifier, trained, norm):
    one = untrained(classifier, norm)
    check = checked(onnx_bytes(one), one, trained.data.evaluation.images)
    assert check.images == 899
    assert check.largest < 1e-5


def test_it_takes_bytes_of_any_number_of_images(exported, classifier, trained):
    session = onnxruntime.InferenceSession(exported)
    (given,) = session.get_inputs()
    assert (given.name, given.type, given.shape[1:]) == ("images", "tensor(uint8)", [1, 28, 28])
    for count in (1, 3, 700):
        images = trained.data.evaluation.images[:count]
        scores, probabilities = session.run(["scores", "probabilities"], {"images": images.numpy()})
        assert scores.shape == probabilities.shape == (count, 10)
        np.testing.assert_allclose(probabilities, classifier.probabilities(images), atol=1e-5)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_it_is_valid_knows_its_classes_and_no_path_of_the_machine(exported, classifier):
    model = onnx.load_from_string(exported)
    onnx.checker.check_model(model)
    result = {each.key: each.value for each in model.metadata_props}
    assert result["run"] == classifier.run.name
    assert json.loads(result["classes"]) == classifier.classes
    assert b".py" not in exported


def test_another_network_is_not_taken_for_this_one(exported, classifier, trained):
    with pytest.raises(ExportError, match="of 899 images another class"):
        checked(exported, untrained(classifier, "gn"), trained.data.evaluation.images)
    with pytest.raises(ExportError, match="onnxruntime refuses it"):
        checked(exported[:1000], classifier, trained.data.evaluation.images)


def test_the_card_tells_what_one_has_to_know(classifier):
    result = card(classifier, Check(899, 1.2e-7, "1.0"), "model.onnx")
    accuracy = classifier.run.history[-1]["test_accuracy"]
    assert f"test accuracy: {100 * accuracy:.2f} % (95 % interval " in result
    assert "899 images" in result
    assert LICENCES["digits"] in result
    assert "(x / 255 − 0.303885) / 0.323985" in result
    assert set(LICENCES) == set(KNOWN)
