"""Try one's own model before anything is trained with it: on a few made-up images, the way that a run goes.

It is made, shown batches of the sizes that a run has, and evaluated; then it is trained for two short epochs, once in
one go and once interrupted after the first, which must come to the same. All that is done on the CPU; where the run is
for a GPU, it is trained there, too.
"""

from __future__ import annotations

import contextlib
import io
import math
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor, nn

from normstudy.config import Config, training_images
from normstudy.data.loading import Data, Split
from normstudy.errors import NormstudyError
from normstudy.model import initialise, penalised_weights
from normstudy.model_code import ModelCode, kept
from normstudy.training import code_lines
from normstudy.training.calls import Calls
from normstudy.training.loop import Run, fit
from normstudy.training.model_faults import a_value, fault, told
from normstudy.training.networks import kept_tensors, make_net, normalizations_of, unplaced
from normstudy.training.own_model import OwnNet, classes_of, shape_of
from normstudy.training.places import Places
from normstudy.training.randomness import generator

FEW = 8
"""Images of a batch."""

SMALL_RATE = 1e-4
"""A learning rate with which nothing diverges that would not without a step: whether a run does is for it to find."""

NORMALIZATIONS = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm, nn.LayerNorm, nn.modules.instancenorm._InstanceNorm)


@dataclass(frozen=True)
class Trial:
    """What came of it: the `problem` in one line, empty where there is none, and `notes` to the user."""

    problem: str
    notes: tuple[str, ...] = ()


def try_out(config: Config) -> Trial:
    """Try the model of one's own that `config`, resolved, has. Whatever that raises or prints, nothing gets out."""
    asked, config = config, _small(config)
    try:
        with _nothing_gets_out(config.threads):
            code = kept(config.model, config.code)
            places = Places(code)
            net = _made(config, places)
            _look_at_parameters(net, config, places)
            _look_at_training(net, config, places)
            _look_at_evaluation(net, config, places)
            _look_at_runs(config, code)
            if asked.device == "cuda":
                _look_at_gpu(asked, config, code)
            return Trial("", tuple(_notes(net, config, places)))
    except NormstudyError as error:
        return Trial(str(error))


class _EnoughError(Exception):
    """Ends a training after its first epoch."""


def _small(config: Config) -> Config:
    """`config` for a few images on this CPU."""
    changes: dict[str, Any] = {
        "epochs": 2,
        "max_lr": SMALL_RATE,
        "weight_decay": 0.0,
        "fade": 0.0,
        "l1": config.l1 and 1e-6,
    }
    changes["adamw_lr"] = config.adamw_lr and SMALL_RATE
    changes |= {"precision": "fp32", "device": "cpu"} if config.device == "cuda" else {}
    return config.model_copy(update=changes)


@contextlib.contextmanager
def _nothing_gets_out(threads: int) -> Iterator[None]:
    """Hold back what the model prints, warns of, and sets for all of torch, which has as many threads as a run."""
    before = torch.get_num_threads()
    states = torch.random.get_rng_state(), torch.get_default_dtype(), torch.is_grad_enabled()
    text = io.StringIO()
    torch.set_num_threads(threads)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_num_threads(before)
        torch.random.set_rng_state(states[0])
        torch.set_default_dtype(states[1])
        torch.set_grad_enabled(states[2])


def _made(config: Config, places: Places) -> OwnNet:
    """The network, made twice: it must be a new one each time, with the same names and first values."""
    settings = torch.get_default_dtype(), torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled()
    with places.noted():
        first, second = (_typed(make_net(config)) for _ in range(2))
    if settings != (torch.get_default_dtype(), torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled()):
        raise places.fault("it sets what holds for all of torch (a default, or gradients off); take that out")
    shared = {id(layer) for layer in first.modules()} & {id(layer) for layer in second.modules()}
    shared |= {id(values) for values in first.parameters()} & {id(values) for values in second.parameters()}
    if shared:
        raise places.fault(
            f"`{places.code.factory}` gives the same layers each time it is called; make them inside it, so that every "
            "run begins with new ones"
        )
    return first


def _typed(net: nn.Module) -> OwnNet:
    assert isinstance(net, OwnNet)
    return net


