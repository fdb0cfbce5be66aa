"""What two faults do to a result: a penalty that is not differentiated, and an optimizer that is rebuilt every epoch.

Usage: python benchmarks/repeated_faults.py [--seeds 10] [--norms bn gn ln] [--epochs 20] [--processes 2]
                                   [--output benchmarks/faults.json]

Each is repeated on purpose next to the right way, run by run with the same seeds, with the rates and penalty of the
public solution that has them: SGD with momentum, one cycle up to 0.2, λ Σ|p| over every parameter. Network and data are
this project's, turned as there and without fading out. A run that is in the file already is not made again, and each is
written as it ends. The page analysis/studies/faults.qmd reads the file.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD
from torch.optim.lr_scheduler import OneCycleLR

from normstudy.config import Config, make_config, resolve
from normstudy.data.available import ensure
from normstudy.data.loading import load_once
from normstudy.model import initialise, make_net
from normstudy.paths import write_whole
from normstudy.runs.folder import environment
from normstudy.training.batches import Batches
from normstudy.training.evaluation import evaluate
from normstudy.training.randomness import generator

PENALTY = 1e-5
PEAK, DIVISOR, MOMENTUM = 0.2, 20, 0.9
ROTATION = 6.9


@dataclass(frozen=True)
class Arm:
    """How a run is made: with which normalization, whether the optimizer is rebuilt, and whether the penalty acts."""

    norm: str
    rebuilt: bool
    acts: bool


def arms(norms: list[str]) -> list[Arm]:
    """Of BN all four ways; of the others, which were to have no penalty, the two without one."""
    return [
        Arm(norm, rebuilt, acts)
        for norm in norms
        for rebuilt, acts in itertools.product((False, True), repeat=2)
        if norm == "bn" or not acts
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--norms", nargs="+", default=["bn", "gn", "ln"])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/faults.json"))
    options = parser.parse_args()
    ensure(options.dataset)
    found = json.loads(options.output.read_text()) if options.output.is_file() else {"runs": []}
    there = {(Arm(**run["arm"]), run["seed"], len(run["accuracies"])) for run in found["runs"]}
    wanted = [(arm, seed) for seed in range(options.seeds) for arm in arms(options.norms)]
    missing = [(arm, seed) for arm, seed in wanted if (arm, seed, options.epochs) not in there]
    found |= about(configured(Arm("bn", False, False), 0, options.epochs, options.dataset))
    with ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(measured, *each, options.epochs, options.dataset) for each in missing]
        for done, job in enumerate(as_completed(jobs), start=1):
            found["runs"].append(job.result())
            found["runs"].sort(key=lambda run: (run["seed"], str(run["arm"])))
            write_whole(options.output, as_text(found))
            print(f"{done} of {len(missing)} runs", file=sys.stderr, flush=True)
    return 0


def about(config: Config) -> dict[str, Any]:
    """With what and when the runs were made."""
    made_with = environment("cpu")
    return {
        "made": datetime.now(UTC).date().isoformat(),
        "processor": made_with["processor"],
        "torch": made_with["torch"],
        "precision": config.precision,
        "dataset": config.dataset,
        "epochs": config.epochs,
        "batch": config.batch_size,
        "penalty": PENALTY,
    }


def as_text(found: dict[str, Any]) -> str:
    """JSON with a line for each run."""
    head = {key: value for key, value in found.items() if key != "runs"}
    runs = ",\n  ".join(json.dumps(run) for run in found["runs"])
    return f'{json.dumps(head, ensure_ascii=False, indent=1)[:-2]},\n "runs": [\n  {runs}\n ]\n}}\n'


def configured(arm: Arm, seed: int, epochs: int, dataset: str) -> Config:
    """Network and data of a run; its rates are not those of the configuration."""
    values = {"norm": arm.norm, "seed": seed, "epochs": epochs, "dataset": dataset, "device": "cpu"}
    values |= {"optimizer": "sgd", "rotation": ROTATION, "shift": 0.0, "scale": 0.0, "fade": 0.0, "weight_decay": 0.0}
    return resolve(make_config(values), dataset)


def measured(arm: Arm, seed: int, epochs: int, dataset: str) -> dict[str, Any]:
    """One run: accuracies (fractions) and losses (nats) on the test images after each epoch, and what it reports."""
    config = configured(arm, seed, epochs, dataset)
    torch.set_num_threads(1)
    data = load_once(dataset, "test")
    network = make_net(config)
    initialise(network, generator(seed, 0, "weights"))
    batches = Batches(config, data, torch.device("cpu"))
    start = time.perf_counter()
    accuracies, losses, rates = [], [], []
    optimizer, schedule = optimizer_of(network, epochs, batches.steps)
    for epoch in range(1, epochs + 1):
        if arm.rebuilt and epoch > 1:
            optimizer, schedule = optimizer_of(network, epochs, batches.steps)
        network.train()
        for images, labels in batches.of(epoch):
            rates.append(schedule.get_last_lr()[0])
            with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16"):
                scores = network(images)
            objective, _ = objective_and_reported(network, scores.float(), labels, arm.acts)
            optimizer.zero_grad()
            objective.backward()
            optimizer.step()
            schedule.step()
        judged = evaluate(network, data, data.evaluation)
        accuracies.append(judged.accuracy)
        losses.append(judged.mean_loss)
    return {
        "arm": asdict(arm),
        "seed": seed,
        "accuracies": accuracies,
        "losses": losses,
        "last_rates": rates[batches.steps - 1 :: batches.steps],
        "seconds": time.perf_counter() - start,
    }


def optimizer_of(network: nn.Module, epochs: int, steps: int) -> tuple[SGD, OneCycleLR]:
    """SGD and one cycle over all epochs, which begins with its first step."""
    optimizer = SGD(network.parameters(), lr=PEAK / DIVISOR, momentum=MOMENTUM)
    return optimizer, OneCycleLR(optimizer, PEAK, epochs=epochs, steps_per_epoch=steps, div_factor=DIVISOR)


def objective_and_reported(network: nn.Module, scores: Tensor, labels: Tensor, acts: bool) -> tuple[Tensor, Tensor]:
    """What is differentiated, and what is reported as the loss: the penalty is in the second, or in both."""
    loss = F.cross_entropy(scores, labels)
    reported = loss + PENALTY * sum(parameter.abs().sum() for parameter in network.parameters())
    return (reported if acts else loss), reported.detach()


if __name__ == "__main__":
    sys.exit(main())
