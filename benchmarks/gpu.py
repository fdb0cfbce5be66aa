"""The same training on a GPU: whether it gives what the CPU gives, and how fast it is beside the usual pipeline.

Usage: python benchmarks/gpu.py [--epochs 20] [--seeds 3] [--output FILE]

Every model is trained with each seed on the GPU and on one thread of the CPU; the first seed twice on the GPU.
Seconds are medians over the epochs after the first, which records the step.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import torch
import torch.nn.functional as F
from usual import BATCH_SIZE, UsualNet, make_loaders

import normstudy.training.loop as loop
from normstudy.config import read_config, resolve
from normstudy.data.loading import load
from normstudy.hardware import has_cuda, processor
from normstudy.paths import data_folder, project_root, write_whole

MODELS = ("bn_l1", "gn", "ln")
USUAL_BATCHES = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, help="write the tables to this file, too")
    arguments = parser.parse_args()
    if not has_cuda():
        print("error: no CUDA device is available here; this benchmark is for a machine that has one", file=sys.stderr)
        return 1
    epochs, seeds = arguments.epochs, range(arguments.seeds)
    with ProcessPoolExecutor(len(MODELS) * len(seeds), get_context("spawn")) as pool:
        cpu = {(model, seed): pool.submit(train, model, seed, "cpu", epochs) for model in MODELS for seed in seeds}
        cpu = {key: job.result() for key, job in cpu.items()}
    usual = usual_seconds()
    lines = [
        f"torch {torch.__version__}, {torch.cuda.get_device_name()}, {processor()}",
        "",
        f"| model | test accuracy, GPU, {epochs} epochs | CPU | s/epoch, GPU | eager | one CPU thread "
        "| usual pipeline on the GPU / ours | repeats |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for model in MODELS:
        gpu = [train(model, seed, "cuda", epochs) for seed in seeds]
        again = train(model, 0, "cuda", epochs)
        with eager():
            plain = train(model, 0, "cuda", 4)
        own = seconds(gpu[0])
        lines.append(
            f"| {model} | {accuracies(gpu)} | {accuracies([cpu[model, seed] for seed in seeds])} | {own:.2f} "
            f"| {seconds(plain):.2f} | {seconds(cpu[model, 0]):.2f} | {usual / own:.0f} "
            f"| {'every bit' if untimed(gpu[0]) == untimed(again) else 'no'} |"
        )
    text = "\n".join(lines)
    print(text)
    if arguments.output:
        write_whole(arguments.output, text + "\n")
    return 0


def train(model: str, seed: int, device: str, epochs: int) -> list[dict]:
    """The history of `params/<model>.yaml` on `device`."""
    changes = {"epochs": epochs, "device": device, "seed": seed, "threads": 1, "precision": "fp32"}
    config = read_config(project_root() / f"params/{model}.yaml").model_copy(update=changes)
    return loop.fit(resolve(config, "mnist"), load("mnist")).history


@contextmanager
def eager():
    """Training without the recorded step."""
    recorded, loop.recorded = loop.recorded, lambda step, *_: step
    try:
        yield
    finally:
        loop.recorded = recorded


def usual_seconds() -> float:
    """An epoch of the usual pipeline's training with its network on the GPU, extrapolated from some batches."""
    network = UsualNet().cuda()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    batches = iter(make_loaders(str(data_folder()))[0])
    start = 0.0
    for number, (images, labels) in enumerate(islice(batches, USUAL_BATCHES + 5)):
        if number == 5:  # cuDNN has chosen its kernels
            start = time.perf_counter()
        optimizer.zero_grad()
        loss = F.nll_loss(network(images.cuda()), labels.cuda())
        loss.backward()
        optimizer.step()
        loss.item()
    return (time.perf_counter() - start) * 60_000 / (USUAL_BATCHES * BATCH_SIZE)


def seconds(history: list[dict]) -> float:
    return statistics.median(entry["seconds"] for entry in history[1:])


def accuracies(histories: list[list[dict]]) -> str:
    return ", ".join(f"{100 * history[-1]['test_accuracy']:.2f} %" for history in histories)


def untimed(history: list[dict]) -> list[dict]:
    return [{**entry, "seconds": None} for entry in history]


if __name__ == "__main__":
    sys.exit(main())