def _look_at_parameters(net: OwnNet, config: Config, places: Places) -> None:
    """What optimizers and files need of the parameters."""
    named = dict(net.net.named_parameters())
    if lazy := [name for name, values in named.items() if isinstance(values, nn.parameter.UninitializedParameter)]:
        raise places.fault(
            f"{_some(lazy)}: a lazy layer, without a size before images come; name its input channels",
            _owner(net, lazy[0]),
        )
    for name, layer in net.net.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear) and not isinstance(layer.weight, nn.Parameter):
            raise places.fault(
                f"{name}: its weights are computed from others (a parametrization such as weight_norm), which "
                "penalties and decay cannot act on; use the plain layer",
                layer,
            )
    tensors = {**named, **dict(net.net.named_buffers())}
    if other := [name for name, values in named.items() if values.dtype != torch.float32]:
        raise places.fault(f"{_some(other)}: {named[other[0]].dtype}, where float32 is needed; make it so")
    if other := [name for name, values in tensors.items() if values.device.type != "cpu"]:
        where = tensors[other[0]].device.type
        raise places.fault(f"{_some(other)}: on the device {where}; leave it to the run where the network is")
    if other := [name for name, values in named.items() if not values.requires_grad]:
        raise places.fault(
            f"{_some(other)}: a parameter that is not learned (requires_grad is off); use register_buffer for it",
            _owner(net, other[0]),
        )
    weights = penalised_weights(net)
    if not weights:
        raise places.fault(
            "no convolution and no linear layer (nn.Conv2d, nn.Linear) with weights; it needs one at least"
        )
    if config.optimizer == "muon" and not any(weight.dim() == 4 for weight in weights):
        raise places.fault("no nn.Conv2d, which optimizer = muon is for; use `optimizer: adamw` or `optimizer: sgd`")
    if {id(values) for values in named.values()} <= {id(weight) for weight in weights}:
        raise places.fault(
            "nothing is learned but weights of convolutions and linear layers; give one of them a bias (bias=True)",
        )
    _look_at_memory(net, places)


def _look_at_memory(net: OwnNet, places: Places) -> None:
    """What is kept of a network is kept tensor by tensor."""
    try:
        kept_as = kept_tensors(net)
    except BaseException as error:
        raise told(error, places.code) from None
    if other := [name for name, values in kept_as.items() if not isinstance(values, Tensor)]:
        raise places.fault(f"{_some(other)}: kept beside the weights, but no tensor; use register_buffer with a tensor")
    owners = defaultdict(list)
    for name, values in kept_as.items():
        if values.numel():
            owners[values.untyped_storage().data_ptr()].append(name)
    if shared := next((names for names in owners.values() if len(names) > 1), None):
        raise places.fault(
            f"{shared[0]} and {shared[1]} share their memory, and a run keeps each tensor by itself; give each its own",
        )
    try:
        save({name: values.detach().contiguous() for name, values in kept_as.items()})
    except Exception as error:  # of what kind depends on what is wrong
        raise places.fault(
            f"its tensors cannot be kept ({type(error).__name__}: {_short(error)}); use others"
        ) from None


def _look_at_training(net: OwnNet, config: Config, places: Places) -> None:
    """Scores and gradients before the first step, in batches of the sizes that a run has."""
    initialise(net, generator(config.seed, 0, "weights"))
    net.train()
    names = [name for name, _ in net.net.named_parameters()]
    with _shown_to_normalizations(net) as shown:
        for size in _batch_sizes(config):
            scores = _scores(net, _images(config, size), config, places, f"in training, of a batch of {size}")
    if other := next(((layer, shape) for layer, shape in shown if len(shape) != 4), None):
        raise places.fault(
            f"a normalization is given values of the shape {_written(other[1])}; norm(channels) is for (n, channels, "
            "h, w), so put it before they are flattened",
            other[0],
        )
    if not shown:
        raise places.fault("no normalization that it asked for is used; call it in forward")
    if [name for name, _ in net.net.named_parameters()] != names:
        raise places.fault("its forward makes parameters, which no optimizer knows of; make them with the network")
    if not scores.requires_grad:
        raise places.fault("its scores have no gradient (detach, no_grad, argmax or numpy on their way); take that out")
    try:
        F.cross_entropy(scores.float(), torch.arange(len(scores)) % classes_of(config)).backward()
    except BaseException as error:
        in_place = "inplace" in str(error) and _changed_in_place(net, _images(config, len(scores)), places)
        raise told(error, places.code, in_place or "") from None
    if other := [name for name, values in net.net.named_parameters() if values.grad is None]:
        what = f"{_some(other)}: no gradient comes to it; use it in forward, or leave it away"
        raise places.fault(what, _owner(net, other[0]))
    net.zero_grad()


