# ruff: noqa: E501 - a table
"""Custom networks that cannot be trained, each with the line of its fault and a part of the message.

A case that is a list of replacements changes `SOUND`, a small network that can be trained; one that is a text is the
file itself. The line is that of the text with which the case's second part begins, after the replacements.
"""

SOUND = '''"""A network."""
import torch
from torch import nn


class Part(nn.Module):
    def __init__(self, channels, norm):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, bias=norm.bias)
        self.norm = norm(channels)

    def forward(self, x):
        y = self.norm(self.conv(x))
        return y.relu()


class Whole(nn.Module):
    def __init__(self, norm, shape, classes):
        super().__init__()
        self.first = nn.Conv2d(shape[0], 4, 5, stride=4, bias=norm.bias)
        self.part = Part(4, norm)
        self.head = nn.Linear(4, classes)

    def forward(self, images):
        seen = self.part(self.first(images))
        return self.head(seen.mean(dim=(2, 3)))


def net(norm, shape, classes):
    return Whole(norm, shape, classes)
'''

FACTORY = "def net("
RETURNED = "    return Whole(norm, shape, classes)\n"
HEAD = "        return self.head(seen.mean(dim=(2, 3)))\n"
LAST = "        self.head = nn.Linear(4, classes)\n"


def returns(value: str) -> list[tuple[str, str]]:
    """The function with another thing to return."""
    return [(RETURNED, f"    return {value}\n")]


def forward(line: str) -> list[tuple[str, str]]:
    """Another last line of the forward pass."""
    return [(HEAD, f"        {line}\n")]


def holds(line: str, head: str = "") -> list[tuple[str, str]]:
    """A further line where the network is made, and another last line of its forward pass."""
    return [(LAST, f"{LAST}        {line}\n"), *(forward(head) if head else [])]


def first(text: str) -> list[tuple[str, str]]:
    """Something at the top of the file."""
    return [("import torch\n", f"import torch\n{text}\n")]


