"""A trained network as an ONNX file, for programs without Python or torch: made, and checked with onnxruntime.

It takes images as a data set has them, so that nobody has to know how they were standardised:

    images          uint8 (n, c, h, w), bright on dark, n as the caller likes
    scores          float32 (n, classes), before the softmax
    probabilities   float32 (n, classes), after it
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from normstudy.config import image_facts
from normstudy.errors import NormstudyError
from normstudy.text import one_line
from normstudy.using.classifier import Classifier

OPSET = 21
"""The first in which group normalization is one operation with γ and β per channel."""

MOST = 1e-4
"""By which a probability may differ between torch and onnxruntime, which add in another order."""


class ExportError(NormstudyError):
    """The network cannot be exported, or the exported one gives other results."""


@dataclass(frozen=True)
class Check:
    """Of `images` test images: the largest difference between a probability of onnxruntime's and of torch's."""

    images: int
    largest: float
    runtime: str


class _Whole(nn.Module):
    """A network with its standardisation before it and the softmax behind."""

    def __init__(self, classifier: Classifier):
        super().__init__()
        self.net, self.mean, self.std = classifier.net, classifier.standardise.mean, classifier.standardise.std

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        scores = self.net((images.to(torch.float32) / 255 - self.mean) / self.std)
        return scores, scores.softmax(dim=1)


def onnx_bytes(classifier: Classifier) -> bytes:
    """An ONNX file of `classifier`, with its classes and its run in the metadata. Raises `ExportError`."""
    example = torch.zeros((2, *image_facts(classifier.config).shape), dtype=torch.uint8)
    try:
        with _quiet():
            program: Any = torch.onnx.export(
                _Whole(classifier).eval(),
                (example,),
                input_names=["images"],
                output_names=["scores", "probabilities"],
                dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
    except Exception as error:  # each part of the exporter has its own
        raise ExportError(f"{classifier.run.name}: cannot be exported ({one_line(error)[:200]})") from None
    model = program.model_proto
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]  # what the exporter keeps for its developers: lines of files on this machine
    model.metadata_props.add(key="run", value=classifier.run.name)
    model.metadata_props.add(key="classes", value=json.dumps(classifier.classes, ensure_ascii=False))
    return model.SerializeToString()


def checked(content: bytes, classifier: Classifier, images: Tensor) -> Check:
    """Compare the ONNX file of this `content` with `classifier`, on `images`, bytes (n, c, h, w).

    Raises `ExportError` unless it finds the same classes, with probabilities that differ by no more than `MOST`.
    """
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        said = [session.run(["probabilities"], {"images": part.numpy()})[0] for part in images.split(500)]
    except Exception as error:  # onnxruntime has many kinds of its own
        raise ExportError(f"{classifier.run.name}: onnxruntime refuses it ({one_line(error)[:200]})") from None
    theirs, ours = np.concatenate(said), classifier.probabilities(images)
    largest = float(np.abs(theirs - ours).max())
    if other := int((theirs.argmax(axis=1) != ours.argmax(axis=1)).sum()):
        raise ExportError(f"{classifier.run.name}: exported, it gives {other:,} of {len(ours):,} images another class")
    if not largest <= MOST:
        raise ExportError(f"{classifier.run.name}: exported, its probabilities differ by up to {largest:.2g}")
    return Check(len(ours), largest, onnxruntime.__version__)


@contextlib.contextmanager
def _quiet():
    """Without what the exporter prints for its developers."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        before = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)
