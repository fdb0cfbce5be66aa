"""Reports of 2, 9 and 30 models with names of any length: everything stays readable, through both renderers."""

import functools
import itertools
import json
import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pypdfium2
import pytest
from bs4 import BeautifulSoup
from commands import workflow
from conftest import QUICK
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from nbformat.v4 import new_markdown_cell, new_notebook
from readers import NEEDS_CHROMIUM, NEEDS_QUARTO, browser_on, sideways
from scipy.spatial import cKDTree
from test_findings import made_run

from normstudy.config import Config
from normstudy.preview import page as preview
from normstudy.report import figures, findings, markup, tables
from normstudy.report.labels import LONGEST, labels, model_names
from normstudy.runs.folder import publish, save, stage
from normstudy.runs.studies import MAIN, read_study, write_studies

ONE_EPOCH = {**QUICK, "epochs": 1, "batch_size": 449}
FAR_APART = [
    {"norm": "gn", "groups": 8, "seed": 2, "max_lr": 0.013, "weight_decay": 0.003, "l1": 1e-5, "rotation": 12.5}
    | {"shift": 1.5, "scale": 0.05, "fade": 0.4, "warmup": 0.35},
    {"norm": "gn", "groups": 2, "seed": 3, "max_lr": 0.017, "weight_decay": 0.0005, "l1": 3e-6, "rotation": 7.5}
    | {"shift": 0.5, "scale": 0.15, "fade": 0.1, "warmup": 0.15},
]
VARIED = [
    *({"norm": "gn", "shift": 1.25, **change} for change in ({}, {"groups": 8}, {"max_lr": 0.013}, {"seed": 2})),
    *({"norm": "gn", "shift": 1.25, **change} for change in ({"weight_decay": 0.003}, {"rotation": 0.0})),
    {"norm": "bn", "l1": 1e-5},
    {"norm": "ln", "weight_decay": 0.0005, "batch_size": 300},
    {"norm": "none", "optimizer": "sgd", "max_lr": 100},
]
SEEDS = [{"norm": norm, "seed": seed} for norm in ("bn", "ln", "in", "none") for seed in range(5, 10)][:19]
MODELS = {2: FAR_APART, 9: VARIED, 30: [*FAR_APART, *VARIED, *SEEDS]}
EDGE = 25
"""Points at the edge of a page that stay empty."""

REPORTS = [
    ("preview", 2),
    pytest.param("preview", 9, marks=pytest.mark.thorough),
    ("preview", 30),
    pytest.param("quarto", 2, marks=NEEDS_QUARTO),
    pytest.param("quarto", 9, marks=[NEEDS_QUARTO, pytest.mark.thorough]),
    pytest.param("quarto", 30, marks=[NEEDS_QUARTO, pytest.mark.thorough]),
]


@pytest.fixture(scope="module")
def studies(trained, whole, tmp_path_factory) -> dict[int, Path]:
    """A runs folder for each number of models; the last one of 9, which is among the 30, diverged."""
    from normstudy.training.loop import fit

    everything = tmp_path_factory.mktemp("many")
    names = []
    for parameters in MODELS[30]:
        config = Config(**{**ONE_EPOCH, **parameters})
        staged = stage(config, everything)
        save(fit(config, trained.data), trained.data, staged)
        for name in ("augmentation.png", "misclassified.png", "curves.png"):
            shutil.copy(whole / name, staged)
        nbformat.write(new_notebook(cells=[new_markdown_cell("# A run")]), staged / "train.ipynb")
        names.append(publish(staged, everything).name)
    write_studies(everything, {MAIN: names})
    folders = {30: everything}
    for count, part in ((2, names[:2]), (9, names[2:11])):
        folders[count] = tmp_path_factory.mktemp(f"of-{count}")
        for name in part:
            shutil.copytree(everything / name, folders[count] / name)
        write_studies(folders[count], {MAIN: part})
    return folders