CASES: dict[str, tuple[str | list[tuple[str, str]], str, str]] = {
    # The file and its import.
    "empty": ("", "", "no function `net` there; define net(norm, shape, classes)"),
    "open bracket": ([("nn.Linear(4, classes)", "nn.Linear(4, classes")], LAST.strip()[:-2], "SyntaxError: '(' was never closed"),
    "return outside": ("net = 1\nreturn net\n", "return net", "SyntaxError: 'return' outside function"),
    "unknown encoding": ("# coding: klingon\nnet = 1\n", "", "no text in UTF-8"),
    "unknown module": (first("import does_not_exist"), "import does", "No module named 'does_not_exist'; install that module"),
    "long message": (first("raise ValueError('x' * 5000)"), "raise ValueError", "xxx…"),
    "exits": (first("import sys; sys.exit(0)"), "import sys; sys", "SystemExit: 0"),
    "recursion": (first("def f(): f()\nf()"), "def f(): f()", "RecursionError"),
    # The function.
    "no function": ([(FACTORY, "net = 5\ndef other(")], "", "no function `net` there"),
    "too few arguments": ([("(norm, shape, classes):\n    return", "(norm, shape):\n    return")], FACTORY, "net() takes 2 positional arguments but 3 were given"),
    "gives nothing": ([("    return Whole", "    Whole")], FACTORY, "`net` returns None; return a torch.nn.Module"),
    "gives the class": (returns("Whole"), FACTORY, "`net` returns <class "),
    "raises when called": (returns("undefined"), "    return undefined", "NameError: name 'undefined' is not defined"),
    "raises in a class": ([("nn.Linear(4, classes)", "nn.Linear(four, classes)")], "        self.head = nn.Linear(four", "NameError: name 'four' is not defined (called in my_models.py, line 30)"),
    # Normalizations.
    "never asked": ([("self.norm = norm(channels)", "self.norm = nn.BatchNorm2d(channels)")], FACTORY, "no layer of what `net` returns is made by norm"),
    "in a list": ([("self.norm = norm(channels)", "self.norms = [norm(channels)]"), ("self.norm(", "self.norms[0](")], FACTORY, "no layer of what `net` returns is made by norm"),
    "one in a list": (holds("self.norms = [norm(4)]", "return self.head(self.norms[0](seen).mean(dim=(2, 3)))"), FACTORY, "GroupNorm(4, 4, eps=1e-05, affine=True, bias=True) is called and no part of the network"),
    "no number": ([("norm(channels)", "norm(4.0)")], "        self.norm = norm(4.0)", "C must be a number of channels"),
    "of values": (holds("self.n = norm", "return self.head(self.n(seen).mean(dim=(2, 3)))"), "        return self.head(self.n", "C must be a number of channels"),
    "not divided": ([("norm(channels)", "norm(6)")], "        self.norm = norm(6)", "groups = 4 does not divide 6 channels (called in my_models.py, line 21, my_models.py, line 30)"),
    "other channels": ([("norm(channels)", "norm(8)")], "        y = self.norm", "part.norm (GroupNorm(4, 8, eps=1e-05, affine=True, bias=True)): ValueError: norm(8) is for values (n, 8, h, w), and gets the shape (2, 4, 4, 4)"),
    "behind the mean": ([("self.norm(self.conv(x))", "self.conv(x) + self.norm(self.conv(x).mean((2, 3)))")], "        y = self.conv", "norm(4) is for values (n, 4, h, w), and gets the shape (2, 4)"),
    "not used": ([("self.norm(self.conv(x))", "self.conv(x)")], FACTORY, "part.norm: made by norm and never called"),
    "in forward": (holds("self.n = norm", "return self.head(self.n(4)(seen).mean(dim=(2, 3)))"), "        return self.head(self.n", "in forward it learns nothing; write self.norm = norm(C) in __init__"),
    "as bias": (returns("nn.Sequential(nn.Conv2d(1, 4, 3, bias=norm), norm(4))"), "    return nn.Seq", "write norm.bias"),
    # Weights.
    "frozen": (holds("self.first.weight.requires_grad_(False)"), FACTORY, "first.weight: no gradient"),
    "unused layer": (holds("self.other = nn.Linear(2, 2)"), FACTORY, "other.weight, other.bias: no gradient"),
    "lazy": ([("nn.Linear(4, classes)", "nn.LazyLinear(classes)")], FACTORY, "uninitialized parameter"),
    "weight norm": (holds("torch.nn.utils.parametrizations.weight_norm(self.head)"), FACTORY, "use the plain layers"),
    "no convolution": ([("nn.Conv2d(shape[0], 4, 5, stride=4, bias=norm.bias)", "nn.AvgPool2d(4)"), ("nn.Conv2d(channels, channels, 3, bias=norm.bias)", "nn.ConvTranspose2d(1, 4, 1)")], FACTORY, "no nn.Conv2d, which optimizer = muon is for"),
    "no weights": ([(RETURNED, "    return nn.Sequential(nn.ConvTranspose2d(1, classes, 1), norm(4), nn.Flatten())\n")], FACTORY, "no nn.Conv2d and no nn.Linear"),
    # Passes.
    "wrong features": ([("nn.Linear(4, classes)", "nn.Linear(5, classes)")], HEAD, "head (Linear(in_features=5, out_features=10, bias=True)): RuntimeError: "),
    "wrong in layers": (returns("nn.Sequential(nn.Conv2d(1, 4, 3), norm(4), nn.Flatten(), nn.Linear(7, classes))"), FACTORY, "3 (Linear(in_features=7, out_features=10, bias=True)): RuntimeError: "),
    "no forward": ([("    def forward(self, images)", "    def forwards(self, images)")], FACTORY, 'missing the required "forward" function'),
    "forward raises": (forward("raise ValueError('no')"), "        raise ValueError('no')", "ValueError: no"),
    "fewer classes": ([("nn.Linear(4, classes)", "nn.Linear(4, 7)")], FACTORY, "returns the shape (2, 7) in training; give a score for each class of each image, (2, 10)"),
    "a pair": (forward("return self.head(seen.mean(dim=(2, 3))), seen"), FACTORY, "returns (tensor("),
    "nothing returned": (forward("self.head(seen.mean(dim=(2, 3)))"), FACTORY, "returns None in training"),
    "no gradient": (forward("return self.head(seen.mean(dim=(2, 3))).detach()"), FACTORY, "does not require grad"),
    "not finite": (forward("return self.head(seen.mean(dim=(2, 3))) / 0"), FACTORY, "no finite numbers in training"),
    "by its mode": (forward("return self.head(seen.mean(dim=(2, 3))) if self.training else seen"), FACTORY, "returns the shape (1, 4, 4, 4) in evaluation"),
    "in place": (forward("y = self.head(seen.mean(dim=(2, 3))).exp(); y.add_(1); return y"), FACTORY, "modified by an inplace operation"),
    "layers in a list": (holds("self.more = [nn.Conv2d(4, 4, 1)]", "return self.head(self.more[0](seen).mean(dim=(2, 3)))"), FACTORY, "Conv2d(4, 4, kernel_size=(1, 1), stride=(1, 1)) is called and no part of the network"),
    # Chance and memory.
    "dropout always": (forward("return self.head(nn.functional.dropout(seen, 0.5).mean(dim=(2, 3)))"), FACTORY, "in evaluation it gives other scores each time"),
    "same network": ([*first("import collections"), (RETURNED, "    kept = vars(collections).setdefault('kept', [])\n    kept or kept.append(Whole(norm, shape, classes))\n    return kept[0]\n")], FACTORY, "two runs of one seed give other numbers; make its layers inside the function"),
    "numpy's chance": (first("import numpy as np") + forward("return self.head(seen.mean(dim=(2, 3)) * (float(np.random.rand()) if self.training else 1))"), FACTORY, "two runs of one seed give other numbers"),
    "chance when made": (first("import random") + holds("self.factor = random.random()", "return self.head(seen.mean(dim=(2, 3)) * self.factor)"), FACTORY, "two runs of one seed give other numbers"),
    "a generator of its own": (holds("self.own = torch.Generator().manual_seed(1)", "return self.head(seen.mean(dim=(2, 3)) * (1 + torch.rand(1, generator=self.own) * self.training))"), FACTORY, "a run that was interrupted goes on to other numbers"),
    "a counter": (holds("self.steps = 0", "self.steps += self.training; return self.head(seen.mean(dim=(2, 3)) * (1 + self.steps * self.training))"), FACTORY, "a run that was interrupted goes on to other numbers"),
}  # fmt: skip

