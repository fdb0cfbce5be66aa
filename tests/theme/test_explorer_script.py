"""The explorer in a browser, from the disk: every number that it shows, whether a link or a reader's hands chose it."""

import random
import re
from dataclasses import replace
from fractions import Fraction
from math import isclose

import numpy as np
import pytest
from commands import ROOT
from explorer_states import (
    EPSILONS,
    GROUPS,
    LARGEST,
    MOMENTA,
    SHOWN,
    State,
    by_torch,
    evaluated,
    exact_square,
    marked,
    measured,
    random_state,
    reshaped,
    undefined,
)
from readers import AXE, NEEDS_CHROMIUM, faults, sideways

from normstudy.worked_example import explorer
from normstudy.worked_example.exact import exact_root

pytestmark = NEEDS_CHROMIUM

STATES, ACTIONS = 30, 20
QUESTION = State(
    shape=(2, 3, 1, 2),
    method="rms",
    shows="dx",
    x=[Fraction(k) for k in range(12)],
    g=[Fraction(1)] * 12,
    gamma=[Fraction(1)] * 3,
    beta=[Fraction(0)] * 3,
    running=[Fraction(k) for k in (0, 0, 0, 0, 1, 1, 1)],
)
"""What a button behind the explorer sets it to."""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    body = explorer.section(ROOT / "theme").split("```{=html}\n")[1].split("\n```\n")[0]
    file = tmp_path_factory.mktemp("explorer") / "page.html"
    head = "<meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>-</title>"
    ground = ":root{color-scheme:light dark;background:light-dark(#fff,#1c1c1c);color:light-dark(#212529,#e4e6e8)}"
    question = f"<p><button type='button' class='explorer-try' data-explorer='{QUESTION.link}' hidden>Try</button></p>"
    page = f"<!doctype html><html lang='en'>{head}<style>{ground}</style><main><h1>-</h1>{body}{question}</main>"
    file.write_text(page, encoding="utf-8")
    return file


@pytest.fixture
def explored(opened, file):
    """A function that opens the page on a link, with options of a browser's context."""
    return lambda link="", **options: opened(file, link, **options)


READ = """() => {
  const root = document.querySelector(".explorer"), numbers = {}, marks = {};
  for (const element of root.querySelectorAll(".explorer-number")) {
    const grid = element.closest("[data-grid]")?.dataset.grid ?? "";
    const undefinedNumber = element.tagName !== "DATA";
    (numbers[`${grid} ${element.dataset.of}`.trim()] ??= []).push(
      undefinedNumber ? null : [Number(element.value), element.textContent]);
  }
  for (const cell of root.querySelectorAll("[data-grid=right] [role=gridcell]")) {
    for (const of of ["marked", "chosen"]) {
      const on = of === "marked" ? cell.classList.contains("explorer-marked") : cell.ariaSelected === "true";
      if (on) (marks[of] ??= []).push(Number(cell.dataset.index));
    }
  }
  return {
    numbers, ...marks,
    order: [...root.querySelectorAll("[data-grid=right] [role=gridcell]")].map((cell) => Number(cell.dataset.index)),
    letters: [...root.querySelectorAll("[data-grid=right] .explorer-letter")].map((letter) => letter.textContent),
    steps: [...root.querySelectorAll(".explorer-sum")].map((sum) => sum.textContent),
    fields: [...root.querySelectorAll("input[type=text]")].map((field) => field.value),
    slider: root.querySelector("[type=range]").ariaValueText,
    lists: [...root.querySelectorAll("select")].map((list) => list.value),
    cube: root.querySelector(".explorer-cube svg").getAttribute("aria-label"),
    solid: ["set", "own"].map((kind) => ["front", "top", "side"].map((face) =>
      root.querySelector(`.explorer-${kind} .explorer-${face}`).getAttribute("points").split(" ").map(
        (point) => point.split(",").map(Number)))),
    strips: [...root.querySelectorAll("[data-table=strips] svg")].map((svg) =>
      [...svg.querySelectorAll("circle")].map((dot) => Number(dot.getAttribute("cx")))),
    history: [...root.querySelectorAll(".explorer-history svg")].map((svg) =>
      [...svg.querySelectorAll("[data-values]")].map(({ dataset }) => dataset.values.split(" ").map(Number))),
  };
}"""