def _look_at_evaluation(net: OwnNet, config: Config, places: Places) -> None:
    """Scores in evaluation: of any number of images, and the same each time."""
    net.eval()
    with torch.no_grad():
        for size in (1, FEW):
            first, again = (_scores(net, _images(config, size), config, places, "in evaluation") for _ in range(2))
    if not _same(first, again):
        raise places.fault(
            "in evaluation it gives other scores each time; let it draw nothing there (nn.Dropout, or F.dropout with "
            "training=self.training)",
        )


def _look_at_runs(config: Config, code: ModelCode) -> None:
    """Whole runs: one seed gives one result, and so does a run that was interrupted."""
    data = _made_up(config)
    config = config.model_copy(update={"batch_size": min(config.batch_size, FEW)})
    whole = _run(config, data, code)
    with tempfile.TemporaryDirectory(prefix="normstudy-") as folder:
        path = Path(folder, "checkpoint")
        _run(config, data, code, path, stop=True)
        if _same_run(whole, _run(config, data, code, path)):
            return
    if not _same_run(whole, _run(config, data, code)):
        raise fault(
            code,
            "two runs of one seed give other numbers; draw with torch alone (torch.rand, nn.Dropout), from its own "
            "generator: not with random or numpy, by the clock, or from what an earlier run has left",
        )
    raise fault(
        code,
        "a run that was interrupted goes on to other numbers; keep what changes in training as a parameter or a buffer "
        "(register_buffer), and draw from torch's own generator, not one of the model's",
    )


def _look_at_gpu(asked: Config, small: Config, code: ModelCode) -> None:
    """What a CPU bears: tensors that are left behind there, steps that cannot be recorded, kernels that differ."""
    changes = {"device": "cuda", "precision": asked.precision, "batch_size": min(asked.batch_size, FEW)}
    _run(small.model_copy(update=changes), _made_up(small), code)


def _run(config: Config, data: Data, code: ModelCode, path: Path | None = None, stop: bool = False) -> Run | None:
    def after_epoch(_: dict[str, Any]) -> None:
        if stop:
            raise _EnoughError

    try:
        return fit(config, data, on_epoch=after_epoch, checkpoint=path)
    except _EnoughError:
        return None
    except BaseException as error:
        if isinstance(error, NormstudyError):
            raise
        raise told(error, code) from None


def _scores(net: OwnNet, images: Tensor, config: Config, places: Places, when: str) -> Tensor:
    """What `net` says of standardised `images`. Raises `ModelError` unless these are scores."""
    autocast = torch.autocast("cpu", torch.bfloat16) if config.precision == "bf16" and net.training else None
    calls = Calls(net.net, places)
    try:
        with autocast or contextlib.nullcontext(), calls.watched():
            scores: Any = net.net(images)
    except BaseException as error:
        raise calls.told(error) from None
    if strangers := calls.strangers():
        raise places.fault(
            f"{calls.named(strangers[0])} is called, but no part of the network, so that it would not learn; keep it "
            "as an attribute of its module, or in an nn.Sequential or nn.ModuleList",
            strangers[0],
        )
    if problem := _problem_of(scores, images, config, when):
        has_wrong_shape = isinstance(scores, Tensor) and scores.shape != (len(images), classes_of(config))
        last, at = _giving(scores if has_wrong_shape else None, calls, net, places)
        by = "it" if last is net.net else calls.named(last)
        raise places.fault(f"{by} {problem}", at=at)
    return scores


def _giving(scores: object, calls: Calls, net: OwnNet, places: Places) -> tuple[nn.Module, str]:
    """The innermost layer that gave `scores`, or else the network, and where that returns them or is made."""
    layer = calls.maker(scores)
    layer = net.net if layer is None else layer
    return layer, code_lines.of_forward(layer, places.code, returning=True) or places.of(layer)


def _problem_of(scores: Any, images: Tensor, config: Config, when: str) -> str:
    """What is wrong with what gives `scores` of `images`, and what to do; nothing where that is nothing."""
    count, classes = shape = len(images), classes_of(config)
    if scores is None:
        return f"gives None {when}; end forward with `return`, and the scores"
    if not isinstance(scores, Tensor):
        return f"gives {a_value(scores)} {when}; return a tensor of scores alone"
    if tuple(scores.shape) != shape:
        remedy = "give a score for each class"
        if scores.dim() == 2 and scores.shape[0] != count:
            remedy = "flatten with x.flatten(1), which keeps images apart"
        elif scores.dim() == 2:
            remedy = f"give a score for each of the {classes} classes, nn.Linear(…, classes)"
        return f"gives the shape {_written(scores.shape)} {when}, where {_written(shape)} is needed; {remedy}"
    if not scores.is_floating_point():
        return f"gives {scores.dtype} {when}; return the scores themselves, not classes"
    if not scores.isfinite().all():
        return f"gives scores that are no finite numbers {when}, before any step; see what divides there"
    return ""


