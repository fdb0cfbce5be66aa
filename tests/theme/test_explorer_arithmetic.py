"""The explorer's arithmetic outside any page, in node: exact numbers, links, both passes, running statistics."""

import json
import random
from fractions import Fraction
from math import isclose, sqrt

import pytest
import torch
from commands import ROOT
from explorer_states import (
    LARGEST,
    State,
    by_torch,
    exact_square,
    random_state,
    reshaped,
    tensor,
    undefined,
)  # fmt: skip
from node import NEEDS_NODE, run_in_node
from torch import nn
from torch.nn import functional

from normstudy.worked_example import explorer
from normstudy.worked_example.exact import text

pytestmark = NEEDS_NODE


def computed(code, given):
    """What `code`, the body of a function of `given`, returns, with all names of the scripts at hand."""
    script = explorer.script(ROOT / "theme", explorer.COMPUTING).removesuffix("})();\n")
    script += "const given = JSON.parse(require('fs').readFileSync(0, 'utf8')), data = given.data;\n"
    script += f"const answer = (() => {{ {code} }})();\nconsole.log(JSON.stringify(answer));\n}})();"
    given = given | {"data": json.loads(explorer.data())}
    return run_in_node(script, given)


TERMS = """
  const words = ({ numerator, denominator }) => [String(numerator), String(denominator)];
  const terms = (value) => value ? [...value.terms].map(([root, share]) => [root, ...words(share)]) : null;
"""


def value(terms):
    return sum(int(above) / int(below) * sqrt(int(root)) for root, above, below in terms)


def fraction(rng, most=50):
    return Fraction(rng.randint(-most, most), rng.randint(1, most))


def test_fractions_are_those_of_python():
    rng = random.Random(0)
    pairs = [(fraction(rng, 10**size), fraction(rng, 10**size)) for size in (1, 3, 25) for _ in range(30)]
    pairs = [(one, other) for one, other in pairs if other]
    code = """
      const read = (text) => new Rational(...text.split("/").map(BigInt));
      const words = ({ numerator, denominator }) => `${numerator}/${denominator}`;
      return given.pairs.map(([a, b]) => [a, b].map(read)).map(([a, b]) => [
        ...[a.plus(b), a.minus(b), a.times(b), a.over(b), a.shortened(6)].map(words), rationalText(a), a.number()]);"""
    given = [[f"{one.numerator}/{one.denominator}", f"{other.numerator}/{other.denominator}"] for one, other in pairs]
    for (one, other), (*results, shown, number) in zip(pairs, computed(code, {"pairs": given}), strict=True):
        assert list(map(Fraction, results[:4])) == [one + other, one - other, one * other, one / other]
        assert abs(Fraction(results[4]) - one) <= Fraction(1, 2 * 10**6)
        assert shown == text(one)
        assert isclose(number, float(one), rel_tol=1e-15)


def test_roots_are_taken_as_far_as_they_go_and_no_further():
    rng = random.Random(1)
    values = [abs(fraction(rng)) + Fraction(rng.randint(0, 1), 10**5) for _ in range(60)] + [Fraction(10**40, 9)]
    code = f"""{TERMS}
      return given.values.map((text) => {{
        const root = Exact.root(new Rational(...text.split("/").map(BigInt)));
        return [terms(root), terms(root.times(root)), root.isZero ? null : terms(root.over(root))];
      }});"""
    given = [f"{each.numerator}/{each.denominator}" for each in values]
    for each, (root, squared, one) in zip(values, computed(code, {"values": given}), strict=True):
        if not each:
            assert root == squared == []
            continue
        assert len(root) == 1
        below = int(root[0][0])
        assert all(below % factor**2 for factor in range(2, 1000) if factor**2 <= below)
        assert Fraction(int(root[0][1]), int(root[0][2])) ** 2 * below == each
        assert squared == [["1", str(each.numerator), str(each.denominator)]]
        assert one == [["1", "1", "1"]]


def test_what_is_typed():
    expected = {"3": "3", " −0.5 ": "-1/2", "-7/3": "-7/3", "2,25": "9/4", ".5": "1/2", "7 / 3": "7/3"}
    expected |= dict.fromkeys(["", "-", "1/0", "x", "1e5", "1/", "/3", "1234567890", "1.2.3", "<b>"])
    code = """return given.typed.map(typedRational).map(
      (read) => read ? `${read.numerator}/${read.denominator}` : null);"""
    found = computed(code, {"typed": list(expected)})
    assert [each and Fraction(each) for each in found] == [each and Fraction(each) for each in expected.values()]