def check(state, shown):
    """Every number that the page shows in `state`."""
    numbers, of_torch = shown["numbers"], by_torch(state)
    lost, lost_channels = undefined(state)
    own = state.set_at[state.at]
    (mean, variance), spread = state.statistics[own], state.statistics[own][1] + state.eps
    order, backward = shown["order"], state.shows in ("dx", "dgamma", "dbeta")
    assert sorted(order) == list(range(state.size))
    left, right = "g" if backward else "x", {"dgamma": "terms", "dbeta": "g"}.get(state.shows, state.shows)
    in_right = state.g if right == "g" else of_torch[right]
    same(numbers.pop(f"left {left}"), [getattr(state, left)[index] for index in order], set(), short=True)
    gone = set() if right == "g" else {at for at, index in enumerate(order) if index in lost}
    same(numbers.pop(f"right {right}"), [in_right[index] for index in order], gone, short=True)

    if state.centred:
        same(numbers.pop("mean"), [mean])
    same(numbers.pop("variance"), [variance])
    same(numbers.pop("std"), [exact_or_root(variance)])
    if state.eps:
        same(numbers.pop("root"), [exact_or_root(spread)])
    same(numbers.pop("x"), [state.x[state.at]])
    none = {0} if state.at in lost else set()
    same(shown_xhat := numbers.pop("xhat"), [of_torch["xhat"][state.at]], none)
    if not none:
        exactly_squared(shown_xhat[0][1], exact_square(state, state.at))
    same(numbers.pop("y"), [of_torch["y"][state.at]], none)
    dgamma, dbeta = of_torch["dgamma"], [Fraction(0)] * state.channels
    for index, each in enumerate(state.g):
        dbeta[state.position(index)[1]] += each
    if backward:
        same(numbers.pop("g"), [state.g[state.at]])
        same(numbers.pop("d"), [state.g[state.at] * state.gamma[state.channel]])
        same(numbers.pop("dx"), [of_torch["dx"][state.at]], none)
        same(numbers["dgamma"][:1], [dgamma[state.channel]], {0} if state.channel in lost_channels else set())
        same(numbers["dbeta"][:1], [dbeta[state.channel]])
        same(numbers.pop("dgamma")[1:], dgamma, lost_channels, short=True)
        same(numbers.pop("dbeta")[1:], dbeta, short=True)
    if state.method == "bn":
        batch = [measured([state.x[index] for index in members]) for members in state.sets]
        members = len(state.sets[0])
        same(numbers.pop("batch-mean"), [each for each, _ in batch], short=True)
        alone = set(range(state.channels)) if members == 1 else set()
        unbiased = [each * members / max(1, members - 1) for _, each in batch]
        same(numbers.pop("batch-variance"), unbiased, alone, short=True)
        same(numbers.pop("running-mean"), state.means, short=True)
        same(numbers.pop("running-variance"), state.variances, short=True)
    if state.centred:
        same(numbers.pop("set-mean"), [each for each, _ in state.statistics])
    same(numbers.pop("set-variance"), [each for _, each in state.statistics])
    same(numbers.pop("set-std"), [exact_or_root(each) for _, each in state.statistics])
    check_strips(state, of_torch, numbers, shown["strips"])
    assert numbers == {}  # all are accounted for

    assert set(shown["marked"]) == marked(state)
    check_block(state, shown)
    assert shown["chosen"] == [state.at]
    assert shown["letters"] == [letters(state.set_at[index]) for index in order]
    assert [fraction(text) for text in shown["fields"][1:]] == state.gamma + state.beta
    assert fraction(shown["slider"]) == getattr(state, left)[state.at]
    *shape, eps, momentum = (int(shown["lists"][at]) for at in range(6))
    assert (tuple(shape), EPSILONS[eps], MOMENTA[momentum]) == (state.shape, state.eps, state.momentum)
    results = {name: of_torch[name][state.at] for name in ("xhat", "y", "dx")}
    results |= {"dgamma": dgamma[state.channel], "dbeta": float(dbeta[state.channel])}
    check_steps(state, shown["steps"], results[state.shows])


