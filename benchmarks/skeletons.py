"""Compare skeletons of the network on MNIST's validation split: accuracy and seconds, for bn+l1, gn and ln.

Usage: python benchmarks/skeletons.py [jobs]      (the number of runs side by side; default: one per core)

What else a run is stands in `params/studies/skeletons.yaml`. What is found goes to
`results/skeletons.json`; what stands there already is not run again. The test set is never touched.
"""

from __future__ import annotations

import json
import statistics
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

from normstudy.config import make_config, resolve
from normstudy.errors import NormstudyError
from normstudy.hardware import cores
from normstudy.model import SKELETON, Block, Net, count_parameters, describe_skeleton
from normstudy.paths import project_root, write_whole
from normstudy.training.loop import fit
from normstudy.yaml_file import read_yaml

STUDY = project_root() / "params/studies/skeletons.yaml"
FOUND = project_root() / "results/skeletons.json"

CANDIDATES = (
    (Block(5, stride=2), Block(3), Block(3, pool=2), Block(3)),
    (Block(5, stride=2), Block(3), Block(3, stride=2), Block(3)),
    (Block(5, stride=2, pool=2), Block(3, padding=1), Block(3), Block(3)),
    SKELETON,
    (Block(5, stride=3), Block(3), Block(3), Block(3)),
    (Block(7, stride=3), Block(3, padding=1), Block(3), Block(3)),
)
SKELETONS = {describe_skeleton(skeleton): skeleton for skeleton in CANDIDATES}


def run(skeleton: str, model: str, parameters: dict) -> dict:
    """Train once; what is kept of it. Losses in nats, accuracies as fractions."""
    config = resolve(make_config(parameters, str(STUDY)), "mnist")
    trained = fit(config, skeleton=SKELETONS[skeleton])
    last = trained.history[-1]
    return {
        "skeleton": skeleton,
        "model": model,
        "config": config.model_dump(),
        "parameters": count_parameters(Net(config.norm, config.groups, SKELETONS[skeleton])),
        "train_loss": last["train_loss"],
        "validation_loss": last["test_loss"],
        "validation_accuracy": last["test_accuracy"],
        "seconds_per_epoch": statistics.median(entry["seconds"] for entry in trained.history),
    }


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else cores()
    study = read_yaml(STUDY)
    rows = json.loads(FOUND.read_text()) if FOUND.exists() else []
    done = {(row["skeleton"], row["model"], row["config"]["seed"]) for row in rows}
    wanted = [
        (name, model, {**study["common"], **values, "seed": seed})
        for seed in study["seeds"]
        for name in SKELETONS
        for model, values in study["models"].items()
        if (name, model, seed) not in done
    ]
    with ProcessPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(run, *each) for each in wanted]):
            rows.append(future.result())
            write_whole(FOUND, json.dumps(rows, indent=1) + "\n")
            print(
                f"{len(rows)}: {rows[-1]['skeleton']}, {rows[-1]['model']}: {rows[-1]['validation_loss']}", flush=True
            )


if __name__ == "__main__":
    try:
        main()
    except NormstudyError as error:
        sys.exit(f"error: {error}")
