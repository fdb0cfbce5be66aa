"""The network of a run, for images of any shape and any number of classes."""

from __future__ import annotations

from torch import nn

from normstudy.config import Config, image_facts
from normstudy.data.facts import KNOWN
from normstudy.model import CLASSES, Net
from normstudy.skeleton import deepened, parse_skeleton


def make_net(config: Config) -> Net:
    """The network of `config`: `Net` for as many channels and classes as its images have, for `auto` MNIST's."""
    facts = KNOWN["mnist"] if config.dataset == "auto" else image_facts(config)
    skeleton = deepened(parse_skeleton(config.skeleton), config.depth)
    net = Net(config.norm, config.groups, skeleton, config.channels, config.statistics_batch, facts.shape[0])
    if len(facts.classes) != CLASSES:
        net.head = nn.Linear(config.channels, len(facts.classes))
    return net