def test_both_passes_are_those_of_torch_and_the_roots_are_exact():
    rng = random.Random(2)
    states = [State(method=method) for method in explorer.METHODS] + [random_state(rng) for _ in range(50)]
    code = f"""{TERMS}
      return given.links.map((link) => {{
        const state = stateOf(link, data);
        const method = data.methods.find(({{ id }}) => id === state.method);
        const results = forward(state, method, state.shape);
        const all = {{ ...results, ...backward(state, method, state.shape, results) }};
        const numbers = ["xhat", "y", "terms", "dx", "dgamma"].map((name) => [name, Array.from(all[name], terms)]);
        return {{ sets: all.sets.map(({{ members }}) => members), dbeta: all.dbeta.map(Exact.of).map(terms),
          ...Object.fromEntries(numbers) }};
      }});"""
    answers = computed(code, {"links": [state.link for state in states]})
    for state, answer in zip(states, answers, strict=True):
        assert answer["sets"] == state.sets
        lost, lost_channels = undefined(state)
        expected = by_torch(state)
        for name, numbers in expected.items():
            without = lost_channels if name == "dgamma" else set() if name == "dbeta" else lost
            found = answer[name] + [None] * (len(numbers) - len(answer[name]))
            for at, (one, other) in enumerate(zip(found, numbers, strict=True)):
                assert (one is None) == (at in without), (name, state.link)
                assert one is None or isclose(value(one), other, rel_tol=1e-7, abs_tol=1e-9), (name, state.link)
        for index in set(range(state.size)) - lost:
            ((root, above, below),) = answer["xhat"][index] or [["1", "0", "1"]]
            share = Fraction(int(above), int(below))
            assert int(root) * share * abs(share) == exact_square(state, index)


@pytest.mark.slow
def test_the_lines_of_code_are_true():
    """All of them are run, one after the other; the last leads to the numbers of torch, as does the layer."""
    rng = random.Random(7)
    states = [random_state(rng, eps=eps) for eps in map(Fraction, ("0", "0.00001", "0.001")) for _ in range(40)]
    states = [state for state in states if not undefined(state)[0]]
    code = """
      return given.links.map((link) => {
        const state = stateOf(link, data), method = data.methods.find(({ id }) => id === state.method);
        return [codeOf(method, usesRunning(state, method)), layerCode(method, state)];
      });"""
    order = ["mean", "variance", "root", "xhat", "y", "dbeta", "dgamma", "d", "plain", "withXhat", "dx"]
    seen = set()
    for state, (lines, layer_line) in zip(
        states, computed(code, {"links": [each.link for each in states]}), strict=True
    ):
        seen.add((state.method, state.kept, state.eps))
        names = {
            "x": tensor(state.x, state.shape), "d_y": tensor(state.g, state.shape), "eps": float(state.eps),
            "gamma": tensor(state.gamma, -1), "beta": tensor(state.beta, -1), "nn": nn, "functional": functional,
            "running_mean": tensor(state.means, -1), "running_var": tensor(state.variances, -1),
        }  # fmt: skip
        assert sorted(lines) == sorted(order)
        for name in order:
            if state.centred or name not in ("mean", "plain"):
                exec(lines[name], names)
        expected = by_torch(state)
        for name, of in {"y": "y", "d_x": "dx", "d_gamma": "dgamma", "d_beta": "dbeta"}.items():
            assert names[name].flatten().tolist() == pytest.approx(expected[of], rel=1e-9, abs=1e-9), (name, state.link)
        if len(state.sets[0]) > 1 or state.kept:
            *before, last = layer_line.split("; ")
            torch.set_default_dtype(torch.float64)
            exec("\n".join(before), names)
            made = eval(last, names)
            torch.set_default_dtype(torch.float32)
            assert (".eval()" in layer_line) == state.kept
            assert made.flatten().tolist() == pytest.approx(expected["xhat"], rel=1e-9, abs=1e-9), layer_line
    assert {method for method, *_ in seen} == set(explorer.METHODS)
    assert {("bn", True, eps) for eps in map(Fraction, ("0", "0.00001"))} <= seen


def test_a_link_keeps_the_state_and_one_that_cannot_be_read_does_no_harm():
    rng = random.Random(4)
    good = [State().link] + [random_state(rng).link for _ in range(40)]
    bad = [
        "explorer-x_1_2",
        "explorer-method_<b>-shows_constructor-at_99-eps_3",
        "explorer-x_" + "_".join(["1d0"] * 48),
        "explorer-shape_5_1_1_1",
        "explorer-shape_1_1",
        "explorer-constructor_1-toString_2",
        "explorer-running_0_0_0_0_0_1_1_1_0",
        "explorer-gamma_1_2_3_1e5",
        "explorer---",
        "explorer-at_-step_x",
    ]
    code = """
      const again = (link) => {
        const state = stateOf(link, data);
        return state && linkOf(state, data);
      };
      return given.links.map(again).concat([again("sec-by-hand") ?? "of something else"]);"""
    *found, other = computed(code, {"links": good + bad})
    assert found[: len(good)] == good
    assert set(found[len(good) :]) == {"explorer", "explorer-at_47"}
    assert other == "of something else"


def test_in_another_shape_what_lies_in_both_stays():
    rng = random.Random(8)
    states = [random_state(rng) for _ in range(40)]
    shapes = [tuple(rng.randint(1, most) for most in LARGEST) for _ in states]
    code = """
      return given.links.map((link, at) => linkOf(reshaped(stateOf(link, data), given.shapes[at], data), data));"""
    found = computed(code, {"links": [each.link for each in states], "shapes": shapes})
    assert found == [reshaped(state, shape).link for state, shape in zip(states, shapes, strict=True)]
