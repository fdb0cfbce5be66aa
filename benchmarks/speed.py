"""Seconds of one core: an epoch of each model next to one of the usual pipeline, and what the latter reaches in 20.

Usage: python benchmarks/speed.py [--turns 5] [--trained 1] [--output benchmarks/speed.json]

Epochs are measured in turns in one process of one thread, on a machine that is left alone. Then, unless that is there
already, the usual pipeline (`usual.py`) is trained as a whole, so many times, by SGD with one cycle up to 0.1. The
page analysis/studies/speed.qmd reads the file.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import epoch
import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import OneCycleLR
from usual import UsualNet, evaluate, make_loaders, train_epoch

from normstudy.data.available import ensure
from normstudy.paths import data_folder, write_whole
from normstudy.runs.folder import environment

MODELS = ("bn_l1", "gn", "ln")
USUAL = "usual"
EPOCHS, PEAK, MOMENTUM = 20, 0.1, 0.9


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--trained", type=int, default=1, help="how often to train the usual pipeline, 20 minutes each")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/speed.json"))
    options = parser.parse_args()
    ensure("mnist")
    torch.set_num_threads(1)
    before = json.loads(options.output.read_text()) if options.output.is_file() else {}
    found = {**about(), "seconds": measured(options.turns), "trained": before.get("trained", [])}
    write_whole(options.output, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    for seed in range(len(found["trained"]), options.trained):
        found["trained"].append(trained(seed))
        write_whole(options.output, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return 0


def about() -> dict[str, Any]:
    """On what, with what and when."""
    made_with = environment("cpu")
    return {
        "made": datetime.now(UTC).date().isoformat(),
        "processor": made_with["processor"],
        "torch": made_with["torch"],
        "precision": epoch.resolved_precision(),
    }


def measured(turns: int) -> dict[str, list[float]]:
    """Seconds of an epoch, with the evaluation after it, turn by turn; a first turn more does not count."""
    found: dict[str, list[float]] = {name: [] for name in (USUAL, *MODELS)}
    for turn in range(turns + 1):
        for name, seconds in found.items():
            taken = epoch.usual(1) if name == USUAL else epoch.ours(name)
            if turn:
                seconds.append(taken)
        print(f"turn {turn} of {turns}", file=sys.stderr, flush=True)
    return found


def trained(seed: int) -> list[float]:
    """The usual pipeline's accuracies (fractions) on the test images after each epoch."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    network = UsualNet()
    train, test = make_loaders(str(data_folder()))
    optimizer = SGD(network.parameters(), lr=PEAK, momentum=MOMENTUM)
    schedule = OneCycleLR(optimizer, PEAK, epochs=EPOCHS, steps_per_epoch=len(train))
    optimizer.register_step_post_hook(lambda *_: schedule.step())
    accuracies = []
    for number in range(1, EPOCHS + 1):
        train_epoch(network, train, optimizer)
        accuracies.append(evaluate(network, test)[1])
        print(f"usual, epoch {number} of {EPOCHS}: {100 * accuracies[-1]:.2f} %", file=sys.stderr, flush=True)
    return accuracies


if __name__ == "__main__":
    sys.exit(main())