def letters(number):
    return (letters(number // 26 - 1) if number >= 26 else "") + chr(65 + number % 26)


def check_strips(state, of_torch, numbers, dots):
    """Mean and deviation of the set before and after, and where its values lie on the line."""
    members = state.sets[state.set_at[state.at]]
    drawn = 0
    lines = {"x": [float(value) for value in state.x], "xhat": of_torch["xhat"], "y": of_torch["y"]}
    known = [name for name in lines if name == "x" or state.at not in undefined(state)[0]]
    every = [0.0] + [lines[name][index] for name in known for index in members]
    low, high = min(every), max(every)
    for name, values in lines.items():
        own = np.array([values[index] for index in members])
        none = set() if name in known else {0}
        for of, value in (("mean", own.mean()), ("std", own.std())):
            (found,) = numbers.pop(f"strip-{name}-{of}")
            assert (found is None) == bool(none)
            if found:
                assert isclose(found[0], value, rel_tol=1e-6, abs_tol=1e-6), (state.link, name, of)
                assert isclose(evaluated(found[1]), value, rel_tol=6e-4, abs_tol=1e-6)
        if not none:
            places = np.sort(8 + (own - low) / ((high - low) or 1) * 184)
            np.testing.assert_allclose(np.sort(dots[drawn]), places, atol=0.02)
            drawn += 1


def check_block(state, shown):
    """The solid part of the block has the corners of the values that are marked, and the dark one those of its own."""
    tall = min(1, 4 / (state.shape[2] * state.shape[3]))
    for faces, values in zip(shown["solid"], (marked(state), {state.at}), strict=True):
        places = [(n, c, row * state.shape[3] + column) for n, c, row, column in map(state.position, values)]
        (n, c, p), (n1, c1, p1) = np.min(places, axis=0), np.max(places, axis=0) + 1
        assert (n1 - n) * (c1 - c) * (p1 - p) == len(values)
        seen = [
            [(n, c, p), (n, c1, p), (n, c1, p1), (n, c, p1)],
            [(n, c, p), (n, c1, p), (n1, c1, p), (n1, c, p)],
            [(n, c1, p), (n1, c1, p), (n1, c1, p1), (n, c1, p1)],
        ]
        for face, corners in zip(faces, seen, strict=True):
            wanted = [(channel + 0.6 * image, tall * place - 0.45 * image) for image, channel, place in corners]
            np.testing.assert_allclose(face, wanted, atol=0.006)
    assert shown["cube"].startswith("The batch as a block. ")


def check_steps(state, steps, result):
    """Each equality that is written out holds, and the last leads to what is shown."""
    assert 1 <= len(steps) <= (state.step or 99)
    values = None
    for step in steps:
        _, *parts = re.split(" [=≈] ", step)
        values = [evaluated(part) for part in parts]
        for one in values:
            assert isclose(one, values[-1], rel_tol=2e-3, abs_tol=1e-4), step
        if "≈" not in step:
            assert all(isclose(one, values[0], rel_tol=1e-9, abs_tol=1e-12) for one in values), step
    if not state.step and values:
        assert isclose(values[-1], result, rel_tol=1e-5, abs_tol=1e-9), steps


def same(shown, expected, without=frozenset(), short=False):
    """The doubles behind the shown numbers, and their texts: exact ones where `expected` is a fraction."""
    assert len(shown) == len(expected)
    for place, (found, number) in enumerate(zip(shown, expected, strict=True)):
        assert (found is None) == (place in without), (found, number)
        if found is None:
            continue
        value, text = found
        assert isclose(value, float(number), rel_tol=1e-7, abs_tol=1e-9)
        exact, _, decimals = text.partition("≈")
        if exact.strip():
            said = exact.strip()
            if isinstance(number, Fraction) and not short:
                assert fraction(said) == number
            within = 0.5 if short and not re.search("[/√e]", said) else 1e-9
            assert abs(evaluated(said.replace("e", "·10^")) - value) <= rounding(said, value, within), (text, value)
        if decimals.strip():
            near = 0.005 if short else 1e-5 * abs(value) + 1e-9
            assert abs(evaluated(decimals.strip()) - value) <= near, (text, value)


def rounding(text, value, most):
    """How far a short number may be from the value: half of its last digit, of one such as 3e5 half of its power."""
    if "e" in text:
        return 0.5 * 10 ** int(text.partition("e")[2])
    if most < 0.5:
        return most * max(1, abs(value))
    return 0.5001 * 10 ** -len(text.partition(".")[2])


def exact_or_root(square):
    """√`square`, as a fraction where it is one."""
    root = exact_root(square)
    return float(square) ** 0.5 if root is None else root


def exactly_squared(text, square):
    """A shown x̂ has this square, with the sign of x̂, where it is shown exactly."""
    exact = text.partition("≈")[0].strip()
    found = re.fullmatch(r"(−?)(\d*)(?:√(\d+))?(?:/(\d+))?", exact)
    if exact and found:
        sign, above, root, below = found.groups()
        share = Fraction(int(above or 1), int(below or 1)) * (-1 if sign else 1)
        assert share * abs(share) * int(root or 1) == square


def fraction(text):
    return Fraction(text.replace("−", "-"))


@pytest.mark.slow
def test_every_number_over_random_states(explored):
    page, rng = explored(), random.Random(5)
    states = [State(method=method, shows=shows) for method in explorer.METHODS for shows in ("y", "dx")]
    states += [random_state(rng) for _ in range(STATES - len(states))]
    follow = f"""(link) => new Promise((done) => {{
      addEventListener("hashchange", () => done(({READ})()), {{ once: true }});
      location.hash = link;
    }})"""
    check(State(), page.evaluate(READ))
    page.evaluate("location.hash = 'elsewhere'")
    for state in states:
        check(state, page.evaluate(follow, state.link))


KEYS = {"ArrowRight": (0, 1), "ArrowLeft": (0, -1), "ArrowDown": (1, 0), "ArrowUp": (-1, 0)}


def moved(state, key):
    """Where an arrow key leads in the grid."""
    (images, channels, height, width), (image, channel, row, column) = state.shape, state.position(state.at)
    down, right = image * height + row + KEYS[key][0], channel * width + column + KEYS[key][1]
    if not (0 <= down < images * height and 0 <= right < channels * width):
        return state.at
    (image, row), (channel, column) = divmod(down, height), divmod(right, width)
    return ((image * channels + channel) * height + row) * width + column


@pytest.mark.slow
def test_every_number_under_a_readers_hands(explored):
    page, rng, state = explored(), random.Random(6), State()
    page.locator(".explorer-more summary").click()
    for _ in range(ACTIONS):
        backward = state.shows in ("dx", "dgamma", "dbeta")
        edited = "g" if backward else "x"
        action = rng.choice(
            ("cell", "keys", "type", "type", "minus", "choose", "learned", "feed", "eps", "shape", "slide")
        )
        if action == "cell":
            state = replace(state, at=rng.randrange(state.size))
            page.locator(f"[data-grid={rng.choice(('left', 'right'))}] [data-index='{state.at}']").click()
        elif action == "keys":
            page.locator("[data-grid=left] [tabindex='0']").focus()
            for key in rng.choices(list(KEYS), k=3):
                page.keyboard.press(key)
                state = replace(state, at=moved(state, key))
        elif action == "type":
            page.locator("[data-grid=left] [tabindex='0']").focus()
            typed = rng.choice(("7", "-2", "5/3", "0.25"))
            page.keyboard.type(typed)
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.dataset.index") == str(state.at)
            state = replace(state, **{edited: put(getattr(state, edited), state.at, Fraction(typed))})
        elif action == "minus":
            page.get_by_role("button", name="1 less").click()
            state = replace(
                state, **{edited: put(getattr(state, edited), state.at, getattr(state, edited)[state.at] - 1)}
            )
        elif action == "choose":
            methods = [each for each in explorer.METHODS if state.channels % GROUPS.get(each, 1) == 0]
            choices = (
                [("method", each) for each in methods] + [("shows", each) for each in SHOWN] + [("colours", "values")]
            )
            name, value = rng.choice([*choices, ("time", "test"), ("time", "train")])
            if name == "time" and state.method != "bn":
                continue
            page.locator(f".explorer [name={name}][value={value}]").check()
            state = replace(state, **{name: value})
        elif action == "learned":
            channel = rng.randrange(state.channels)
            page.get_by_label(f"γ of channel {channel + 1}").fill("−3/2")
            state = replace(state, gamma=put(state.gamma, channel, Fraction(-3, 2)))
        elif action == "feed" and state.method == "bn":
            page.locator(".explorer [name=momentum]").select_option("2")
            state = replace(state, momentum=MOMENTA[2])
            button = page.get_by_role("button", name="Feed this batch")
            if len(state.sets[0]) > 1:
                button.click()
                state = replace(state, running=fed(state))
            else:
                assert button.get_attribute("aria-disabled") == "true"
        elif action == "eps":
            page.locator(".explorer [name=eps]").select_option("1")
            state = replace(state, eps=EPSILONS[1])
        elif action == "shape":
            axis = rng.randrange(4)
            length = rng.randint(1, LARGEST[axis])
            page.locator(f".explorer [name=shape{axis}]").select_option(str(length))
            state = reshaped(state, (*state.shape[:axis], length, *state.shape[axis + 1 :]))
        elif action == "slide":
            page.locator("#explorer-slider").fill("2")
            state = replace(state, **{edited: put(getattr(state, edited), state.at, Fraction(2))})
        page.mouse.move(0, 0)  # a mouse over a cell shows what that depends on
        check(state, page.evaluate(READ))
    page.wait_for_function(f"location.hash === '#{state.link}'")  # so that a link or a reload keeps it


def put(numbers, at, number):
    return [*numbers[:at], number, *numbers[at + 1 :]]


def fed(state):
    """The running statistics after the batch."""
    batch = [measured([state.x[index] for index in members]) for members in replace(state, time="train").sets]
    members, share = state.size // state.channels, state.momentum
    means = [(1 - share) * old + share * new for old, (new, _) in zip(state.means, batch, strict=True)]
    unbiased = [variance * members / (members - 1) for _, variance in batch]
    variances = [(1 - share) * old + share * new for old, new in zip(state.variances, unbiased, strict=True)]
    return [state.running[0] + 1, *means, *variances]


def test_all_of_it_by_keyboard_alone(explored):
    page = explored()
    focus = """(({ ariaLabel, value, textContent, firstElementChild }) =>
      ariaLabel || value || firstElementChild?.nextElementSibling?.textContent || textContent
    )(document.activeElement)"""

    def tabbed(times=1):
        for _ in range(times):
            page.keyboard.press("Tab")
        return page.evaluate(focus)

    assert tabbed() == "bn"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(READ)["letters"][-1] == "C"  # LN has three sets
    status = page.locator(".explorer-status")
    assert status.inner_text().startswith("LN: 3 sets of 16 values. μ 6.5, σ² 20.25, σ 4.5, x̂ −7/9")  # x is as it was
    page.keyboard.press("ArrowDown")
    assert status.inner_text() == "GN, G = 1: 3 sets of 16 values. The numbers of the chosen value stay as they are."
    page.keyboard.press("ArrowUp")
    assert tabbed() == "y"
    assert tabbed(2).startswith("3, image 1, channel 1, row 1, column 1, set A")
    page.keyboard.press("Control+End")
    assert page.evaluate(focus).startswith("2, image 3, channel 4, row 2, column 2, set C")
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    assert "x 9" in status.inner_text()
    page.keyboard.press("F2")
    page.keyboard.type("1")
    page.keyboard.press("Escape")
    assert page.evaluate(focus).startswith("9, image 3")
    right = "image 3, channel 4, row 2, column 2"  # the same place in the right grid
    strips = "Values before and after"
    for name in ("1 less", "9", "1 more", "x of image 3", "Random values", right, strips, "From the start"):
        assert name in tabbed()
    page.keyboard.press("Enter")
    assert len(page.evaluate(READ)["steps"]) == 1
    assert tabbed(2) == "Next"
    page.keyboard.press("Enter")
    assert page.evaluate(focus) == "Next"
    assert status.inner_text().startswith("the mean of their squared distances from μ")
    page.locator("[name=shows][value=y]").press("ArrowRight")
    assert status.inner_text().startswith("∂L/∂x = ")
    assert "This ∂L/∂x depends on ∂L/∂y of all 16 values of set C" in status.inner_text()


def test_a_question_sets_it_and_one_comes_back(explored):
    page = explored("elsewhere")
    page.get_by_role("button", name="Try").click()
    check(QUESTION, page.evaluate(READ))
    assert page.locator(".explorer-more").get_attribute("open") is not None
    assert page.evaluate("document.activeElement.getAttribute('role')") == "gridcell"
    page.go_back()
    assert page.evaluate("location.hash") == "#elsewhere"
    page.wait_for_function("document.activeElement.textContent === 'Try'")


def test_what_is_no_number_is_reported_and_changes_nothing(explored):
    page = explored()
    field = page.get_by_role("textbox", name="x of image 1, channel 1, row 1, column 1")
    field.fill("1/0")
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator(".explorer-wrong").inner_text() == "Type a number such as 3, −0.5 or 7/3."
    check(State(), page.evaluate(READ))
    field.press("Tab")
    assert (field.input_value(), field.get_attribute("aria-invalid")) == ("3", None)


def test_gradients_of_choice_and_new_batches(explored):
    page = explored(State(method="in", shows="dx").link)
    page.get_by_role("button", name="1 everywhere").click()
    check(State(method="in", shows="dx", g=[Fraction(1)] * 48), page.evaluate(READ))
    page.locator("[data-grid=left] [data-index='7']").click()
    page.get_by_role("button", name="1 here, 0 elsewhere").click()
    gradient = put([Fraction(0)] * 48, 7, Fraction(1))
    check(State(method="in", shows="dx", at=7, g=gradient), page.evaluate(READ))
    page.get_by_role("button", name="Start again").click()
    check(State(), page.evaluate(READ))
    page.get_by_role("button", name="Feed it 10 times").click()
    state = State()
    courses = []
    for _ in range(10):
        state = replace(state, running=fed(state))
        courses.append((state.means[0], state.variances[0]))
    check(state, shown := page.evaluate(READ))
    values = [state.x[index] for index in state.sets[0]]
    own = (measured(values)[0], measured(values)[1] * 12 / 11)
    for at, (kept, batch) in enumerate(shown["history"]):
        assert kept == pytest.approx([float(course[at]) for course in courses])
        assert batch == pytest.approx([float(own[at])] * 10)
    picture = page.get_by_role("img", name="running mean of channel 1 after 10 batches")
    assert picture.locator("polyline").count() == 1
    heights = page.locator("[data-of=mean] polyline").get_attribute("points").split()
    heights = np.array([float(point.split(",")[1]) for point in heights])
    scale = (heights[-1] - heights[0]) / (float(courses[-1][0]) - float(courses[0][0]))
    np.testing.assert_allclose(
        heights - heights[0], [scale * float(mean - courses[0][0]) for mean, _ in courses], atol=0.02
    )
    page.get_by_role("button", name="Feed a new batch").click()
    assert page.locator(".explorer-fed").inner_text() == "11 batches fed."
    page.get_by_role("button", name="Forget all batches").click()
    assert page.locator(".explorer-fed").inner_text() == "0 batches fed."
    assert page.locator(".explorer-history svg").count() == 0
    page.get_by_role("button", name="γ = 1, β = 0").click()
    assert page.evaluate(READ)["fields"][1:] == ["1"] * 4 + ["0"] * 4


def test_a_mouse_that_points_at_a_value_shows_what_shares_its_mean(explored):
    page = explored(State(method="gn2").link)
    page.locator("[data-grid=left] [data-index='47']").hover()
    pointed = page.locator("[data-grid=right] .explorer-pointed").evaluate_all(
        "(cells) => cells.map((c) => c.dataset.index)"
    )
    assert sorted(map(int, pointed)) == list(range(40, 48))
    assert (
        page.locator(".explorer-caption").inner_text().startswith("One mean and one variance for the 8 values of set F")
    )
    page.mouse.move(0, 0)
    assert page.locator(".explorer-pointed").count() == 0


def test_by_touch_on_a_small_screen(explored):
    page = explored(viewport={"width": 360, "height": 640}, has_touch=True)
    page.locator("[data-grid=left] [data-index='5']").tap()
    page.get_by_role("button", name="1 more").tap()
    state = State()
    check(replace(state, at=5, x=put(state.x, 5, state.x[5] + 1)), page.evaluate(READ))
    assert page.locator(".explorer-now").inner_text() == f"y = {page.locator('dl [data-of=y]').inner_text()}"
    page.locator(".explorer-more summary").tap()
    assert sideways(page) <= 0
    targets = page.locator(
        ".explorer :is(button, [role=gridcell], select, input[type=text], .explorer-option, summary):visible"
    )
    sizes = targets.evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect()).map((r) => [r.width, r.height])"
    )
    assert len(sizes) > 100
    assert min(map(min, sizes)) >= 24


