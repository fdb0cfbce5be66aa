"""Export a trained network as an ONNX file with a card. What `make export` calls.

Usage: python workflow/export.py --run results/gn4-mnist-seed0-5caff818 [--output exports]

`exports/<run>/` has `model.onnx`, its card `README.md`, and `SHA256SUMS` then; it appears whole or not at all, and only
after onnxruntime has found the same class as torch for every image that the run was evaluated on. The run folder stays
as it is.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from surroundings import settle

from normstudy.data.available import ensure
from normstudy.data.loading import load as load_data
from normstudy.errors import NormstudyError, disk_refusal
from normstudy.ownership import LITTER, PlaceError, as_typed
from normstudy.paths import open_as_usual, replace_folder
from normstudy.runs import manifest
from normstudy.runs.folder import RunError
from normstudy.text import one_line
from normstudy.using.card import card
from normstudy.using.classifier import load
from normstudy.using.onnx_file import Check, checked, onnx_bytes

MODEL = "model.onnx"
CARD = "README.md"


def export(run: Path, output: Path) -> tuple[Path, Check]:
    """Where the network of `run` lies exported, and how that was checked. Raises `NormstudyError`, `OSError`."""
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
    return final, check


def refuse_another(folder: Path) -> None:
    """Raises `PlaceError` unless `folder` is not there, or an export as this program left it."""
    if not folder.exists() and not folder.is_symlink():
        return
    told = f"{one_line(folder)}: is to be replaced, and "
    remedy = "move it away, or name another folder (OUTPUT=)"
    try:
        listed = set(manifest.read(folder))
        problem = manifest.altered(folder)
    except ValueError:
        raise PlaceError(f"{told}holds no export of this project; {remedy}") from None
    if other := sorted({path.name for path in folder.iterdir()} - listed - {manifest.NAME} - LITTER):
        raise PlaceError(f"{told}holds {one_line(other[0])}, which was not written here; {remedy}")
    if problem or listed != {MODEL, CARD}:
        raise PlaceError(f"{told}was changed since it was made; {remedy}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--run", type=as_typed, default=None, help="the folder of a finished run")
    parser.add_argument("--output", type=as_typed, default=Path("exports"), help="the folder of exported networks")
    arguments = parser.parse_args()
    try:
        settle(__file__)
        if arguments.run is None:
            raise RunError("say which run, with RUN=: its folder, such as results/gn4-mnist-seed0-5caff818")
        final, check = export(arguments.run, arguments.output)
    except NormstudyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {disk_refusal(error, arguments.output)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; nothing was written.")
        return 130
    print(
        f"{final / MODEL}: the same class as in torch for all {check.images:,} images, probabilities within "
        f"{check.largest:.1e}; {CARD} beside it tells more"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
