"""What the networks in the page compute, against torch: in node, for every kind of layer and for the published runs."""

import gzip

import numpy as np
import pytest
import torch
from commands import ROOT
from networks_in_node import in_node, packed
from node import NEEDS_NODE

from normstudy.model import Net
from normstudy.report.core.models import of_first_seed
from normstudy.report.pages import networks
from normstudy.runs.compared_runs import compared_runs
from normstudy.runs.looks import look
from normstudy.runs.network_description import describe
from normstudy.runs.networks import trained_net
from normstudy.skeleton import deepened, parse_skeleton

pytestmark = NEEDS_NODE

TOLERANCE = 1e-4
MEAN, STD = networks.STANDARD["mnist"]
INPUT = {"edge": 28, "mean": MEAN, "std": STD}

ASK = """
const network = makeNetwork(given.network), images = given.images.map(bytes);
answer([false, true].map((training) => {
  const parts = [];
  for (let at = 0; at < images.length; at += given.size) {
    parts.push(ask(network, images.slice(at, at + given.size), given.input, training));
  }
  const first = parts[0];
  return {
    scores: parts.flatMap((part) => part.scores),
    probabilities: parts.flatMap((part) => part.probabilities),
    before: first.seen.map(({ before }) => [...before.data]),
    after: first.seen.map(({ after }) => [...after.data]),
    used: first.seen.map(({ before, sets, statistics }) => {
      const used = { mean: [], variance: [] };
      everyValue(before.shape, (_, n, c, p) => statistics && ["mean", "variance"].forEach((name) => {
        used[name].push(statistics[name][sets.of(n, c, p)]);
      }));
      return used;
    }),
  };
}));
"""

SEARCH = """
const network = makeNetwork(given.network), others = given.pool.map(bytes);
const drawings = given.strokes.map((strokes) => prepared(strokes, 28, given.form));
const search = (drawing) => neighboursThatChange(network, drawing, others, given.input, () => false);
(async () => {
  const found = [];
  for (const drawing of drawings) found.push((await search(drawing)) ?? null);
  answer({ found, drawings: drawings.map((drawing) => [...drawing]) });
})();
"""

DIGITS = [
    [[(0.5, 0.15), (0.3, 0.3), (0.25, 0.5), (0.32, 0.75), (0.5, 0.87), (0.68, 0.75), (0.74, 0.5), (0.5, 0.15)]],
    [[(0.5, 0.12), (0.5, 0.88)]],
    [[(0.3, 0.3), (0.4, 0.17), (0.58, 0.16), (0.7, 0.3), (0.65, 0.45), (0.45, 0.65), (0.28, 0.85), (0.72, 0.85)]],
    [[(0.32, 0.2), (0.5, 0.14), (0.66, 0.25), (0.48, 0.5), (0.66, 0.58), (0.7, 0.74), (0.52, 0.88), (0.3, 0.8)]],
    [[(0.35, 0.15), (0.3, 0.5), (0.7, 0.5)], [(0.62, 0.15), (0.6, 0.88)]],
    [[(0.3, 0.18), (0.72, 0.18), (0.52, 0.5), (0.44, 0.86)]],
    [[(0.62, 0.25), (0.48, 0.14), (0.36, 0.26), (0.62, 0.58), (0.64, 0.78), (0.48, 0.88), (0.34, 0.76), (0.62, 0.25)]],
]
"""Strokes of clean digits: 0, 1, 2, 3, 4, 7 and 8."""


