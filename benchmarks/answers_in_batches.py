"""How often the published network with BN answers otherwise in training mode, among random images, than at test time.

Usage: python benchmarks/answers_in_batches.py [--output FILE]

It needs MNIST, which `make report` fetches. The playground shows the table (analysis/playground.qmd).
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import pandas as pd

from normstudy.data.loading import load_once
from normstudy.report.core import statistics
from normstudy.runs.answers_in_batches import answers_in_batches
from normstudy.runs.folder import read_run

OUTPUT = Path("src/normstudy/report/data/answers_in_batches.csv")
HEAD = """# Answers of a network with BN in training mode, in random batches of evaluated images, made by
# benchmarks/answers_in_batches.py. Fractions of the images, means over batches with Student's 95 % intervals. changed:
# answered otherwise than at test time; disagreed: otherwise than in another random batch; right: as labelled.
# weights: SHA-256 of the run's model.safetensors.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    run = next(read_run(path) for path in sorted(Path("results").glob("bn_*")))
    weights = hashlib.sha256((run.folder / "model.safetensors").read_bytes()).hexdigest()
    rows = []
    for each in answers_in_batches(run, load_once(run.config.dataset, run.config.evaluate_on)):
        row = {"run": run.name, "weights": weights, "size": each.size, "batches": len(each.changed)}
        for name in ("changed", "disagreed", "right"):
            found = statistics.mean(getattr(each, name))
            row |= {name: found["value"], f"{name}_low": found["low"], f"{name}_high": found["high"]}
        rows.append(row)
    text = pd.DataFrame(rows).to_csv(index=False, float_format="%.6f", lineterminator="\n")
    arguments.output.write_text(HEAD + text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
