"""Try a custom network before anything is trained with it: on a few random images of the size that the run has.

It is made, given batches of the sizes of a run, forward and backward, and evaluated; then it is trained for two short
epochs, without and with an interruption, which must give the same numbers. On the CPU; where the run is for a GPU, it
is trained there as well. `runs.trials` does that in a process of its own.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from normstudy.config import Config, image_facts, training_images
from normstudy.data.loading import Data, Split
from normstudy.errors import NormstudyError
from normstudy.model import initialise, penalised_weights
from normstudy.model_code import ModelCode, kept
from normstudy.text import one_line
from normstudy.training.custom_model import ASKED_FOR, CustomNet, fault, make_custom, reported
from normstudy.training.loop import Run, fit
from normstudy.training.networks import kept_tensors, unplaced
from normstudy.training.randomness import generator

FEW = 8
"""Images of a batch."""

SMALL_RATE = 1e-4
"""A learning rate at which nothing diverges that would not without a step: whether a run does is for it to find."""

NORMALIZATIONS = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.LayerNorm, nn.modules.instancenorm._InstanceNorm)

DESCRIBED = 70
"""Characters of a layer's description."""


@dataclass(frozen=True)
class Trial:
    """The `problem` in one line, empty where there is none, and `notes` to the user."""

    problem: str
    notes: tuple[str, ...] = ()


def try_out(config: Config) -> Trial:
    """Try the custom network of `config`, resolved."""
    changes = {"epochs": 2, "max_lr": SMALL_RATE, "weight_decay": 0.0, "fade": 0.0, "l1": config.l1 and 1e-6}
    changes |= {"adamw_lr": config.adamw_lr and SMALL_RATE, "device": "cpu"}
    changes |= {"precision": "fp32"} if config.device == "cuda" else {}
    small = config.model_copy(update=changes)
    try:
        code = kept(config.model, config.code)
        net = make_custom(small)
        _check_weights(net, small, code)
        _check_passes(net, small, code)
        small = small.model_copy(update={"batch_size": min(config.batch_size, FEW)})
        data = _random_data(config)
        _check_runs(small, data, code)
        if config.device == "cuda":
            _run(small.model_copy(update={"device": "cuda", "precision": config.precision}), data, code)
        return Trial("", tuple(_notes(net, config)))
    except NormstudyError as error:
        return Trial(str(error))


def _check_weights(net: CustomNet, config: Config, code: ModelCode) -> None:
    """What optimizers and penalties need."""
    weights = penalised_weights(net)
    if not weights:
        raise fault(code, "no nn.Conv2d and no nn.Linear in it; a network needs one at least")
    if not all(isinstance(weight, nn.Parameter) for weight in weights):
        raise fault(
            code, "weights that are computed from others (weight_norm, say) have no penalty; use the plain layers"
        )
    if config.optimizer == "muon" and not any(weight.dim() == 4 for weight in weights):
        raise fault(code, "no nn.Conv2d, which optimizer = muon is for; use `optimizer: adamw` or `optimizer: sgd`")


def _check_passes(net: CustomNet, config: Config, code: ModelCode) -> None:
    """Forward and backward in batches of the sizes that a run has; in evaluation the same scores each time."""
    with reported(code):
        initialise(net, generator(config.seed, 0, "weights"))
        net.train()
    for size in _batch_sizes(config):
        scores = _scores(net, config, size, code)
    with reported(code):
        F.cross_entropy(scores, torch.arange(len(scores)) % scores.shape[1]).backward()
    if without := [name for name, weight in net.net.named_parameters() if weight.grad is None]:
        raise fault(
            code, f"{_some(without)}: no gradient; use it in forward, or keep what is not learned with register_buffer"
        )
    net.eval()
    with torch.no_grad():
        for size in (1, FEW):
            first, again = (_scores(net, config, size, code) for _ in range(2))
    if not first.equal(again):
        raise fault(
            code,
            "in evaluation it gives other scores each time; draw nothing there (nn.Dropout, or F.dropout with "
            "training=self.training)",
        )


def _check_runs(config: Config, data: Data, code: ModelCode) -> None:
    """One seed gives one result, also where the run was interrupted."""
    whole = _run(config, data, code)
    with tempfile.TemporaryDirectory(prefix="normstudy-") as folder:
        path = Path(folder, "checkpoint")
        _run(config, data, code, path, stop=True)
        if _same_run(whole, _run(config, data, code, path)):
            return
    if not _same_run(whole, _run(config, data, code)):
        raise fault(
            code,
            "two runs of one seed give other numbers; make its layers inside the function, and draw with torch alone "
            "(torch.rand, nn.Dropout), from its own generator: not with random or numpy, nor by the clock",
        )
    raise fault(
        code,
        "a run that was interrupted goes on to other numbers; keep what changes in training as a parameter or a buffer "
        "(register_buffer), and draw from torch's own generator, not one of the model's",
    )


class _StopError(Exception):
    """Ends a training after its first epoch."""


def _run(config: Config, data: Data, code: ModelCode, path: Path | None = None, stop: bool = False) -> Run | None:
    def after_epoch(_: dict[str, Any]) -> None:
        if stop:
            raise _StopError

    with reported(code), contextlib.suppress(_StopError):
        return fit(config, data, on_epoch=after_epoch, checkpoint=path)
    return None