def compare(net, images, size):
    """The scripts' answers to `images` in batches of `size` against those of `net`, at test time and in training."""
    given = {"network": describe(net), "images": packed(images), "input": INPUT, "size": size}
    x = networks.standardised(torch.from_numpy(images), (MEAN, STD))
    answers = []
    for training, found in zip((False, True), in_node(ASK, given), strict=True):
        net.train(training)
        looks = [look(net, part) for part in x.split(size)]
        for name in ("scores", "probabilities"):
            wanted = torch.cat([getattr(each, name) for each in looks]).numpy()
            np.testing.assert_allclose(np.array(found[name]), wanted, atol=TOLERANCE, rtol=1e-5)
        for at, wanted in enumerate(looks[0].normalizations):
            for side in ("before", "after"):
                np.testing.assert_allclose(found[side][at], getattr(wanted, side).flatten(), atol=TOLERANCE, rtol=1e-4)
            for name in ("mean", "variance"):
                if wanted.mean is None:
                    assert found["used"][at][name] == []
                else:
                    own = getattr(wanted, name).flatten()
                    np.testing.assert_allclose(found["used"][at][name], own, atol=TOLERANCE, rtol=1e-4)
        answers.append(np.array(found["probabilities"]))
    return answers


def made_net(norm, skeleton="5x5/2, 3x3", depth=0, channels=8, **options):
    """A network with random weights, γ, β and running averages."""
    torch.manual_seed(0)
    net = Net(norm, options.pop("groups", None), deepened(parse_skeleton(skeleton), depth), channels, **options)
    for name, tensor in net.state_dict().items():
        if tensor.is_floating_point() and tensor.ndim == 1:
            tensor.copy_(
                torch.rand_like(tensor) + 0.5 if "var" in name or "weight" in name else torch.randn_like(tensor)
            )
    return net


@pytest.mark.parametrize(
    "net",
    [
        made_net("bn"),
        made_net("bn", statistics_batch=2),
        made_net("ln"),
        made_net("in"),
        made_net("ln2d"),
        made_net("none"),
        made_net("gn", "5x5/3, 3x3 padded and 2x2 pool, 3x3", depth=1, channels=12, groups=4),
        made_net("bn", "3x3 and 3x3 pool", channels=4),
    ],
    ids=["bn", "ghost", "ln", "in", "ln2d", "none", "gn-deeper", "pool"],
)
def test_every_kind_of_layer_computes_what_torch_does(net):
    compare(net, np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8), 5)


@pytest.mark.parametrize("run", of_first_seed(compared_runs(ROOT / "results")), ids=lambda run: run.config.norm)
def test_the_published_networks_answer_as_in_torch_in_both_modes(run, mnist_archives):
    content = gzip.decompress((mnist_archives / "t10k-images-idx3-ubyte.gz").read_bytes())
    test = np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)
    images = np.concatenate([run.misclassified["images"][:16], test[:100]])
    at_test, in_batches = compare(trained_net(run), images, 4)
    if run.config.norm == "bn":
        assert (at_test.argmax(1) != in_batches.argmax(1)).sum() > 0
    else:
        assert np.array_equal(at_test, in_batches)


def test_neighbours_that_change_an_answer_are_found_for_clean_drawings_without_the_data(monkeypatch):
    """Or none is needed, where BN answers otherwise alone in its batch."""
    monkeypatch.setattr(networks, "data_at_hand", lambda run: None)
    loaded = networks.load(compared_runs(ROOT / "results"))
    net = trained_net(next(run for run in loaded.runs.values() if run.config.norm == "bn"))
    pool = np.stack([each.pixels for each in loaded.examples])
    given = {"network": describe(net), "input": INPUT, "pool": packed(pool), "strokes": DIGITS, "form": networks.FORM}
    made = in_node(SEARCH, given)
    drawings = np.array(made["drawings"], np.uint8).reshape(-1, 28, 28)

    def answer(images, training=False):
        x = networks.standardised(torch.from_numpy(np.stack(images)), (MEAN, STD))
        return int(look(net.train(training), x).probabilities[0].argmax())

    for drawing, places in zip(drawings, made["found"], strict=True):
        assert places is not None
        assert answer([drawing, *(pool[at] for at in places)], training=True) != answer([drawing])
        if places:
            assert answer([drawing], training=True) == answer([drawing])
    assert made["found"].count([]) == 6  # alone, BN answers 8
    assert made["found"][-1]
