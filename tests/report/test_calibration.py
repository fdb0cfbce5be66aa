"""How sure the models are."""

import re
from pathlib import Path

import numpy as np
import pytest
from judged import answering, lost

from normstudy.report import calibration
from normstudy.report.calibrations import calibrations
from normstudy.report.reliability_diagram import reliability_figure


def run(norm, right, sure, seed=0, images=1000, drawn=None):
    """A run that is right in a share `right`, and `sure` of each answer (both about that); `drawn`: else by seed."""
    generator = np.random.default_rng(seed if drawn is None else drawn)
    answers = (generator.random(images) >= right).astype(np.uint8)
    confidence = np.clip(sure + generator.normal(0, 0.01, images), 0.5, 0.999)
    return answering(norm, answers, np.zeros(images, np.uint8), seed, confidence)


@pytest.mark.parametrize(
    ("right", "expected"), [(0.8, "too sure"), (0.9, "undecided"), (0.99, "not sure enough")], ids=str
)
@pytest.mark.parametrize("seeds", [1, 4])
def test_who_is_surer_than_right(right, expected, seeds):
    (found,) = calibrations([run("bn", right, 0.9, seed) for seed in range(seeds)])
    assert calibration.kind(found) == expected


def test_what_all_seeds_have_may_still_be_the_chance_of_the_images():
    """Seeds that err on the same images agree with each other, and say nothing of other images."""
    (found,) = calibrations([run("bn", 0.905, 0.9 + 1e-4 * seed, seed, drawn=0) for seed in range(5)])
    assert abs(found.excess.mean()) > 5 * found.excess.std()
    assert calibration.kind(found) == "undecided"


def test_the_section_has_prose_picture_and_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs = [*(run("bn", 0.8, 0.9, seed) for seed in range(3)), *(run("gn", 0.9, 0.9, seed) for seed in range(3))]
    text = calibration.section([*runs, lost("gn", seed=3)])
    assert "BN is too sure of its answers; the difference is within the noise for GN." in text
    assert Path(re.search(r"!\[\]\((.+?)\)", text)[1]).stat().st_size > 1000
    assert text.count("Runs that diverged are left out: 1 of 4 runs of GN.") == 2
    frame = calibration.calibration_table(calibrations(runs))
    assert frame["model"].tolist() == ["BN", "GN"]
    errors, chance = (frame[name].str.split(" ").str[0].astype(float) for name in ("ECE (%)", "by chance (%)"))
    assert errors[0] == pytest.approx(10, abs=1.5)
    assert errors[1] == pytest.approx(chance[1], abs=1.5)
    assert calibration.section([lost("gn")]) == "No model finished."


def test_every_bin_of_every_run_is_a_mark():
    found = calibrations([run("bn", 0.9, 0.9, seed) for seed in range(3)])
    marks = [line for line in reliability_figure(found).axes[0].lines if line.get_markersize() == 2]
    assert [len(line.get_ydata()) for line in marks] == [3] * 15