def _scores(net: CustomNet, config: Config, count: int, code: ModelCode) -> Tensor:
    """The scores (n, classes) of `count` random images, as float32. Raises `ModelError` unless these are scores."""
    facts = image_facts(config)
    images = torch.randn((count, *facts.shape), generator=generator(0, 0, "trial"))
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bf16" and net.training)
    with _calls() as (called, open_calls), reported(code, lambda: _in_layer(net, open_calls)), autocast:
        scores: Any = net(images)
    own = {id(layer) for layer in net.modules()}
    if strangers := [layer for layer in called if id(layer) not in own and [*layer.parameters()]]:
        raise fault(
            code,
            f"{_described(strangers[0])} is called and no part of the network, so that it would not learn; keep it as "
            "an attribute of its module, or in an nn.Sequential or nn.ModuleList",
        )
    if missing := [
        name for name, layer in net.net.named_modules() if hasattr(layer, ASKED_FOR) and layer not in called
    ]:
        raise fault(code, f"{_some(missing)}: made by norm and never called; call it in forward")
    when, shape = "training" if net.training else "evaluation", (count, len(facts.classes))
    if not isinstance(scores, Tensor):
        raise fault(code, f"returns {one_line(repr(scores))[:60]} in {when}; return the scores, a tensor {shape}")
    if tuple(scores.shape) != shape:
        raise fault(
            code,
            f"returns the shape {tuple(scores.shape)} in {when}; give a score for each class of each image, {shape}: "
            "flatten with x.flatten(1), and end with nn.Linear(…, classes)",
        )
    if not scores.is_floating_point() or not scores.isfinite().all():
        raise fault(code, f"returns scores that are no finite numbers in {when}, before any step; return plain scores")
    return scores.float()


@contextlib.contextmanager
def _calls() -> Iterator[tuple[list[nn.Module], list[nn.Module]]]:
    """The layers that are called meanwhile, in order, and those whose calls have not ended, the innermost last."""
    called: list[nn.Module] = []
    open_calls: list[nn.Module] = []

    def begin(layer: nn.Module, given: tuple[Any, ...]) -> None:
        called.append(layer)
        open_calls.append(layer)
        channels = getattr(layer, ASKED_FOR, None)
        shape = tuple(given[0].shape) if given and isinstance(given[0], Tensor) else ()
        if channels and (len(shape) != 4 or shape[1] != channels):
            raise ValueError(f"norm({channels}) is for values (n, {channels}, h, w), and gets the shape {shape}")

    def end(layer: nn.Module, _given: object, _made: object) -> None:
        while open_calls.pop() is not layer:  # others ended by an error that their caller caught
            pass

    handles = [register_module_forward_pre_hook(begin), register_module_forward_hook(end)]
    try:
        yield called, open_calls
    finally:
        for handle in handles:
            handle.remove()


def _in_layer(net: CustomNet, open_calls: list[nn.Module]) -> str:
    """`body.2 (Conv2d(16, 32, …)): `, the innermost layer whose call has not ended; empty for the network itself."""
    name = next((name for name, layer in net.net.named_modules() if open_calls and layer is open_calls[-1]), "")
    return f"{name} ({_described(open_calls[-1])}): " if name else ""


def _described(layer: nn.Module) -> str:
    settings = one_line(layer.extra_repr())
    return f"{type(layer).__name__}({settings if len(settings) <= DESCRIBED else settings[:DESCRIBED] + '…'})"


def _batch_sizes(config: Config) -> list[int]:
    """Those that a run has, cut to a few images, the smallest first; for BN, that of the fewest that share a mean."""
    left = training_images(config) % config.batch_size
    sizes = {min(config.batch_size, FEW), min(left or config.batch_size, FEW)}
    if config.statistics_batch:
        sizes |= {min(size % config.statistics_batch or FEW, FEW) for size in (config.batch_size, left) if size}
    return sorted(sizes)


def _random_data(config: Config) -> Data:
    """Two batches to train on, the second as small as the last of a run, and a few images to evaluate on."""
    size, smallest, facts = min(config.batch_size, FEW), _batch_sizes(config)[0], image_facts(config)
    count = size + min(smallest, size)
    shape = (count + FEW, *facts.shape)
    images = torch.randint(0, 256, shape, generator=generator(0, 0, "trial"), dtype=torch.uint8)
    index = torch.arange(len(images))
    every = Split(images, index % len(facts.classes), index)
    return Data(every[index[:count]], every[index[count:]], 0.5, 0.29)


def _same_run(first: Run | None, second: Run | None) -> bool:
    """Bit by bit, but for what is no number."""
    assert first
    assert second
    if first.diverged or second.diverged:
        return first.diverged == second.diverged
    histories = [[{**entry, "seconds": 0} for entry in run.history] for run in (first, second)]
    tensors = [kept_tensors(run.model) for run in (first, second)]
    return histories[0] == histories[1] and all(
        torch.equal(values.nan_to_num(), tensors[1][name].nan_to_num()) for name, values in tensors[0].items()
    )


def _notes(net: CustomNet, config: Config) -> Iterator[str]:
    """What a user should know, and may have meant."""
    if free := unplaced(net):
        yield (
            f"{config.model}: {_some(free)}: no weights of a convolution or linear layer, so that neither L1 nor "
            "weight decay acts on them, and they start as the code makes them"
        )
    layers = net.net.named_modules()
    own = [name for name, layer in layers if isinstance(layer, NORMALIZATIONS) and not hasattr(layer, ASKED_FOR)]
    if own:
        yield f"{config.model}: {_some(own)}: normalizations of its own, which are the same whatever `norm` says"
    with torch.no_grad():
        images = torch.randn((FEW, *image_facts(config).shape), generator=generator(0, 0, "trial"))
        scores = net.eval()(images).float()
    if (scores >= 0).all() and math.isclose(scores.sum().item(), len(scores), rel_tol=1e-3):
        yield (
            f"{config.model}: its scores are probabilities already; the loss takes a softmax of them itself: leave "
            "yours out"
        )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"
