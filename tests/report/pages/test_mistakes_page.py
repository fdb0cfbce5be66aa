"""The page on mistakes: its tables, its figures, and its sentences, which the published runs have to support."""

import numpy as np
import pandas as pd
import pytest
from commands import ROOT
from page_cells import executed
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support

from normstudy.preview.page import unsupported_constructs
from normstudy.report.core import style
from normstudy.report.core.findings import FindingError
from normstudy.report.pages import calibration, classes, gallery, grad_cam
from normstudy.report.pages.answers import Answers, agreement, answers
from normstudy.runs.compared_runs import compared_runs

PAGE = "analysis/mistakes.qmd"


@pytest.fixture(scope="module")
def published():
    return answers(compared_runs(ROOT / "results"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A working directory with what a page reads."""
    monkeypatch.chdir(tmp_path)
    for name in ("results", "theme"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setenv("QUARTO_DOCUMENT_PATH", str(tmp_path / "analysis"))
    monkeypatch.setenv("QUARTO_DOCUMENT_FILE", "mistakes.qmd")
    monkeypatch.setenv("NORMSTUDY_FINDINGS", "stop")


@pytest.mark.slow
@pytest.mark.usefixtures("project")
def test_the_published_runs_support_every_sentence():
    names, text = executed(PAGE)
    assert names["of_a_run"] == pytest.approx(47.2667, abs=1e-4)
    assert (int((names["times"] > 0).sum()), int(names["most"].sum()), len(names["always"])) == (267, 37, 3)
    assert names["mistakes"]["errors of a run"].tolist()[0].replace("\u00a0", " ") == "50.6 (48.6 to 52.5)"
    assert names["gain"].value["GN"] == pytest.approx(0.000963, abs=1e-6)
    assert "These runs do not support" not in text
    assert text.count("<img") == 82 + 12


@pytest.mark.usefixtures("project")
def test_a_record_that_does_not_support_a_sentence_stops_the_page():
    def worse(names):
        names["most"][:] = True

    with pytest.raises(FindingError, match=r"mistakes.qmd: .*A few hard images make most of the errors"):
        executed(PAGE, worse)


def test_the_preview_knows_all_constructs_of_the_page():
    assert unsupported_constructs((ROOT / PAGE).read_text(encoding="utf-8")) == []


def test_shared_errors_and_kappa_are_those_of_pairs_with_different_seeds(published):
    shared, kappa = agreement(published)
    assert list(shared.index) == list(shared.columns) == ["BN + L1", "GN", "LN"]
    few = [published.of(name).nonzero()[0][:3] for name in ("GN", "LN")]
    kept = np.concatenate(few)
    part = Answers(
        published.runs.iloc[kept].reset_index(drop=True),
        *(published.config, published.index, published.label),
        *(published.predicted[kept], published.confidence[kept], published.shown),
    )
    shared, kappa = agreement(part)
    pairs = [(a, b) for a in range(3) for b in range(3) if a != b]
    wanted = np.mean([cohen_kappa_score(part.wrong[a], part.wrong[3 + b]) for a, b in pairs])
    assert kappa.loc["GN", "LN"] == pytest.approx(wanted)
    assert shared.loc["GN", "LN"] == pytest.approx(
        np.mean([(part.wrong[a] & part.wrong[3 + b]).sum() for a, b in pairs])
    )


def test_recall_and_precision_are_sklearns(published):
    counts = classes.confusions(published)
    found = classes.measures(published, counts)
    precision, recall, *_ = precision_recall_fscore_support(published.label, published.predicted[50], zero_division=0)
    own = found.iloc[500:510]
    assert (own["seed"] == published.runs["seed"][50]).all()
    np.testing.assert_allclose(own["recall"], recall)
    np.testing.assert_allclose(own["precision"], precision)
    assert counts.sum() == published.predicted.size


def test_calibration_is_measured_against_chance():
    """Answers that are right as often as they state have the error that chance gives; others have more."""
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, (6, 3000)).astype(np.float32)
    right = rng.random((6, 3000)) < confidence - np.repeat([0, 0.1], 3)[:, None]
    made = _made(confidence, right)
    found = calibration.measures(made).groupby("model", sort=False).mean()
    assert found["error"]["GN"] == pytest.approx(found["by_chance"]["GN"], rel=0.3)
    assert found["error"]["LN"] == pytest.approx(0.1, abs=0.02)
    assert found["excess"]["LN"] == pytest.approx(0.1, abs=0.02)
    bins = calibration.bins(made)
    assert bins["images"].eq(200).all()
    assert bins.groupby(["model", "seed"])["confidence"].apply(lambda own: own.is_monotonic_increasing).all()
    assert calibration.excess_over_images(made, "GN")["high"] > 0


def test_maps_lie_on_the_images_and_come_from_the_recorded_networks(published):
    first = np.array([run.predictions["predicted"] for run in published.shown.values()])
    by_all = np.flatnonzero((first != published.label).all(axis=0))[:2]
    found = grad_cam.maps(published, by_all)
    assert len(found) == 6
    assert found["error"].max() < 0.01
    for _, row in found.iterrows():
        assert row["taken"].shape == (28, 28)
        assert row["taken"].min() >= 0
        assert row["predicted"] != published.label[row["position"]]
    assert grad_cam.steps((0, 1), (3, 2)) == 3
    assert np.isnan(grad_cam.steps(None, (0, 0)))
    for _, picture in style.both(lambda: grad_cam.figure(published, found)):
        assert len(picture.axes[0].images) == 2 * 7


def test_an_image_that_no_folder_has_is_a_grey_field(published):
    unseen = next(
        int(at) for at in np.flatnonzero(published.wrong.any(0)) if published.index[at] not in published.pictures
    )
    card = gallery.hardest(published, [unseen])
    assert "not kept" in card
    assert "<img" not in card


def _made(confidence, right):
    images = confidence.shape[1]
    names = pd.DataFrame({"model": ["GN"] * 3 + ["LN"] * 3, "seed": [0, 1, 2, 0, 1, 2]})
    label = np.zeros(images, np.uint8)
    return Answers(names, None, np.arange(images), label, (~right).astype(np.uint8), confidence, {})