def test_the_names_of_its_parts_contain_what_is_seen(explored):
    page = explored(State(method="in", shows="dx").link)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    rule = "axe.run({ runOnly: ['label-content-name-mismatch'] })"
    page.evaluate("document.querySelector('.explorer-more').open = true")
    found = page.evaluate(rule)
    assert [node["html"] for each in found["violations"] for node in each["nodes"]] == []
    name = "1, image 1, channel 1, row 1, column 1, set A, marked"
    assert page.locator("[data-grid=left]").get_by_role("gridcell", name=name, exact=True).count() == 1


def test_frames_are_seen_in_forced_colours(explored):
    page = explored(State(method="ln").link, forced_colors="active")
    frames = page.locator("[data-grid=left] [role=gridcell]").evaluate_all(
        "(cells) => cells.map((cell) => getComputedStyle(cell).outlineStyle)"
    )
    assert [frames.count(style) for style in ("double", "solid", "none")] == [1, 15, 32]


def test_a_table_of_the_page_s_theme_does_not_change_its_tables(explored):
    page = explored()
    page.evaluate("document.querySelector('main').id = 'quarto-document-content'")
    page.add_style_tag(content="#quarto-document-content table { width: max-content; max-width: max(100%, 34rem); }")
    page.set_viewport_size({"width": 360, "height": 800})
    assert sideways(page) <= 0
    boxes = page.locator(".explorer-scroll").evaluate_all("(all) => all.map((b) => b.scrollWidth - b.clientWidth)")
    assert max(boxes) <= 1


