"""The Markdown of report.qmd for runs that a test made: its cells executed in this process, figures drawn in light."""

import contextlib
import io
import itertools
import re
from pathlib import Path

import numpy as np
from recorded import ENVIRONMENT, predictions

from normstudy.config import evaluated_images, image_facts, make_config, run_name
from normstudy.paths import project_root
from normstudy.report.core import markup, style
from normstudy.runs.folder import FinishedRun
from normstudy.training.sources import sources_hash

CELL = re.compile(r"^```\{python\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`\{python\} (.*?)`")


drawn = style.both


def report_of(runs, folder: Path, monkeypatch, whole: bool = True) -> str:
    """The report of `runs` as Markdown; pictures are written into `folder`.

    Unless it is the `whole` one, without what is the same for all runs: the worked example and larger studies.
    """
    monkeypatch.setattr("normstudy.runs.compared_runs.compared_runs", lambda results: list(runs))
    monkeypatch.setattr(style, "both", lambda draw: itertools.islice(drawn(draw), 1))
    monkeypatch.chdir(project_root())
    monkeypatch.setattr(markup, "FIGURES", folder)
    variables = {}

    def executed(found: re.Match) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(found[1], variables)
        return output.getvalue()

    source = Path("report.qmd").read_text(encoding="utf-8")
    if not whole:
        source = source[: source.index("## How each")] + source[source.index("## Setup") :]
    text = CELL.sub(executed, source)
    return INLINE.sub(lambda found: eval(found[1], variables)._repr_markdown_(), text)


def finished_run(wrong=(), epochs=2, confidence=0.9, diverged=None, environment=None, **parameters) -> FinishedRun:
    """A run in a folder that misclassifies these of its images as the next class, with `epochs` epochs.

    `diverged`: where, as in metrics.json (epoch, step, lr).
    """
    values = {"dataset": "mnist", "precision": "fp32", "device": "cpu", "epochs": epochs, **parameters}
    config = make_config(values)
    facts, count = image_facts(config), evaluated_images(config)
    labels = np.arange(count) % len(facts.classes)
    predicted = np.where(np.isin(np.arange(count), list(wrong)), (labels + 1) % len(facts.classes), labels)
    finished = diverged["epoch"] - 1 if diverged else epochs
    course = np.linspace(0.9 if epochs > 1 else 1, 1, epochs) * (1 - len(set(wrong)) / count)
    history = [
        {"epoch": epoch, "train_loss": 1 / epoch, "train_accuracy": 0.8, "lr": 0.01, "penalty": 0.0, "seconds": 2.0}
        | {"test_loss": 0.5 / epoch, "test_accuracy": course[epoch - 1], "weight_norms": [1.0], "gradient_norms": [1.0]}
        for epoch in range(1, finished + 1)
    ]
    metrics = {"schema": 1, "status": "diverged" if diverged else "complete", **(diverged or {}), "extra": {}}
    metrics |= {"config": config.model_dump(), "model": {"parameters": 7610}, "history": history}
    metrics["environment"] = {**ENVIRONMENT, "sources": sources_hash(), **(environment or {})}
    run = FinishedRun(Path(run_name(config)), metrics, config)
    if not diverged:
        columns = predictions(labels, predicted, confidence)
        errors = np.flatnonzero(predicted != labels)
        channels, height, width = facts.shape
        shape = (len(errors), height, width, channels)[: 3 if channels == 1 else 4]
        pixels = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
        shown = {name: columns[name][errors] for name in ("label", "predicted", "index")}
        shown |= {"images": pixels, "confidence": columns["predicted_probability"][errors]}
        run.__dict__.update(predictions=columns, misclassified=shown)  # in the place of files
    return run
