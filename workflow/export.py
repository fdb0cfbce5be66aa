"""Export a trained network as an ONNX file with a card. What `make export` calls.

Usage: python workflow/export.py --run results/gn4-mnist-seed0-5caff818 [--output exports]

`exports/<run>/` has `model.onnx`, its card `README.md`, and `SHA256SUMS` then; it appears complete or not at all, and
only after onnxruntime has found the same class as torch for every image that the run was evaluated on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import command

from normstudy.data.available import ensure
from normstudy.data.loading import load as load_data
from normstudy.ownership import LITTER, PlaceError, as_typed
from normstudy.paths import open_as_usual, replace_folder
from normstudy.runs import manifest
from normstudy.runs.folder import RunError
from normstudy.text import one_line
from normstudy.using.classifier import load
from normstudy.using.model_card import card
from normstudy.using.onnx_file import checked, onnx_bytes

MODEL = "model.onnx"
CARD = "README.md"


def export(run: Path | None, output: Path) -> int:
    """Write the network of `run` into a folder of `output`; the exit status. Raises `NormstudyError`, `OSError`."""
    if run is None:
        raise RunError("say which run, with RUN=: its folder, such as results/gn4-mnist-seed0-5caff818")
    classifier = load(run)
    final = output / classifier.run.name
    refuse_another(final)
    config = classifier.config
    if config.dataset != "digits":
        ensure(config.dataset)
    content = onnx_bytes(classifier)
    check = checked(content, classifier, load_data(config.dataset, config.evaluate_on).evaluation.images)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=output) as staging:
        fresh = Path(staging) / final.name
        fresh.mkdir()
        (fresh / MODEL).write_bytes(content)
        (fresh / CARD).write_text(card(classifier, check, MODEL), encoding="utf-8")
        manifest.write(fresh)
        open_as_usual(fresh)
        replace_folder(fresh, final)
    same = f"the same class as in torch for all {check.images:,} images, probabilities within {check.largest:.1e}"
    print(f"{final / MODEL}: {same}; {CARD} next to it describes it")
    return 0


def refuse_another(folder: Path) -> None:
    """Raises `PlaceError` unless `folder` is not there, or an export as this program left it."""
    if not folder.exists() and not folder.is_symlink():
        return
    try:
        listed = set(manifest.read(folder))
        others = sorted({path.name for path in folder.iterdir()} - listed - {manifest.NAME} - LITTER)
        problem = f"holds {one_line(others[0])}, which was not written here" if others else ""
        if not problem and (manifest.altered(folder) or listed != {MODEL, CARD}):
            problem = "was changed since it was made"
    except ValueError:
        problem = "holds no export of this project"
    if problem:
        raise PlaceError(
            f"{one_line(folder)}: is to be replaced, and {problem}; move it away, or name another folder (OUTPUT=)"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--run", type=as_typed, default=None, help="the folder of a finished run")
    parser.add_argument("--output", type=as_typed, default=Path("exports"), help="the folder of exported networks")
    given = parser.parse_args()
    return command.run(lambda: export(given.run, given.output), given.output)


if __name__ == "__main__":
    sys.exit(main())