@pytest.fixture(scope="module")
def site(studies, tmp_path_factory):
    """A function: the folder that a renderer makes of the report of so many models (each renders once)."""

    @functools.cache
    def make(renderer: str, count: int) -> Path:
        output = tmp_path_factory.mktemp("site") / renderer
        process = workflow("render", "--results", studies[count], "--output", output, "--renderer", renderer)
        assert process.returncode == 0, process.stdout + process.stderr
        return output

    return make


def misprinted(pdf: Path) -> list[str]:
    """What is printed over something else, or where the page has no room for it."""
    found = []
    for number, page in enumerate(pypdfium2.PdfDocument(pdf), start=1):
        text, (width, height) = page.get_textpage(), page.get_size()
        letters = [text.get_text_range(at, 1) for at in range(text.count_chars())]
        places = [at for at, letter in enumerate(letters) if letter.strip()]
        boxes = np.array([text.get_charbox(at) for at in places])  # of the ink: left, bottom, right, top; points
        first = np.append(True, (np.diff(boxes, axis=0) != 0).any(axis=1))  # the parts of a ligature have one box
        boxes, places = boxes[first], np.array(places)[first]
        areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        outside = (boxes[:, :2] < EDGE).any(axis=1) | (boxes[:, 2:] > (width - EDGE, height - EDGE)).any(axis=1)
        pairs = cKDTree((boxes[:, :2] + boxes[:, 2:]) / 2).query_pairs(12, output_type="ndarray")
        pairs = pairs[np.abs(np.diff(places[pairs], axis=1)[:, 0]) > 1]  # italics lean over the next letter
        one, other = boxes[pairs[:, 0]], boxes[pairs[:, 1]]
        shared = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
        over = np.prod(shared.clip(0), axis=1) > 0.3 * areas[pairs].min(axis=1)
        for at in {*np.flatnonzero(outside), *pairs[over].flat}:
            around = "".join(letters[max(0, places[at] - 12) : places[at] + 12])
            found.append(f"page {number}, {letters[places[at]]} in {around!r} at {boxes[at].round(1)}")
    return found


def test_what_is_misprinted_would_be_found(tmp_path):
    wide = "x\u00a0" * 60
    table = f"| one | two |\n|:---|:---|\n| {wide} | {wide} |\n"
    (tmp_path / "report.qmd").write_text(f'---\ntitle: "T"\n---\n\n{table}\n')
    preview.render(tmp_path / "report.qmd", tmp_path / "out")
    assert misprinted(tmp_path / "out/report.pdf") != []
    (tmp_path / "report.qmd").write_text('---\ntitle: "T"\n---\n\n| one | two |\n|:---|:---|\n| fi | W |\n')
    preview.render(tmp_path / "report.qmd", tmp_path / "right")
    assert misprinted(tmp_path / "right/report.pdf") == []


@pytest.mark.parametrize(("renderer", "count"), REPORTS)
def test_nothing_in_the_pdf_is_printed_over_something_else(site, renderer, count):
    assert misprinted(site(renderer, count) / "report.pdf") == []


OVERLAPS = """() => {
  const found = [];
  for (const table of document.querySelectorAll("main table")) {
    const boxes = [...table.querySelectorAll("th, td")].map((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return [cell, range.getBoundingClientRect()];
    });
    for (const [i, [cell, a]] of boxes.entries()) {
      const own = cell.getBoundingClientRect();
      if (a.width && (a.right > own.right + 1 || a.left < own.left - 1)) found.push(`leaves: ${cell.innerText}`);
      for (const [other, b] of boxes.slice(i + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 1) found.push(`${cell.innerText} | ${other.innerText}`);
      }
    }
  }
  return found;
}"""


@pytest.mark.parametrize(("renderer", "count"), REPORTS)
@NEEDS_CHROMIUM
def test_no_cell_of_the_page_covers_another_and_the_page_does_not_scroll_sideways(site, renderer, count):
    with browser_on(site(renderer, count), 375) as (page, here):
        page.goto(here + "index.html", wait_until="networkidle")
        assert page.evaluate("document.querySelectorAll('main table').length") > 10
        for width in (375, 1200):
            page.set_viewport_size({"width": width, "height": 900})
            assert sideways(page) <= 0, width
            assert page.evaluate(OVERLAPS) == [], width


