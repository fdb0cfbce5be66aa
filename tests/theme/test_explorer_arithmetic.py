"""The explorer's arithmetic outside any page, in node: exact numbers, links, both passes, running statistics."""

import json
import random
from fractions import Fraction
from math import isclose, sqrt

import pytest
import torch
from commands import ROOT
from explorer_states import CHANNELS, SIZE, State, by_torch, exact_square, layer, random_state, tensor, undefined
from node import NEEDS_NODE, told_by_node

from normstudy.by_hand import explorer
from normstudy.by_hand.exact import text

pytestmark = NEEDS_NODE


def computed(code, given):
    """What `code`, the body of a function of `given`, returns, with all names of the scripts at hand."""
    script = explorer.script(ROOT / "theme", explorer.COMPUTING).removesuffix("})();\n")
    script += "const given = JSON.parse(require('fs').readFileSync(0, 'utf8')), data = given.data;\n"
    script += f"const answer = (() => {{ {code} }})();\nconsole.log(JSON.stringify(answer));\n}})();"
    given = given | {"data": json.loads(explorer.data())}
    return told_by_node(script, given)


TERMS = """
  const told = ({ numerator, denominator }) => [String(numerator), String(denominator)];
  const terms = (value) => value ? [...value.terms].map(([root, share]) => [root, ...told(share)]) : null;
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
      const told = ({ numerator, denominator }) => `${numerator}/${denominator}`;
      return given.pairs.map(([a, b]) => [a, b].map(read)).map(([a, b]) => [
        ...[a.plus(b), a.minus(b), a.times(b), a.over(b), a.shortened(6)].map(told), rationalText(a), a.number()]);"""
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


def test_sums_of_roots_multiply_out():
    code = f"""{TERMS}
      const root = (whole) => Exact.root(new Rational(BigInt(whole)));
      const of = (whole) => Exact.of(new Rational(BigInt(whole)));
      const sum = root(2).plus(root(18)).plus(of(1)), other = root(6).minus(root(2));
      const found = [sum, sum.times(other), sum.minus(sum)].map(terms);
      return [...found, exactText(sum), exactText(of(0).minus(root(12)))];"""
    total, product, nothing, shown, negative = computed(code, {})
    assert sorted(total) == [["1", "1", "1"], ["2", "4", "1"]]  # 1 + 4√2
    assert isclose(value(product), (1 + 4 * sqrt(2)) * (sqrt(6) - sqrt(2)))
    assert nothing == []
    assert (shown, negative) == ("4√2 + 1", "−2√3")


@pytest.mark.parametrize(
    ("typed", "read"),
    [("3", "3"), (" −0.5 ", "-1/2"), ("-7/3", "-7/3"), ("2,25", "9/4"), (".5", "1/2"), ("7 / 3", "7/3")]
    + [(wrong, None) for wrong in ("", "-", "1/0", "x", "1e5", "1/", "/3", "1234567890", "1.2.3", "<b>")],
)
def test_what_is_typed(typed, read):
    code = "const read = typedRational(given.typed); return read ? `${read.numerator}/${read.denominator}` : null;"
    found = computed(code, {"typed": typed})
    assert (found and Fraction(found)) == (read and Fraction(read))


def test_both_passes_are_those_of_torch_and_the_roots_are_exact():
    rng = random.Random(2)
    states = [State(method=method) for method in explorer.METHODS] + [random_state(rng) for _ in range(150)]
    code = f"""{TERMS}
      const start = startState(data);
      return given.links.map((link) => {{
        const state = stateOf(link, start, data.methods);
        const method = data.methods.find(({{ id }}) => id === state.method);
        const results = forward(state, method, data.shape);
        const all = {{ ...results, ...backward(state, data.shape, results) }};
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
            without = lost if len(numbers) == SIZE else lost_channels if name == "dgamma" else set()
            found = answer[name] + [None] * (len(numbers) - len(answer[name]))
            for at, (one, other) in enumerate(zip(found, numbers, strict=True)):
                assert (one is None) == (at in without), (name, state.link)
                assert one is None or isclose(value(one), other, rel_tol=1e-7, abs_tol=1e-9), (name, state.link)
        for index in set(range(SIZE)) - lost:
            ((root, above, below),) = answer["xhat"][index] or [["1", "0", "1"]]
            share = Fraction(int(above), int(below))
            assert int(root) * share * abs(share) == exact_square(state, index)


def test_running_statistics_move_as_those_of_torch():
    rng = random.Random(3)
    batches = [random_state(rng, method="bn", time="train", shows="y") for _ in range(5)] * 10
    code = """
      const start = startState(data);
      let { running } = start;
      return given.links.map((link) => {
        const { sets } = forward(stateOf(link, start, data.methods), data.methods[0], data.shape);
        running = fed(running, sets, typedRational(data.momentum));
        return [...running.mean, ...running.variance].map((value) => value.number()).concat([running.batches]);
      });"""
    answers = computed(code, {"links": [each.link for each in batches]})
    norm = layer(State(), torch.ones(CHANNELS), torch.zeros(CHANNELS))
    for count, (batch, found) in enumerate(zip(batches, answers, strict=True), start=1):
        norm(tensor(batch.x))
        assert found == pytest.approx([*norm.running_mean.tolist(), *norm.running_var.tolist(), count], rel=1e-12)


def test_a_link_keeps_the_state_and_one_that_cannot_be_read_does_no_harm():
    rng = random.Random(4)
    good = [State().link] + [random_state(rng).link for _ in range(40)]
    bad = [
        "explorer-x_1_2",
        "explorer-method_<b>-shows_constructor-at_99-eps_3",
        "explorer-x_" + "_".join(["1d0"] * SIZE),
        "explorer-running_0_0_0_0_0_1_1_1_0",
        "explorer-gamma_1_2_3_1e5",
        "explorer---",
        "explorer-at_-step_x",
    ]
    code = """
      const start = startState(data);
      const again = (link) => {
        const state = stateOf(link, start, data.methods);
        return state && linkOf(state, start);
      };
      return given.links.map(again).concat([again("sec-by-hand") ?? "of something else"]);"""
    *found, other = computed(code, {"links": good + bad})
    assert found[: len(good)] == good
    assert set(found[len(good) :]) == {"explorer", f"explorer-at_{SIZE - 1}"}
    assert other == "of something else"