WORKING: dict[str, list[tuple[str, str]]] = {
    "compiled": returns("torch.compile(Whole(norm, shape, classes))"),
    "a compiled part": [("self.part = Part(4, norm)", "self.part = torch.compile(Part(4, norm), dynamic=True)")],
    "compiled in place": [(RETURNED, "    made = Whole(norm, shape, classes)\n    made.compile()\n    return made\n")],
    "a compiled function": [*first("@torch.compile\ndef twice(x):\n    return 2 * x\n"), ("y.relu()", "twice(y)")],
    "compiled by name": [*first("from torch import compile"), ("Part(4, norm)\n", "compile(Part(4, norm))\n")],
    "scripted": returns("torch.jit.script(Whole(norm, shape, classes))"),
    "channels last": returns("Whole(norm, shape, classes).to(memory_format=torch.channels_last)"),
    "pickled": [*first("import pickle"), ("Part(4, norm)\n", "pickle.loads(pickle.dumps(Part(4, norm)))\n")],
    "numpy's numbers": [*first("import numpy as np"), ("Part(4, norm)", "Part(np.int64(4), norm)"), ("norm(channels)", "norm(np.array([channels])[0])")],
    "tied convolutions": holds("self.twin = Part(4, norm); self.twin.conv.weight = self.part.conv.weight", "return self.head(seen.mean(dim=(2, 3)) + self.twin(seen).mean(dim=(2, 3)))"),
    "tied linear layers": holds("self.twin = nn.Linear(4, classes); self.twin.weight = self.head.weight", "return self.head(seen.mean(dim=(2, 3))) + self.twin(seen.mean(dim=(2, 3)))"),
    "tied to a parameter": holds("self.scale = nn.Parameter(torch.ones(4)); self.same = self.scale", "return self.head(seen.mean(dim=(2, 3)) * self.scale * self.same)"),
    "one layer twice": holds("self.again = self.part", "return self.head(seen.mean(dim=(2, 3)) + self.again.norm(seen).mean(dim=(2, 3)))"),
    "shared buffers": holds("self.register_buffer('a', torch.ones(4)); self.register_buffer('b', self.a)", "return self.head(seen.mean(dim=(2, 3)) * self.a * self.b)"),
}  # fmt: skip
"""Networks that can be trained, by replacements in `SOUND`."""