def test_an_overlap_in_a_browser_would_be_found(tmp_path):
    cells = "<td style='max-width: 20px; white-space: nowrap'>a long name</td><td>next</td>"
    (tmp_path / "index.html").write_text(f"<main><table><tr>{cells}</tr></table></main>")
    with browser_on(tmp_path, 375) as (page, here):
        page.goto(here + "index.html")
        assert page.evaluate(OVERLAPS) == ["leaves: a long name", "a long name | next"]


@pytest.mark.parametrize(("renderer", "count"), REPORTS)
def test_every_model_is_in_its_tables_and_what_its_name_lacks_is_told(site, studies, renderer, count):
    runs = read_study(studies[count])
    page = BeautifulSoup((site(renderer, count) / "index.html").read_text(encoding="utf-8"), "html.parser")
    shown = {table["id"]: table.get_text().replace("\u00a0", " ") for table in page.find_all(id=re.compile("^tbl-"))}
    for name in model_names(runs):
        assert name in shown["tbl-models"]
        if count > tables.MOST_COLUMNS:
            assert name in shown["tbl-settings-1"]
    numbered = count in (2, 30)
    text = page.find("main").get_text().replace("\u00a0", " ")
    summary = text[: text.index("What this is and how to run it")]
    assert ("are numbered (#1, #2, …)" in summary) == numbered
    assert len(summary) < 6000
    values = shown["tbl-parameters"] if count == 2 else " ".join(shown[name] for name in shown if "settings" in name)
    for config in (run.config for run in runs):
        assert f"{config.max_lr:g}" in values


LADDER = {"seed": 1, "max_lr": 0.0009, "weight_decay": 0.0005, "rotation": 0.17, "shift": 0.013, "scale": 0.0005}
LADDER |= {"fade": 0.0013, "warmup": 0.0011, "batch_size": 1}
"""By how much a parameter differs from one model to the next."""


def configs(count: int, changes: int) -> list[Config]:
    """So many models of one kind, each of which differs from the others in so many parameters."""
    keys = list(LADDER)[:changes]
    return [
        Config(norm="gn", l1=1e-5, dataset="mnist", **{key: (at + 1) * LADDER[key] for key in keys})
        for at in range(count)
    ]


@pytest.mark.parametrize("changes", [1, 2, 5, 9])
@pytest.mark.parametrize("count", [2, 3, 4, 5, 9, 30])
def test_names_are_short_and_different_however_much_differs(count, changes):
    names = labels(configs(count, changes))
    assert len(set(names)) == count
    assert max(map(len, names)) <= LONGEST


def test_variants_of_one_model_are_named_after_what_they_change():
    changes = [{}, {"groups": 8}, {"max_lr": 0.013}, {"rotation": 0.0}, {"shift": 0.5}]
    found = labels([Config(**{"norm": "gn", "weight_decay": 0.07, **change}) for change in changes])
    assert found == ["GN", "GN (groups 8)", "GN (max lr 0.013)", "GN (rotation 0)", "GN (shift 0.5)"]


def test_values_that_look_alike_do_not_make_one_name():
    assert labels([Config(max_lr=0.02), Config(max_lr=0.0200000001)]) == ["BN #1", "BN #2"]


def made_runs(count: int, spread: int):
    """Stand-ins for runs, the later the worse: each gets `spread` more images wrong than the one before."""
    found = [made_run("gn", range(3 + spread * at), groups=None) for at in range(count)]
    for run, config in zip(found, configs(count, 9), strict=True):
        run.config = config
    return found


@pytest.mark.parametrize("spread", [0, 1, 20])
@pytest.mark.parametrize("count", [2, 3, 4, 5, 9, 30])
def test_the_summary_stays_short(count, spread):
    text = findings.summary(made_runs(count, spread))
    assert len(text.split()) < 150
    assert "GN + L1 #1 misclassifies 3" in text


