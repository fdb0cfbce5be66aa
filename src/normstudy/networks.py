"""The network of a run, for images of any shape and any number of classes."""

from __future__ import annotations

from torch import nn

from normstudy import model
from normstudy.config import IMAGE_SHAPES, Config, image_facts
from normstudy.model import CLASSES, Net


def make_net(config: Config) -> Net:
    """The network that `config`, resolved, describes: `model.make_net` with as many channels and classes as its images.

    The first layer's inputs are those of a data set with as many channels, for that is all that the shape decides.
    """
    facts = image_facts(config)
    alike = next(name for name, shape in IMAGE_SHAPES.items() if shape[0] == facts.shape[0])
    net = model.make_net(config.model_copy(update={"dataset": alike}))
    if len(facts.classes) != CLASSES:
        net.head = nn.Linear(config.channels, len(facts.classes))
    return net
