"""What the networks in the page compute, against torch: in node, for every kind of layer and for the published runs."""

import gzip

import numpy as np
import pytest
import torch
from commands import ROOT
from networks_in_node import in_node, packed
from node import NEEDS_NODE

from normstudy.images.facts import KNOWN
from normstudy.model import Net
from normstudy.report.models import of_first_seed
from normstudy.runs.comparison import compared_runs
from normstudy.runs.looks import look
from normstudy.runs.network_description import describe
from normstudy.runs.networks import trained_net
from normstudy.skeleton import deepened, parse_skeleton

pytestmark = NEEDS_NODE

TOLERANCE = 1e-4
MEAN, STD = KNOWN["mnist"].standard
INPUT = {"edge": 28, "mean": MEAN, "std": STD}

ASK = """
const network = makeNetwork(given.network), images = given.images.map(bytes);
const parts = [];
for (let at = 0; at < images.length; at += given.size) {
  parts.push(ask(network, images.slice(at, at + given.size), given.input, given.training));
}
const first = parts[0];
answer({
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
});
"""


def standardised(images):
    return torch.from_numpy(images.astype(np.float32)).unsqueeze(1).div(255).sub(MEAN).div(STD)


def compare(net, images, training, size):
    """The scripts' answers to `images` in batches of `size` against those of `net`; all activations of the first."""
    given = {"network": describe(net), "images": packed(images), "input": INPUT, "training": training, "size": size}
    found = in_node(ASK, given)
    net.train(training)
    looks = [look(net, part) for part in standardised(images).split(size)]
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
    return np.array(found["probabilities"])


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


@pytest.mark.parametrize("training", [False, True], ids=["at-test-time", "in-training"])
@pytest.mark.parametrize(
    "net",
    [
        made_net("bn"),
        made_net("bn", statistics_batch=2),
        made_net("ln"),
        made_net("gn", groups=2),
        made_net("in"),
        made_net("ln2d"),
        made_net("none"),
        made_net("gn", "5x5/3, 3x3 padded and 2x2 pool, 3x3", depth=1, channels=12),
        made_net("bn", "3x3 and 3x3 pool", channels=4),
    ],
    ids=["bn", "ghost", "ln", "gn", "in", "ln2d", "none", "deeper", "pool"],
)
def test_every_kind_of_layer_computes_what_torch_does(net, training):
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    compare(net, images, training, 5)


@pytest.mark.parametrize("run", of_first_seed(compared_runs(ROOT / "results")), ids=lambda run: run.config.norm)
def test_the_published_networks_say_what_torch_says_in_both_modes(run, mnist_archives):
    content = gzip.decompress((mnist_archives / "t10k-images-idx3-ubyte.gz").read_bytes())
    test = np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)
    images = np.concatenate([run.misclassified["images"][:16], test[:200]])
    at_test = compare(trained_net(run), images, False, 100)
    in_batches = compare(trained_net(run), images, True, 4)
    if run.config.norm == "bn":
        assert (at_test.argmax(1) != in_batches.argmax(1)).sum() > 0
    else:
        assert np.array_equal(at_test, in_batches)