def test_the_summary_of_many_models_says_what_matters_and_counts_the_rest():
    runs = made_runs(9, 20)
    text = findings.summary(runs)
    assert text.startswith("9 models judged the same 1,000 test images: GN + L1 #1 misclassifies 3 (99.70 % right), ")
    assert "GN + L1 #9 misclassifies 163 (83.70 % right), the most. Half of the models misclassify at most 83." in text
    assert "all 36 pairs of models differ by more than noise" in text
    assert "GN + L1 #1, which errs least, is clearly better than all 8 others" in text
    assert "The clearest difference of all: GN + L1 #1 errs less often than GN + L1 #9 (p < 0.001)" in text
    close = findings.summary(made_runs(9, 2))
    assert re.search(r"On these images \d+ of the 36 pairs of models differ by more than noise", close)
    assert re.search(r"is clearly better than [1-7] of the 8 others", close)


def test_many_diverged_models_are_counted():
    runs = [made_run("bn", [1]), *(made_run("none", [], seed=seed, diverged=True) for seed in range(9))]
    text = findings.summary(runs)
    assert "9 of 10 models diverged (No norm (seed 0), No norm (seed 1), No norm (seed 2) and 6 others)." in text
    assert "at step" not in text
    assert findings.epochs_shown(runs) == (
        "epochs shown: 1 of 1 (BN), 0 of 1 (No norm (seed 0) (diverged), No norm (seed 1) (diverged), "
        "No norm (seed 2) (diverged) and 6 others)"
    )


def test_a_name_is_the_same_everywhere_in_a_report_whichever_runs_finished():
    runs = made_runs(4, 20)
    runs[1] = made_run("gn", [], diverged=True)
    runs[1].config = configs(4, 9)[1]
    for text in (findings.summary(runs), findings.verdict(runs), tables.pairs_table(runs).to_string()):
        assert "#4" in text.replace("\u00a0", " ")
        assert "#2 errs" not in text
    assert "GN + L1 #2 diverged" in findings.summary(runs)


def test_the_table_of_pairs_has_the_most_telling_ones_and_the_caption_counts_the_others():
    runs = made_runs(30, 1)
    assert len(tables.pairs_table(runs)) == 10
    assert tables.pairs_table(runs).loc[0, "models"].replace("\u00a0", " ") == "GN + L1 #1 / GN + L1 #30"
    clear = sum(p < 0.05 for *_, p in tables.compare_pairs(runs))
    assert clear > 10
    assert findings.pairs_caption(runs).startswith(
        f"The 10 of 435 pairs of models with the smallest p; of the 425 others, {clear - 10} differ by more than noise"
    )
    assert findings.pairs_caption(runs[:3]) == "Each pair of models"


@pytest.mark.parametrize("count", [5, 30])
def test_what_differs_stands_once_for_each_model_and_what_does_not_once_for_all(count):
    runs = made_runs(count, 1)
    shared = tables.parameters_table(runs).set_index("parameter")["every model"]
    assert shared["`epochs`"] == "20"
    assert shared["`seed`"] == f"{count} different values"
    parts = tables.settings_tables(runs)
    assert [list(part.columns[1:]) for part in parts] == [
        ["seed", "batch size", "max lr", "warmup"],
        ["weight decay", "rotation", "shift", "scale", "fade"],
    ]
    assert all(len(part) == count for part in parts)
    assert tables.settings_tables(runs[:4]) == []
    assert len(tables.parameters_table(runs[:4]).columns) == 2 + 4


@pytest.mark.parametrize("count", [2, 4, 9, 30])
@pytest.mark.parametrize("changes", [1, 2, 9])
def test_no_column_is_narrower_than_a_word_of_it(count, changes):
    runs = made_runs(count, 5)
    for run, config in zip(runs, configs(count, changes), strict=True):
        run.config = config
    for frame in (tables.models_table(runs), tables.pairs_table(runs), *tables.settings_tables(runs)):
        assert_wide_enough(frame)
    assert_wide_enough(tables.parameters_table(runs))


def assert_wide_enough(frame):
    rule = markup.table("x", frame, "A caption.").splitlines()[3]
    dashes = [len(part) for part in rule.strip("|").split("|")]
    if sum(dashes) < markup.COLUMNS:  # every cell fits on one line
        return
    for name, share in zip(frame, np.array(dashes) / sum(dashes), strict=True):
        words = [word for cell in [name, *frame[name]] for word in str(cell).replace("\\", "").split(" ")]
        assert share * markup.PAGE >= max(map(len, words)), name