def test_on_paper_a_sentence_says_where_it_is(explored):
    page = explored()
    page.emulate_media(media="print")
    assert not page.locator(".explorer").is_visible()
    assert not page.locator(".explorer-without").is_visible()
    assert page.get_by_text("part of the web page only").is_visible()


@pytest.mark.slow
def test_no_mode_has_a_barrier(explored):
    """Each in one scheme of colours, and those of most colours in both."""
    page = explored(viewport={"width": 360, "height": 800})
    states = [State(method=method) for method in ("bn", "gn2", "ln2d") if method in explorer.METHODS]
    states += [State(shows=shows, method="ln2d", step=2) for shows in ("xhat", "dx", "dgamma", "dbeta")]
    states += [State(time="test", shows="dx"), State(x=[Fraction(1)] * 48), reshaped(State(method="ln2d"), LARGEST)]
    for summary in page.locator(".explorer summary").all():
        summary.click()
    for scheme, own in (("light", states), ("dark", [State(method="in", colours="values"), states[-1], State()])):
        page.emulate_media(color_scheme=scheme)
        for state in own:
            page.evaluate(f"location.hash = '{state.link}'")
            page.wait_for_function(f"document.querySelector('[name=method][value={state.method}]').checked")
            assert faults(page) == []
    for _ in range(2):
        page.get_by_role("button", name="Feed this batch").click()
    page.locator("#explorer-value").fill("x")
    assert faults(page) == []


def test_without_script_it_is_not_there(explored):
    page = explored(java_script_enabled=False)
    assert not page.locator(".explorer").is_visible()
    assert page.get_by_text("This needs scripts").is_visible()
    assert not page.get_by_text("Try").is_visible()


def test_it_is_light():
    parts = (ROOT / "theme/explorer").glob("*")
    assert sum(len(part.read_bytes()) for part in parts if part.suffix in (".js", ".css")) < 90_000
