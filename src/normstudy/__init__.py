"""normstudy: which normalization, and how do we know?

The public face, for use from Python:

    from normstudy import Config, fit, load, make_net

    make_net(Config(norm="gn"))                                  # the network, with its first weights
    run = fit(Config(norm="gn", dataset="digits", epochs=2))     # train
    run.history[-1]["test_accuracy"]                             # a fraction
    load("results/gn4-mnist-seed0-5caff818").classify("scan.png")  # a trained network, on a picture of yours

`Config` has the parameters of a run, `make_net` gives its network, a `Net` (`nn.Module`), `fit` trains it, `load` gives
that of a run folder as a `Classifier`, `read_run` what the folder recorded. Nothing is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from normstudy.config import Config as Config
    from normstudy.errors import NormstudyError as NormstudyError
    from normstudy.model import Net as Net
    from normstudy.networks import make_net as make_net
    from normstudy.runs.folder import FinishedRun as FinishedRun
    from normstudy.runs.folder import read_run as read_run
    from normstudy.training.loop import Run as Run
    from normstudy.training.loop import fit as fit
    from normstudy.using.classifier import Answer as Answer
    from normstudy.using.classifier import Classifier as Classifier
    from normstudy.using.classifier import load as load

_PLACES = {
    "Config": "config",
    "Net": "model",
    "make_net": "networks",
    "fit": "training.loop",
    "Run": "training.loop",
    "load": "using.classifier",
    "Classifier": "using.classifier",
    "Answer": "using.classifier",
    "read_run": "runs.folder",
    "FinishedRun": "runs.folder",
    "NormstudyError": "errors",
}
"""Where the public names are."""

__all__ = [*_PLACES]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'normstudy' has no attribute {name!r}")
    found = getattr(import_module(f"normstudy.{_PLACES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