def text_boxes(figure):
    """(text, box in pixels) of every text that the figure shows."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    for axes in figure.axes:
        for text in [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts]:
            if text.get_text():
                yield text.get_text(), Text.get_window_extent(text, canvas.get_renderer())  # without its leader


@pytest.mark.parametrize("measures", [["test_loss"], ["test_accuracy"], ["train_loss", "train_accuracy"]], ids=str)
@pytest.mark.parametrize(("count", "changes"), [(2, 1), (2, 2), (4, 1), (9, 2), (9, 9), (30, 2), (60, 9)])
def test_labels_of_graphs_lie_apart_and_leave_room_for_the_lines(count, changes, measures):
    runs = made_runs(count, 1)
    for run, config in zip(runs, configs(count, changes), strict=True):
        run.config = config
    runs.append(made_run("none", [], diverged=True, optimizer="sgd"))
    figure = figures.history_figure(runs, measures)
    boxes = list(text_boxes(figure))
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert wide <= 1 or high <= 1, (one, other)
    for axes in figure.axes:
        place = axes.get_position()
        assert place.width * figures.WIDTH > 1.2
        assert place.height * figure.get_figheight() > 1.8
    assert figure.get_figheight() <= 10.6  # of a page, whose text is narrower than the figure
    labelled = [text for text, _ in boxes if "#" in text or "seed" in text]
    assert len(labelled) == len(measures) * min(count, figures.MOST_LABELS // len(measures))


def test_above_an_image_that_all_get_wrong_the_answers_of_many_models_are_counted():
    runs = made_runs(9, 0)
    for run in runs:
        run.misclassified = {"index": np.arange(3), "images": np.zeros((3, 28, 28), dtype=np.uint8)}
    for answer, run in enumerate(runs[:6], start=2):
        run.predictions["predicted"][0] = answer
    figure = figures.shared_errors_figure(runs, np.arange(3))
    assert figure.axes[0].get_title() == "true 0 (no. 0)\n1: 3 models\n2: 1 model\n3: 1 model\nothers: 4 models"
    boxes = [box for _, box in text_boxes(figure)]
    assert all(min(a.x1, b.x1) - max(a.x0, b.x0) <= 1 for a, b in itertools.pairwise(boxes))


def test_one_of_a_thing_is_no_plural():
    runs = [made_run("bn", [1])]
    texts = [findings.summary(runs), findings.epochs_shown(runs), findings.shared(runs), findings.limits(runs)]
    texts += [findings.diverged_count([made_run("none", [], diverged=True)]), findings.take_away(runs, "test_loss")]
    texts += [findings.shared([made_run("bn", [1]), made_run("ln", [1])])]
    assert re.findall(r"\b1 (?:models|epochs|errors|images|runs|pairs|threads|others)\b", " ".join(texts)) == []
    assert "1 of 1 epoch of each model" in texts
    assert "1 of 1,000 images is misclassified by the one model." in texts
    assert "1 error of 1,000 means" in texts[3]
    assert "1 of 1 model diverged (No norm)." in texts
    assert "1 of 1,000 images is misclassified by both models, 1 by at least one of them." in texts


def test_the_records_of_searches_have_no_plural_of_one(tmp_path):
    record = {"model": "bn", "skeleton": "3x3", "parameters": 9, "seconds_per_epoch": 1.0, "validation_loss": 0.1}
    record |= {"config": {"seed": 7, "dataset": "mnist", "epochs": 1}, "validation_accuracy": 0.9}
    path = tmp_path / "record.json"
    path.write_text(json.dumps([record]))
    assert "1 skeleton was compared, 1 epoch with each of 1 model, seed 7" in findings.skeleton_protocol(path)
    path.write_text(json.dumps([{key: record[key] for key in record if key != "skeleton"}]))
    assert "1 run for each of 1 model, 1 epoch each, seed 7" in findings.search_protocol(path)