@contextlib.contextmanager
def _shown_to_normalizations(net: OwnNet) -> Iterator[list[tuple[nn.Module, tuple[int, ...]]]]:
    """The normalizations that are called meanwhile, and the shapes of what they are given."""
    shown: list[tuple[nn.Module, tuple[int, ...]]] = []

    def look(layer: nn.Module, given: tuple[Any, ...]) -> None:
        shown.extend((layer, tuple(each.shape)) for each in given[:1] if isinstance(each, Tensor))

    handles = [layer.register_forward_pre_hook(look) for layer in normalizations_of(net)]
    yield shown
    for handle in handles:
        handle.remove()


def _changed_in_place(net: OwnNet, images: Tensor, places: Places) -> str:
    """Where a value is made that the backward pass misses, by what torch tells when it looks for anomalies."""
    with warnings.catch_warnings(record=True) as warned, contextlib.suppress(Exception):
        warnings.simplefilter("always")
        with torch.autograd.detect_anomaly(check_nan=False):
            net(images).float().sum().backward()
    return places.last_in("".join(str(each.message) for each in warned))


def _owner(net: OwnNet, parameter: str) -> nn.Module:
    """The layer that has the parameter of that name."""
    return net.net.get_submodule(parameter.rpartition(".")[0])


def _batch_sizes(config: Config) -> list[int]:
    """Those that a run has, cut to a few images, the smallest first; for BN, that of the fewest that share a mean."""
    left = training_images(config) % config.batch_size
    sizes = {min(config.batch_size, FEW), min(left or config.batch_size, FEW)}
    if config.statistics_batch:
        sizes |= {min(size % config.statistics_batch or FEW, FEW) for size in (config.batch_size, left) if size}
    return sorted(sizes)


def _images(config: Config, count: int) -> Tensor:
    """Standardised, made up."""
    return torch.randn((count, *shape_of(config)), generator=generator(0, 0, "trial"))


def _made_up(config: Config) -> Data:
    """Two batches to train on, the second as small as the last of a run, and a few images to evaluate on."""
    sizes = _batch_sizes(config)
    size = min(config.batch_size, FEW)
    count = size + (sizes[0] if sizes[0] < size else size)
    shape = shape_of(config)
    images = torch.randint(0, 256, (count + FEW, *shape), generator=generator(0, 0, "trial"), dtype=torch.uint8)
    labels, places = torch.arange(count + FEW) % classes_of(config), torch.arange(count + FEW)
    every = Split(images, labels, places)
    return Data(every[places[:count]], every[places[count:]], 0.5, 0.29)


def _same_run(first: Run | None, second: Run | None) -> bool:
    assert first
    assert second
    if first.diverged or second.diverged:
        return first.diverged == second.diverged
    histories = [[{**entry, "seconds": 0} for entry in run.history] for run in (first, second)]
    tensors = [kept_tensors(run.model) for run in (first, second)]
    return histories[0] == histories[1] and all(_same(values, tensors[1][name]) for name, values in tensors[0].items())


def _same(first: Tensor, second: Tensor) -> bool:
    """Bit by bit, but for what is no number."""
    equal = first == second
    return bool((equal | (first.isnan() & second.isnan())).all())


def _notes(net: OwnNet, config: Config, places: Places) -> Iterator[str]:
    """What a user should know, and may have meant."""
    if free := unplaced(net):
        yield (
            f"{config.model}: {_some(free)}: no weights of a convolution or linear layer, so that neither L1 nor "
            "weight decay acts on them, and they start as the code makes them"
        )
    asked_for = {id(layer) for layer in normalizations_of(net)}
    own = [
        name
        for name, layer in net.net.named_modules()
        if isinstance(layer, NORMALIZATIONS) and id(layer) not in asked_for
    ]
    if own:
        yield f"{config.model}: {_some(own)}: normalizations of its own, which are the same whatever `norm` says"
    calls = Calls(net.net, places)
    with torch.no_grad(), calls.watched():
        given = net.net.eval()(_images(config, FEW))
    scores = given.float()
    if (scores >= 0).all() and math.isclose(scores.sum().item(), len(scores), rel_tol=1e-3):
        at = _giving(given, calls, net, places)[1]
        yield (
            f"{config.model}: {at}{': ' * bool(at)}its scores are probabilities already; the loss takes a softmax of "
            "them itself: leave yours out"
        )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"


def _written(shape: Any) -> str:
    return f"({', '.join(map(str, shape))})"


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
