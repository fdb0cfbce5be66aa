"""Where the learning rate peaks and where augmentation fades out, from the configuration."""

from typing import get_args

import numpy as np
import pytest

from normstudy.config import Config
from normstudy.report.milestones import fade_start, in_words, rate_peak
from normstudy.training.schedule import learning_rates

USUAL = {"dataset": "digits", "epochs": 20}


def test_of_the_usual_configuration():
    configs = [Config(**USUAL), Config(norm="ln", **USUAL)]
    assert rate_peak(configs) == pytest.approx(4, abs=0.05)
    assert fade_start(configs) == 16
    assert in_words(configs) == "The learning rate peaks after 4 epochs, and augmentation fades out from epoch 16 on. "


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"schedule": "cosine", "warmup": 0.5, "fade": 0}, "The learning rate peaks after 10 epochs. "),
        ({"schedule": "constant"}, "Augmentation fades out from epoch 16 on. "),
        ({"schedule": "step", "rotation": 0, "shift": 0, "scale": 0}, ""),
        ({"schedule": "cosine", "warmup": 0}, "Augmentation fades out from epoch 16 on. "),
        ({"epochs": 1}, "The learning rate peaks after 0.2 epochs, and augmentation fades out from epoch 0.8 on. "),
    ],
)
def test_only_what_happens_is_said(values, said):
    assert in_words([Config(**USUAL | values)]) == said


@pytest.mark.parametrize("schedule", get_args(Config.model_fields["schedule"].annotation))
@pytest.mark.parametrize("warmup", [0.1, 0.3])
def test_the_peak_is_that_of_training(schedule, warmup):
    config = Config(**USUAL, schedule=schedule, warmup=warmup, evaluate_on="validation")
    rates = np.array(list(learning_rates(config, 1000)))
    falls_at_once = np.isclose(rates, rates.max(), rtol=1e-6).sum() <= 2
    assert rate_peak([config]) == (pytest.approx(rates.argmax() / 50, abs=0.05) if falls_at_once else None)


def test_what_differs_between_models_is_not_said():
    configs = [Config(**USUAL), Config(**USUAL | {"warmup": 0.4, "fade": 0.5})]
    assert rate_peak(configs) is None
    assert fade_start(configs) is None
    assert in_words(configs) == ""
