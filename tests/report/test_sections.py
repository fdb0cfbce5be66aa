"""What holds in every section of the report: names, plurals, widths of columns."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn import without_numbers
from made_runs import configs, made_run, made_runs

from normstudy.preview.page import unsupported_constructs
from normstudy.report import (
    augmented,
    curves,
    differences,
    hyperparameters,
    limits,
    markup,
    misclassified,
    network,
    outcomes,
    shared_errors,
    summary,
    verdict,
)
from normstudy.runs.folder import read_run


def test_many_diverged_models_are_counted():
    runs = [made_run("bn", [1]), *(made_run("none", [], max_lr=rate, diverged=True) for rate in range(1, 10))]
    text = summary.paragraph(runs)
    assert "9 of 10 models diverged (No norm (max lr 1), No norm (max lr 2), No norm (max lr 3) and 6 others)." in text
    assert "at step" not in text
    assert curves.epochs_shown(runs) == (
        "epochs shown: 1 of 1 (BN), 0 of 1 (No norm (max lr 1) (diverged), No norm (max lr 2) (diverged), "
        "No norm (max lr 3) (diverged) and 6 others)"
    )


def test_a_name_is_the_same_everywhere_in_a_report_whichever_runs_finished():
    runs = made_runs(4, 20)
    runs[1] = made_run("gn", [], diverged=True)
    runs[1].config = configs(4, 9)[1]
    for text in (summary.paragraph(runs), verdict.verdict(runs), differences.pairs_table(runs).to_string()):
        assert "#4" in text.replace("\u00a0", " ")
        assert "#2 errs" not in text
    assert "GN + L1 #2 diverged" in summary.paragraph(runs)


def test_one_of_a_thing_is_no_plural():
    runs = [made_run("bn", [1])]
    texts = [summary.paragraph(runs), curves.epochs_shown(runs), shared_errors.in_words(runs), limits.in_words(runs)]
    texts += [outcomes.diverged_count([made_run("none", [], diverged=True)]), curves.take_away(runs, "test_loss")]
    texts += [shared_errors.in_words([made_run("bn", [1]), made_run("ln", [1])])]
    assert re.findall(r"\b1 (?:models|epochs|errors|images|runs|pairs|threads|others)\b", " ".join(texts)) == []
    assert "1 of 1 epoch of each model" in texts
    assert "1 of 1,000 images is misclassified by the one model." in texts
    assert "1 error of 1,000 means" in texts[3]
    assert "1 of 1 model diverged (No norm)." in texts
    assert "1 of 1,000 images is misclassified by both models, 1 by at least one of them." in texts


@pytest.mark.parametrize("count", [2, 4, 9, 30])
@pytest.mark.parametrize("changes", [1, 2, 9])
def test_no_column_is_narrower_than_a_word_of_it(count, changes):
    runs = made_runs(count, 5)
    for run, config in zip(runs, configs(count, changes), strict=True):
        run.config = config
    for frame in (summary.models_table(runs), differences.pairs_table(runs), *hyperparameters.settings_tables(runs)):
        assert_wide_enough(frame)
    assert_wide_enough(hyperparameters.parameters_table(runs))


def test_no_line_breaks_within_a_number_a_size_or_an_interval():
    cells = [
        "16 × 14 × 14",
        "0.03 (−0.01 to 0.05)",
        "L1 (1.0 × 10⁻⁶)",
        "5 % to 6 %",
        "1/2·√6, −3/4·√12",
        "made to 2 sizes",
    ]
    text = markup.rows(pd.DataFrame({"cell": cells}))
    for cell in ("16_×_14_×_14", "0.03 (−0.01_to_0.05)", "L1 (1.0_×_10⁻⁶)", "5_%_to_6_%", "6, −3/4", "made to 2 sizes"):
        assert cell.replace("_", "\u00a0") in text
    # Numbers stand below each other at the right; of several in a cell, and of none, the line may break.
    for column, right in ((["0.5", "–", "1 (0 to 2)"], True), (["1, 2", "3, 4"], False), (["BN", "1"], False)):
        assert markup.rows(pd.DataFrame({"cell": column})).splitlines()[1].endswith(":|") == right


def test_a_caption_begins_with_a_large_letter_whatever_it_begins_with():
    assert "\n\nSmall resnet BN errs.\n:::" in markup.table("x", pd.DataFrame({"a": ["1"]}), "small resnet BN errs.")


def test_a_table_whose_cells_cannot_be_broken_and_do_not_fit_is_still_a_table():
    frame = pd.DataFrame({"a": ["x" * 60], "b": ["y" * 60]})
    rule = markup.table("x", frame, "A caption.").splitlines()[3]
    assert len({len(part) for part in rule.strip("|").split("|")}) == 1


def assert_wide_enough(frame):
    rule = markup.table("x", frame, "A caption.").splitlines()[3]
    dashes = [len(part) for part in rule.strip("|").split("|")]
    if sum(dashes) < markup.COLUMNS:  # every cell fits on one line
        return
    for name, share in zip(frame, np.array(dashes) / sum(dashes), strict=True):
        words = [word for cell in [name, *frame[name]] for word in str(cell).replace("\\", "").split(" ")]
        assert share * markup.PAGE >= max(map(len, words)), name


@pytest.fixture
def whole_run(whole, tmp_path, monkeypatch):
    """A run as the workflow leaves it; pictures are written into a folder of this test."""
    monkeypatch.chdir(tmp_path)
    return read_run(whole)


@pytest.mark.parametrize(
    ("section", "label"),
    [
        (summary.models, "tbl-models"),
        (augmented.sheet, "fig-augmentation"),
        (network.layers, "tbl-layers"),
        (hyperparameters.parameters, "tbl-parameters"),
        (curves.test_loss, "fig-test-loss"),
        (curves.test_accuracy, "fig-test-accuracy"),
        (curves.training, "fig-training"),
        (differences.pairs, "tbl-pairs"),
        (shared_errors.sheet, "fig-shared"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_section_has_its_number_its_alternative_text_and_its_caption(whole_run, section, label):
    """Of one run: also where there is nothing to compare."""
    block = section([whole_run])
    assert block.startswith(f"::: {{#{label}}}\n")
    body, _, caption = without_numbers(block).rstrip().removesuffix("\n:::").rpartition("\n\n")
    assert caption.endswith(".")
    if label.startswith("fig-"):
        path, alt = re.search(r'!\[\]\((.+)\)\{fig-alt="([^"]+)"\}$', body).groups()
        assert Path(path).stat().st_size > 1000
        assert alt.endswith(".")
    assert unsupported_constructs(block) == []


def test_a_diverged_run_has_a_line_instead_of_its_misclassified_images(whole_run):
    lost = made_run("none", [], diverged=True, l1=0.5)
    first, second = misclassified.sheets([whole_run, lost]).split(":::\n\n")
    assert first.startswith(f"::: {{#fig-misclassified-{whole_run.name}}}")
    assert second == "No norm + L1 (diverged) has no misclassified images to show.\n"
    assert shared_errors.sheet([lost]) == ""


def test_images_that_no_model_gets_wrong_together_make_no_figure():
    assert shared_errors.sheet([made_run("bn", [1]), made_run("ln", [2])]) == ""
