"""What each normalization costs, in training and at test time, next to the same network without one.

Usage: python benchmarks/normalizations.py [--turns 15] [--output benchmarks/normalizations.json]

All are measured in turns in one process of one thread, each turn in another order, and ratios are taken within a
turn. The page analysis/studies/speed.qmd reads the file.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from normstudy.config import IMAGE_SHAPES, Config, resolve
from normstudy.model import Net, make_net
from normstudy.paths import write_whole
from normstudy.runs.folder import environment
from normstudy.training.evaluation import EVALUATION_CHUNK
from normstudy.training.optimizer import Optimizers

KINDS = ("bn", "gn", "ln", "in", "ln2d", "none")
DATASET = "mnist"
WITHOUT = "none"
FOLDED = "bn, folded"
"""BN at test time as a part of the convolution before it."""

STEPS, PASSES = 40, 20
"""Of training and of evaluation in a turn, for each kind."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--output", type=Path, help="write what was measured to this file, too")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    text = json.dumps(measure(arguments.turns), indent=1, ensure_ascii=False)
    print(text)
    if arguments.output:
        write_whole(arguments.output, text + "\n")
    return 0


def measure(turns: int, steps: int = STEPS, passes: int = PASSES) -> dict:
    """Seconds of a step of training and of a pass at test time, turn by turn, and numbers kept for the backward pass.

    A first turn more does not count.
    """
    configs = {kind: resolve(Config(norm=kind, device="cpu"), DATASET) for kind in KINDS}
    images = torch.randn(configs[WITHOUT].batch_size, *IMAGE_SHAPES[DATASET])
    tests = torch.randn(EVALUATION_CHUNK, *IMAGE_SHAPES[DATASET])
    labels = torch.arange(len(images)) % 10
    training = {kind: step_of(config, images, labels) for kind, config in configs.items()}
    networks = {kind: make_net(config).eval() for kind, config in configs.items()}
    networks[FOLDED] = folded(networks["bn"])
    test = {kind: pass_of(network, tests) for kind, network in networks.items()}
    found = [
        {"training": in_turn(training, turn, steps), "test": in_turn(test, turn, passes)} for turn in range(turns + 1)
    ][1:]
    made_with = environment("cpu")
    return {
        "made": datetime.now(UTC).date().isoformat(),
        "processor": made_with["processor"],
        "torch": made_with["torch"],
        "threads": torch.get_num_threads(),
        "precision": configs[WITHOUT].precision,
        "batch": len(images),
        "test_batch": len(tests),
        "seconds": {
            when: {kind: [each[when][kind] for each in found] for kind in kinds}
            for when, kinds in (("training", training), ("test", test))
        },
        "kept": {kind: kept(make_net(config), images) / len(images) for kind, config in configs.items()},
    }


def in_turn(work: dict[str, Callable[[], None]], turn: int, times: int) -> dict[str, float]:
    """Seconds that each of `work` takes once, the mean of so many `times`; begins with another one in each `turn`."""
    kinds = list(work)
    first = turn % len(kinds)
    found = {}
    for kind in kinds[first:] + kinds[:first]:
        work[kind]()
        start = time.perf_counter()
        for _ in range(times):
            work[kind]()
        found[kind] = (time.perf_counter() - start) / times
    return found


def step_of(config: Config, images: Tensor, labels: Tensor) -> Callable[[], None]:
    """A step of training: forward, backward, optimizer; on one batch that stays in memory."""
    network = make_net(config)
    optimizers = Optimizers(config, network)
    optimizers.set_rate(1e-6)  # the work of a step is the same, and the network stays as it is
    low = config.precision == "bf16"

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16) if low else nullcontext():
            scores = network(images)
        optimizers.zero_grad()
        F.cross_entropy(scores.float(), labels).backward()
        optimizers.step()

    return step


def pass_of(network: nn.Module, images: Tensor) -> Callable[[], None]:
    """A pass at test time, in fp32 as the evaluation is."""

    @torch.no_grad()
    def judge() -> None:
        network(images)

    return judge


def folded(network: Net) -> nn.Module:
    """`network` with BN, in eval mode, with each normalization made a part of the convolution before it."""
    layers = list(network.features)
    made: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d):
            made[-1] = fuse_conv_bn_eval(made[-1], layer)
        else:
            made.append(layer)
    whole = make_net(resolve(Config(norm=WITHOUT, device="cpu"), DATASET)).eval()
    whole.features = nn.Sequential(*made)
    whole.head = network.head
    return whole


def kept(network: Net, images: Tensor) -> int:
    """How many numbers autograd keeps of a forward pass, its own parameters and buffers apart."""
    own = {each.untyped_storage().data_ptr() for each in (*network.parameters(), *network.buffers())}
    seen: dict[int, Tensor] = {}

    def note(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            seen[tensor.untyped_storage().data_ptr()] = tensor  # held, so that no address is given out again
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        network(images)
    return sum(tensor.untyped_storage().nbytes() // tensor.element_size() for tensor in seen.values())


if __name__ == "__main__":
    sys.exit(main())
