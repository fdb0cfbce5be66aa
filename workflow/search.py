"""Run the hyperparameter search of `params/studies/search.yaml` and write what it found to `results/search.json`.

Usage: python workflow/search.py [jobs]      (the number of runs side by side; default: one per core)

Combinations that stand in the file already are not run again. The test set is never touched.
"""

from __future__ import annotations

import itertools
import json
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

from surroundings import settle

from normstudy.config import Config, make_config, resolve
from normstudy.errors import NormstudyError
from normstudy.hardware import cores
from normstudy.paths import project_root, write_whole
from normstudy.report.search import read_search
from normstudy.yaml_file import read_yaml

STUDY = project_root() / "params/studies/search.yaml"
FOUND = project_root() / "results/search.json"


def combinations(study: dict) -> list[tuple[str, Config]]:
    """Every (model, configuration), seed by seed, so that an unfinished search has treated all models alike."""
    found = []
    for seed in study["seeds"]:
        for model, values in study["models"].items():
            lists = {key: value if isinstance(value, list) else [value] for key, value in values.items()}
            for chosen in itertools.product(*lists.values()):
                parameters = {**study["common"], **dict(zip(lists, chosen, strict=True)), "seed": seed}
                found.append((model, resolve(make_config(parameters, str(STUDY)), parameters["dataset"])))
    return found


def run(model: str, config: Config) -> dict:
    """Train once; what the search keeps of it."""
    from normstudy.training.loop import fit

    trained = fit(config)
    last = trained.history[-1] if not trained.diverged else {}
    return {
        "model": model,
        "config": config.model_dump(),
        "validation_loss": last.get("test_loss"),
        "validation_accuracy": last.get("test_accuracy"),
        "seconds_per_epoch": sum(entry["seconds"] for entry in trained.history) / max(1, len(trained.history)),
    }


def main() -> None:
    settle(__file__)
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else cores()
    rows = read_search(FOUND) if FOUND.exists() else []
    done = [row["config"] for row in rows]
    waiting = [(model, config) for model, config in combinations(read_yaml(STUDY)) if config.model_dump() not in done]
    with ProcessPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(run, *item) for item in waiting]):
            rows.append(future.result())
            row = rows[-1]
            write_whole(FOUND, json.dumps(rows, indent=1) + "\n")
            print(f"{len(rows)}: {row['model']} {row['validation_accuracy']} {row['validation_loss']}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except NormstudyError as error:
        sys.exit(f"error: {error}")
