# ruff: noqa: E501 - a table
"""Models that cannot be trained here, each with the line that its fault is told at and a part of what is said.

A case that is a list of replacements changes `SOUND`, a small network that can be trained; one that is a text is the
whole file. The line is that of the text which the case's third part begins with, after the replacements.
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
    """The factory with another thing to return."""
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
    # The file.
    "empty": ("", "", "no `net` there (it defines nothing)"),
    "other text": ("norm: gn\nthis is no Python\n", "this is", "SyntaxError: invalid syntax"),
    "open bracket": ([("nn.Linear(4, classes)", "nn.Linear(4, classes")], LAST.strip()[:-2], "SyntaxError: '(' was never closed"),
    "indented": ([(RETURNED, "return Whole(norm, shape, classes)\n")], "return Whole(", "IndentationError: expected an indented"),
    "tabs": ([(RETURNED, "\treturn 1\n        return 2\n")], "        return 2", "Error: "),
    "return outside": ("net = 1\nreturn net\n", "return net", "SyntaxError: 'return' outside function"),
    "null byte": ("net = 1\0\n", "", "null bytes"),
    "unknown encoding": ("# coding: klingon\nnet = 1\n", "", "no text in UTF-8"),
    # Its import.
    "unknown name": (first("SIZE = UNKNOWN"), "SIZE = UNKNOWN", "NameError: name 'UNKNOWN' is not defined; mend that line"),
    "unknown module": (first("import does_not_exist"), "import does", "No module named 'does_not_exist'; install that module"),
    "unknown part": (first("from torch import nothing"), "from torch import nothing", "ImportError: cannot import name 'nothing'"),
    "raises": (first("raise RuntimeError('two\\nlines')"), "raise Runtime", "RuntimeError: two lines; mend that line"),
    "raises nothing said": (first("raise ValueError"), "raise ValueError", "ValueError; mend that line"),
    "long message": (first("raise ValueError('x' * 5000)"), "raise ValueError", "xxx…; mend that line"),
    "asserts": (first("assert 1 == 2, 'no'"), "assert 1", "AssertionError: no"),
    "exits": (first("import sys; sys.exit(0)"), "import sys; sys", "SystemExit: 0; take out what ends the program"),
    "quits": (first("raise SystemExit('done')"), "raise SystemExit", "SystemExit: done; take out"),
    "interrupts": (first("raise KeyboardInterrupt"), "raise Key", "KeyboardInterrupt; take out"),
    "reads a file": (first("open(__file__ + '.txt')"), "open(", "put into the code what it reads from files"),
    "recursion": (first("def f(): f()\nf()"), "def f(): f()", "RecursionError"),
    "divides": (first("1 / 0"), "1 / 0", "ZeroDivisionError: division by zero"),
    "sets default": (first("torch.set_default_dtype(torch.float64)"), FACTORY, "it sets what holds for all of torch"),
    "gradients off": (first("torch.set_grad_enabled(False)"), FACTORY, "it sets what holds for all of torch"),
    # The factory.
    "misspelt": ([(FACTORY, "def nett(")], "", "no `net` there (it defines Part, Whole, nett)"),
    "no function": ([(FACTORY, "net = 5\ndef other(")], "net = 5", "`net` is a value of type int, where a function is needed"),
    "too few arguments": ([("(norm, shape, classes):\n    return", "(norm, shape):\n    return")], FACTORY, "must take (norm, shape, classes)"),
    "too many arguments": ([(FACTORY + "norm", FACTORY + "a, norm")], FACTORY, "must take (norm, shape, classes)"),
    "keywords alone": ([(FACTORY, FACTORY + "*, ")], FACTORY, "must take (norm, shape, classes)"),
    "gives nothing": ([("    return Whole", "    Whole")], FACTORY, "`net` gives None, where a torch.nn.Module is needed"),
    "gives the class": (returns("Whole"), FACTORY, "`net` gives the class Whole itself"),
    "gives a tensor": (returns("torch.zeros(3)"), FACTORY, "`net` gives a value of type Tensor"),
    "gives a list": (returns("[Whole(norm, shape, classes)]"), FACTORY, "`net` gives a value of type list"),
    "gives a function": (returns("lambda x: x"), FACTORY, "`net` gives a value of type function"),
    "generator": ([("    return Whole", "    yield Whole")], FACTORY, "`net` gives a value of type generator"),
    "coroutine": ([(FACTORY, "async " + FACTORY)], "async def", "`net` gives a value of type coroutine"),
    "raises when called": (returns("undefined"), "    return undefined", "NameError: name 'undefined' is not defined"),
    "raises in a class": ([("nn.Linear(4, classes)", "nn.Linear(four, classes)")], "        self.head = nn.Linear(four", "NameError"),
    "exits when called": ([(RETURNED, "    raise SystemExit\n")], "    raise SystemExit", "take out what ends the program"),
    "no super": ([("        super().__init__()\n        self.first", "        self.first")], "        self.first =", "AttributeError: cannot assign module before"),
    # Normalizations.
    "never asked": ([("self.norm = norm(channels)", "self.norm = nn.BatchNorm2d(channels)")], FACTORY, "never asks for a normalization"),
    "not kept": ([("self.norm = norm(channels)", "norm(channels); self.norm = nn.Identity()")], FACTORY, "the normalization that `net` asked for is no part of the network"),
    "in a list": ([("self.norm = norm(channels)", "self.norms = [norm(channels)]"), ("self.norm(", "self.norms[0](")], FACTORY, "nn.ModuleList"),
    "one lost": (holds("norm(4)"), FACTORY, "1 of 2 normalizations"),
    "no channels": ([("norm(channels)", "norm(4.0)")], "        self.norm = norm(4.0)", "must be given a number of channels"),
    "negative": ([("norm(channels)", "norm(-4)")], "        self.norm = norm(-4)", "must be given a number of channels"),
    "no argument": ([("norm(channels)", "norm()")], "        self.norm = norm()", "TypeError: "),
    "not divided": ([("norm(channels)", "norm(6)")], "        self.norm = norm(6)", "groups = 4 does not divide 6 channels"),
    "other channels": ([("norm(channels)", "norm(8)")], "        self.norm = norm(8)", "part.norm (GroupNorm(4, 8, eps=1e-05, affine=True, bias=True)) refuses values of the shape (2, 4, 4, 4) from part.conv (Conv2d(4, 4, kernel_size=(3, 3), stride=(1, 1), bias=False)) of line 9, in Part of line 21; it is made for 8 channels: make it for 4, or give it 8"),
    "behind the mean": ([("        y = self.norm(self.conv(x))\n", "        y = self.conv(x) + self.norm(self.conv(x).mean((2, 3)))[:, :, None, None]\n")], "        self.norm = norm(channels)", "norm(channels) is for (n, channels, h, w)"),
    "not used": ([("self.norm(self.conv(x))", "self.conv(x)")], FACTORY, "no normalization that it asked for is used"),
    # Parameters.
    "frozen": (holds("self.first.weight.requires_grad_(False)"), "        self.first = ", "first.weight: a parameter that is not learned"),
    "unused layer": (holds("self.other = nn.Linear(2, 2)"), "        self.other = ", "other.weight, other.bias: no gradient comes to it"),
    "unused parameter": (holds("self.scale = nn.Parameter(torch.ones(3))"), "    return Whole", "scale: no gradient comes to it"),
    "detached half": (forward("return self.head(seen.detach().mean(dim=(2, 3)))"), "        self.first = ", "first.weight, part.conv.weight, part.norm.weight, part.norm.bias: no gradient"),
    "double": (returns("Whole(norm, shape, classes).double()"), FACTORY, "torch.float64, where float32 is needed"),
    "half": (returns("Whole(norm, shape, classes).half()"), FACTORY, "torch.float16, where float32 is needed"),
    "on meta": (returns("Whole(norm, shape, classes).to('meta')"), FACTORY, "on the device meta"),
    "lazy": ([("nn.Linear(4, classes)", "nn.LazyLinear(classes)")], "        self.head = ", "head.weight, head.bias: a lazy layer"),
    "tied": (holds("self.twin = nn.Linear(4, classes); self.twin.weight = self.head.weight", "return self.head(seen.mean(dim=(2, 3))) + self.twin(seen.mean(dim=(2, 3)))"), FACTORY, "head.weight and twin.weight share their memory"),
    "weight norm": (holds("torch.nn.utils.parametrizations.weight_norm(self.head)"), "        self.head = ", "head: its weights are computed from others"),
    "no convolution": ([("nn.Conv2d(shape[0], 4, 5, stride=4, bias=norm.bias)", "nn.AvgPool2d(4)"), ("nn.Conv2d(channels, channels, 3, bias=norm.bias)", "nn.ConvTranspose2d(1, 4, 1)")], FACTORY, "no nn.Conv2d, which optimizer = muon is for"),
    "no weights": ([(RETURNED, "    return nn.Sequential(nn.ConvTranspose2d(1, classes, 1), norm(4), nn.Flatten())\n")], FACTORY, "no convolution and no linear layer"),
    "extra state": ([("    def forward(self, images)", "    def get_extra_state(self):\n        return 5\n\n    def forward(self, images)")], FACTORY, "_extra_state: kept beside the weights, but no tensor"),
    # What it says of images.
    "wrong features": ([("nn.Linear(4, classes)", "nn.Linear(5, classes)")], "        self.head = ", "head (Linear(in_features=5, out_features=10, bias=True)) refuses values of the shape (2, 4) that line 26 gives it"),
    "wrong in layers": (returns("nn.Sequential(nn.Conv2d(1, 4, 3), norm(4), nn.Flatten(), nn.Linear(7, classes))"), "    return nn.Seq", "3 (Linear(in_features=7, out_features=10, bias=True)) refuses values of the shape (2, 2704) (RuntimeError: "),
    "no forward": ([("    def forward(self, images)", "    def forwards(self, images)")], "class Whole", "the class Whole has no forward; define forward(self, x) in it"),
    "forward raises": (forward("raise ValueError('no')"), "        raise ValueError('no')", "ValueError: no"),
    "forward exits": (forward("exit()"), "        exit()", "SystemExit: None; take out"),
    "fewer classes": ([("nn.Linear(4, classes)", "nn.Linear(4, 7)")], "        self.head = ", "head (Linear(in_features=4, out_features=7, bias=True)) gives the shape (2, 7) in training, of a batch of 2, where (2, 10) is needed; give a score for each of the 10 classes"),
    "one score": (forward("return self.head(seen.mean(dim=(2, 3)))[:, 0]"), "        return self.head", "it gives the shape (2)"),
    "positions left": (forward("return self.head(seen.permute(0, 2, 3, 1))"), "        self.head = ", "where (2, 10) is needed; give a score for each class"),
    "a pair": (forward("return self.head(seen.mean(dim=(2, 3))), seen"), "        return self.head", "it gives a value of type tuple in training"),
    "a dict": (forward("return {'scores': self.head(seen.mean(dim=(2, 3)))}"), "        return {", "it gives a value of type dict"),
    "nothing said": (forward("self.head(seen.mean(dim=(2, 3)))"), "    def forward(self, images)", "it gives None in training, of a batch of 2; end forward with `return`"),
    "classes": (forward("return self.head(seen.mean(dim=(2, 3))).long()"), "        return self.head", "it gives torch.int64"),
    "no gradient": (forward("return self.head(seen.mean(dim=(2, 3))).detach()"), FACTORY, "its scores have no gradient"),
    "not finite": (forward("return self.head(seen.mean(dim=(2, 3))) / 0"), "        return self.head", "no finite numbers in training"),
    "by its mode": (forward("return self.head(seen.mean(dim=(2, 3))) if self.training else seen"), "        return y.relu()", "part (Part()) gives the shape (1, 4, 4, 4) in evaluation, where (1, 10) is needed"),
    "one image fails": (forward("return self.head(seen.mean(dim=(2, 3)) / (len(seen) - 1 + 1e-9 * self.training))"), "        return self.head", "no finite numbers in evaluation"),
    "made in forward": (forward("self.late = nn.Linear(4, 4); return self.head(self.late(seen.mean(dim=(2, 3))))"), FACTORY, "its forward makes parameters"),
    "in place": (forward("y = self.head(seen.mean(dim=(2, 3))).exp(); y.add_(1); return y"), "        y = self.head", "modified by an inplace operation"),
    # Slips of a first model.
    "norm itself": ([("return Whole(norm, shape, classes)", "return nn.Sequential(\n        nn.Conv2d(1, 4, 3), \n        norm, nn.Flatten(), nn.Linear(2704, classes))")], "        norm, nn", "`norm` itself stands where a layer has to: norm is what builds a normalization; call it with the number of channels, norm(C)"),
    "norm kept": ([("self.norm = norm(channels)", "self.norm = norm")], "        self.norm = norm", "part.norm is `norm` itself, which is what builds a normalization; call it with the number of channels, norm(C)"),
    "norm of values": (holds("self.n = norm", "return self.head(self.n(seen).mean(dim=(2, 3)))"), "        return self.head(self.n", "norm(a Tensor): norm is given values, and is what builds a normalization; write self.norm = norm(C) in __init__"),
    "norm in forward": (holds("self.n = norm", "return self.head(self.n(4)(seen).mean(dim=(2, 3)))"), "        return self.head(self.n", "norm(4): a new normalization at each call, which learns nothing; write self.norm = norm(4) in __init__"),
    "norm as bias": (returns("nn.Sequential(nn.Conv2d(1, 4, 3, bias=norm), norm(4))"), "    return nn.Seq", "norm: taken for true or false, and is what builds a normalization; write norm.bias"),
    "norm of a shape": ([("norm(channels)", "norm((channels, 4, 4))")], "        self.norm = norm((", "norm((4, 4, 4)): must be given a number of channels"),
    "class as layer": (returns("nn.Sequential(nn.Conv2d(1, 4, 3), norm(4), nn.ReLU)"), "    return nn.Seq", "the class ReLU stands where a layer has to; make one of it, ReLU(…)"),
    "function as layer": (returns("nn.Sequential(nn.Conv2d(1, 4, 3), norm(4), torch.relu)"), "    return nn.Seq", "the function relu stands where a layer has to; put a layer there"),
    "list as layer": (returns("nn.Sequential([nn.Conv2d(1, 4, 3), norm(4)])"), "    return nn.Seq", "a list stands where a layer has to; unpack it, nn.Sequential(*layers)"),
    "super uncalled": ([("        super().__init__()\n        self.first", "        super.__init__()\n        self.first")], "        super.__init__", "; write super().__init__()"),
    "not imported": ([("from torch import nn\n", "")], "class Part", "NameError: name 'nn' is not defined; import it at the top of the file: from torch import nn"),
    "not imported F": (forward("return self.head(F.relu(seen).mean(dim=(2, 3)))"), "        return self.head(F", "import it at the top of the file: import torch.nn.functional as F"),
    "no self": ([("    def forward(self, images)", "    def forward(images)")], "    def forward(images)", "TypeError: Whole.forward() takes 1 positional argument but 2 were given; have it take (self, x)"),
    "colour": ([("nn.Conv2d(shape[0], 4", "nn.Conv2d(3, 4")], "        self.first = ", "first (Conv2d(3, 4, kernel_size=(5, 5), stride=(4, 4), bias=False)) refuses values of the shape (2, 1, 28, 28) that line 25 gives it"),
    "groups": ([("channels, 3, bias", "channels, 3, groups=3, bias")], "        self.conv = ", "ValueError: in_channels must be divisible by groups (called in line 21, line 30); mend that line"),
    "kernel too large": ([("channels, channels, 3", "channels, channels, 9")], "        self.conv = ", "; the image has become smaller than what it needs"),
    "flattened early": ([("self.part(self.first(images))", "self.part(self.first(images).flatten(1))")], "        self.conv = ", "refuses values of the shape (2, 144) that line 13 gives it"),
    "fixed size": (forward("return self.head(seen.view(-1, 784))"), "        return self.head", "is invalid for input of size 128; flatten with x.flatten(1)"),
    "images mixed": (forward("return self.head(seen.view(-1, 4))"), "        self.head = ", "gives the shape (32, 10) in training, of a batch of 2, where (2, 10) is needed; flatten with x.flatten(1)"),
    "sizes differ": ([("y.relu()", "(x + y).relu()")], "        return (x", "; give both the same shape, by the stride, padding and channels of what makes them"),
    "layers in a list": (holds("self.more = [nn.Conv2d(4, 4, 1)]", "return self.head(self.more[0](seen).mean(dim=(2, 3)))"), "        self.more", "Conv2d(4, 4, kernel_size=(1, 1), stride=(1, 1)) is called, but no part of the network, so that it would not learn; keep it as an attribute"),
    "moved to a device": (forward("return self.head(seen.cuda().mean(dim=(2, 3)))"), "        return self.head", "; leave it to the run on which device the network is: no .cuda()"),
    "relu in place": (forward("y = self.head(seen.mean(dim=(2, 3))).sigmoid(); z = y * y; y.relu_(); return z"), "        y = self.head", "; take out what changes values in place (inplace=True, relu_(), +=)"),
    # Chance and memory.
    "same network": ([*first("import collections"), (RETURNED, "    kept = vars(collections).setdefault('kept', [])\n    kept or kept.extend([norm, Whole(norm, shape, classes)])\n    norm.made = kept[0].made\n    return kept[1]\n")], FACTORY, "gives the same layers each time"),
    "dropout always": (forward("return self.head(nn.functional.dropout(seen, 0.5).mean(dim=(2, 3)))"), FACTORY, "in evaluation it gives other scores each time"),
    "python's chance": (first("import random") + forward("return self.head(seen.mean(dim=(2, 3)) * (random.random() if self.training else 1))"), FACTORY, "two runs of one seed give other numbers"),
    "numpy's chance": (first("import numpy as np") + forward("return self.head(seen.mean(dim=(2, 3)) * (float(np.random.rand()) if self.training else 1))"), FACTORY, "two runs of one seed give other numbers"),
    "the clock": (first("import time") + forward("return self.head(seen.mean(dim=(2, 3)) * (time.perf_counter() if self.training else 1))"), FACTORY, "two runs of one seed give other numbers"),
    "chance when made": (first("import random") + holds("self.factor = random.random()", "return self.head(seen.mean(dim=(2, 3)) * self.factor)"), FACTORY, "two runs of one seed give other numbers"),
    "a generator of its own": (holds("self.own = torch.Generator().manual_seed(1)", "return self.head(seen.mean(dim=(2, 3)) * (1 + torch.rand(1, generator=self.own) * self.training))"), FACTORY, "a run that was interrupted goes on to other numbers"),
    "a counter": (holds("self.steps = 0", "self.steps += self.training; return self.head(seen.mean(dim=(2, 3)) * (1 + self.steps * self.training))"), FACTORY, "a run that was interrupted goes on to other numbers"),
}  # fmt: skip


# A network of blocks, whose number of channels comes from the line that asks for them.

RESIDUAL = '''"""Blocks."""
from torch import nn
from torch.nn.functional import relu


class Block(nn.Module):
    def __init__(self, channels, norm):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=norm.bias),
            norm(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=norm.bias),
            norm(channels),
        )

    def forward(self, x):
        return (x + self.body(x)).relu()


def wider(inputs, outputs, norm):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride=2), norm(outputs))


class Stage(nn.Module):
    def __init__(self, width, norm):
        super().__init__()
        self.blocks = nn.ModuleList([Block(width, norm) for _ in range(2)])
        self.last = wider(width, 2 * width, norm)

    def forward(self, x):
        for block in self.blocks:
            x = block(relu(x))
        return self.last(x)


def net(norm, shape, classes):
    return nn.Sequential(
        wider(1, 16, norm),
        Block(16, norm),
        Stage(16, norm),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(32, classes),
    )
'''

SECOND = "            nn.Conv2d(channels, channels, 1, bias=norm.bias),\n"

IN_BLOCKS: dict[str, tuple[list[tuple[str, str]], str, str]] = {
    "a block of others": ([("        Block(16", "        Block(8")], "        Block(8", "1.body.0 (Conv2d(8, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)), made in line 10, refuses values of the shape (2, 16, 13, 13) from 0.0 (Conv2d(1, 16, kernel_size=(3, 3), stride=(2, 2))) of line 22: it is made for 8 channels, as Block is asked for here; ask for 16, or give it 8"),
    "a stage of others": ([("Stage(16", "Stage(8")], "        Stage(8", "made in line 10, refuses values of the shape (2, 16, 13, 13) from 1.body.3 (Conv2d(16, 16, kernel_size=(1, 1), stride=(1, 1), bias=False)) of line 13, in Block of line 28: it is made for 8 channels, as Stage is asked for here; ask for 16, or give it 8"),
    "a block in a stage": ([("Block(width", "Block(8")], "        self.blocks = ", "2.blocks.0.body.0 (Conv2d(8, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)), made in line 10, refuses values of the shape (2, 16, 13, 13)"),
    "of a variable": ([("        Block(16", "        Block(classes - 2")], "        Block(classes - 2", "as Block is asked for here; ask for 16, or give it 8"),
    "a function's": ([("wider(width, ", "wider(width // 2, ")], "        self.last = ", "2.last.0 (Conv2d(8, 32, kernel_size=(3, 3), stride=(2, 2))), made in line 22, refuses values of the shape (2, 16, 13, 13)"),
    "given in a block": ([(SECOND, SECOND.replace("channels, 1", "4, 1"))], SECOND.replace("channels, 1", "4, 1"), "1.body.4 (GroupNorm(4, 16, eps=1e-05, affine=True, bias=True)), made in line 14, refuses values of the shape (2, 4, 13, 13) from 1.body.3 (Conv2d(16, 4, kernel_size=(1, 1), stride=(1, 1), bias=False)) of line 13, in Block of line 40; it is made for 16 channels: make it for 4, or give it 16"),
    "taken in a block": ([(SECOND, SECOND.replace("(channels", "(4"))], SECOND.replace("(channels", "(4"), "1.body.3 (Conv2d(4, 16, kernel_size=(1, 1), stride=(1, 1), bias=False)) refuses values of the shape (2, 16, 13, 13) from 1.body.0 (Conv2d(16, 16,"),
    "added": ([(SECOND + "            norm(channels)", SECOND.replace("channels, 1", "4, 1") + "            norm(4)")], SECOND.replace("channels, 1", "4, 1"), "1.body.3 (Conv2d(16, 4, kernel_size=(1, 1), stride=(1, 1), bias=False)) gives 4 channels, and in line 18 they meet values with 16, in 1 (Block()) of line 40; give both the same"),
    "of another size": ([("3, padding=1", "3")], "        return (x + ", "(11) at non-singleton dimension 3, in 1 (Block()) of line 40; give both the same shape"),
    "not divided": ([("        Block(16", "        Block(10")], "        Block(10", "norm(10): groups = 4 does not divide 10 channels (called in line 11); choose other channels or `groups:`"),
    "misspelt": ([("nn.ReLU()", "nn.Relu()")], "            nn.Relu()", "has no attribute 'Relu' (called in line 40); mend that line"),
}  # fmt: skip
