"""The report of runs of odd shapes: it can be made, its references lead somewhere, no text lacks its value."""

import re

import pytest
from hostile import MARKUP, ORDER, QUOTES, RARE, SCRIPT
from report_in_process import finished_run, report_of

FAR = {"epoch": 2, "step": 9, "lr": 0.5}
FIRST = {"epoch": 1, "step": 1, "lr": 100.0}
NORMS = ("bn", "gn", "ln")

NAMES = (SCRIPT, MARKUP, QUOTES, ORDER, RARE, "$x$ _y_", "a" * 60, "", "|", "#")
FACTS = {"title": MARKUP, "classes": NAMES, "training": 90, "test": 24, "validation": 10, "repeated": 1}
FACTS |= {"standard": (0.5, 0.25), "validation_standard": (0.5, 0.25)}


def custom_images(shape=(1, 28, 28)) -> dict:
    return {"dataset": "mine@0123456789abcdef", "images": {**FACTS, "shape": shape}, "batch_size": 10}


def seeds(norm, errors, **parameters):
    """A run for each seed, with so many errors; None: it diverged."""
    return [
        finished_run(range(count or 0), diverged=FAR if count is None else None, norm=norm, seed=seed, **parameters)
        for seed, count in enumerate(errors)
    ]


def varied(count):
    """Models of one normalization that differ in several parameters, and are numbered."""
    keys = {"max_lr": 0.0009, "weight_decay": 0.0005, "rotation": 0.17, "shift": 0.013, "scale": 0.0005, "fade": 0.0013}
    return [
        finished_run(range(at % 7), norm="gn", l1=1e-5, **{key: (at + 1) * step for key, step in keys.items()})
        for at in range(count)
    ]


SHAPES = {
    "one run": lambda: [finished_run(range(12), norm="gn")],
    "one run without errors": lambda: [finished_run(norm="gn", epochs=1)],
    "three runs": lambda: [finished_run(range(40 + 7 * at), norm=norm) for at, norm in enumerate(NORMS)],
    "all right over seeds": lambda: [run for norm in NORMS for run in seeds(norm, [0] * 3)],
    "one is far better": lambda: [finished_run(range(900 * at), norm=norm, epochs=1) for at, norm in enumerate(NORMS)],
    "one diverged": lambda: [finished_run(range(9), norm="gn"), finished_run(norm="none", diverged=FAR)],
    "all diverged": lambda: [finished_run(norm=norm, diverged=FIRST) for norm in NORMS],
    "same in every seed": lambda: [*seeds("bn", [50, 50, 50]), *seeds("gn", [40, 40, 40])],
    "twelve seeds": lambda: [*seeds("bn", range(50, 62)), *seeds("gn", range(40, 64, 2)), *seeds("ln", range(50, 62))],
    "some seeds diverged": lambda: [*seeds("bn", [50, None, 52, None]), *seeds("gn", [40, 41, None, 42])],
    "unequal numbers of seeds": lambda: [*seeds("bn", [50, 51, 52]), *seeds("gn", [40])],
    "no common seed": lambda: [finished_run([1], norm="bn", seed=1), *seeds("gn", [None, None, 3])],
    "thirty models": lambda: varied(30),
    "five models over seeds": lambda: [
        run for norm in (*NORMS, "in", "none") for run in seeds(norm, [40, 50, 45], max_lr=0.01 + len(norm) / 100)
    ],
    "tiny test set, hostile names": lambda: [
        finished_run(range(3 * at), norm=norm, **custom_images()) for at, norm in enumerate(NORMS)
    ],
    "colours over seeds": lambda: [
        run for norm in NORMS for run in seeds(norm, [0, 1, 2], **custom_images((3, 32, 32)))
    ],
    "hostile machine": lambda: [
        finished_run([1], environment={"processor": SCRIPT, "python": MARKUP, "torch": "", "commit": None})
    ],
}


SLOW = {"thirty models", "three runs", "twelve seeds", "five models over seeds"}


@pytest.mark.parametrize(
    "shape", [pytest.param(shape, marks=pytest.mark.slow) if shape in SLOW else shape for shape in SHAPES]
)
def test_the_report_of_any_runs_is_complete(shape, tmp_path, monkeypatch):
    runs = SHAPES[shape]()
    text = report_of(runs, tmp_path, monkeypatch, whole=shape == "three runs")
    labels = re.findall(r"\{#((?:fig|tbl|sec)-[\w.-]+)", text)
    assert len(labels) == len(set(labels))
    prose = re.sub(r"fig-alt=\"(?:\\.|[^\"])*\"|\\.|`[^`]*`", "", text)  # without text from elsewhere, which is escaped
    for reference in re.findall(r"(?<![\w(])@((?:fig|tbl|sec)-[\w-]+)", prose):
        assert reference in labels
    assert not re.search(r"\b(nan|inf|None)\b", prose)
    assert "<script" not in prose.replace(r"\<script", "")
    assert "  " not in re.sub(r"^[|: -].*$|^ *[*\d-].*$|^\$\$.*?\$\$$", "", prose, flags=re.MULTILINE | re.DOTALL)
    for picture in re.findall(r"!\[\]\(([^)]*)\)", text):
        assert (tmp_path / picture.rpartition("/")[2]).stat().st_size > 1000
    some = any(not run.diverged for run in runs)
    assert {"sec-minute", "fig-test-loss", "fig-test-accuracy", "tbl-models"} <= set(labels)
    assert ("fig-seeds" in labels) == some
