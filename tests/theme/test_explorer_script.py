"""The explorer in a browser, from the disk: every number that it shows, whether a link or a reader's hands chose it."""

import random
import re
from dataclasses import replace
from fractions import Fraction
from math import isclose

import pytest
from commands import ROOT
from explorer_states import (
    CHANNELS,
    SHAPE,
    SHOWN,
    SIZE,
    State,
    by_torch,
    evaluated,
    exact_square,
    marked,
    measured,
    position,
    random_state,
    undefined,
)
from pypdf import PdfReader
from readers import CHROMIUM, NEEDS_CHROMIUM, RENDERERS, faults, sideways

from normstudy.by_hand import explorer
from normstudy.by_hand.exact import exact_root
from normstudy.by_hand.running import MOMENTUM

pytestmark = NEEDS_CHROMIUM

STATES, ACTIONS = 300, 60


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    body = explorer.section(ROOT / "theme").split("```{=html}\n")[1].split("\n```\n")[0]
    file = tmp_path_factory.mktemp("explorer") / "page.html"
    head = "<meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>-</title>"
    ground = ":root{color-scheme:light dark;background:light-dark(#fff,#1c1c1c);color:light-dark(#212529,#e4e6e8)}"
    page = f"<!doctype html><html lang='en'>{head}<style>{ground}</style><main><h1>-</h1>{body}</main>"
    file.write_text(page, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, file):
    """A function that opens the page with options of a browser's context; nothing in it may fail or be asked for."""
    problems, contexts = [], []

    def opened(link="", file=file, **options):
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(300_000)  # the report is a large page
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
        page.goto(f"{file.as_uri()}#{link}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


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
  };
}"""


def check(state, shown):
    """Every number that the page shows in `state`."""
    numbers, of_torch = shown["numbers"], by_torch(state)
    lost, lost_channels = undefined(state)
    own = state.set_at[state.at]
    (mean, variance), spread = state.statistics[own], state.statistics[own][1] + state.eps
    order, backward = shown["order"], state.shows in ("dx", "dgamma", "dbeta")
    assert sorted(order) == list(range(SIZE))
    left, right = "g" if backward else "x", {"dgamma": "terms", "dbeta": "g"}.get(state.shows, state.shows)
    in_right = state.g if right == "g" else of_torch[right]
    same(numbers.pop(f"left {left}"), [getattr(state, left)[index] for index in order], set(), short=True)
    gone = set() if right == "g" else {at for at, index in enumerate(order) if index in lost}
    same(numbers.pop(f"right {right}"), [in_right[index] for index in order], gone, short=True)

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
    dgamma, dbeta = of_torch["dgamma"], [Fraction(0)] * CHANNELS
    for index, each in enumerate(state.g):
        dbeta[position(index)[1]] += each
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
        same(numbers.pop("batch-variance"), [each * members / (members - 1) for _, each in batch], short=True)
        same(numbers.pop("running-mean"), state.running[1:5], short=True)
        same(numbers.pop("running-variance"), state.running[5:], short=True)
    same(numbers.pop("set-mean"), [each for each, _ in state.statistics])
    same(numbers.pop("set-variance"), [each for _, each in state.statistics])
    same(numbers.pop("set-std"), [exact_or_root(each) for _, each in state.statistics])
    assert numbers == {}  # all are accounted for

    assert set(shown["marked"]) == marked(state)
    assert shown["chosen"] == [state.at]
    assert shown["letters"] == [chr(65 + state.set_at[index]) for index in order]
    assert [fraction(text) for text in shown["fields"][1:]] == state.gamma + state.beta
    results = {name: of_torch[name][state.at] for name in ("xhat", "y", "dx")}
    results |= {"dgamma": dgamma[state.channel], "dbeta": float(dbeta[state.channel])}
    check_steps(state, shown["steps"], results[state.shows])


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


def test_every_number_over_random_states(opened):
    page, rng = opened(), random.Random(5)
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


def moved(at, key):
    """Where an arrow key leads in the grid."""
    image, channel, row, column = position(at)
    down, right = image * SHAPE[2] + row + KEYS[key][0], channel * SHAPE[3] + column + KEYS[key][1]
    if not (0 <= down < SHAPE[0] * SHAPE[2] and 0 <= right < CHANNELS * SHAPE[3]):
        return at
    (image, row), (channel, column) = divmod(down, SHAPE[2]), divmod(right, SHAPE[3])
    return ((image * CHANNELS + channel) * SHAPE[2] + row) * SHAPE[3] + column


def test_every_number_under_a_readers_hands(opened):
    page, rng, state = opened(), random.Random(6), State()
    for _ in range(ACTIONS):
        backward = state.shows in ("dx", "dgamma", "dbeta")
        edited = "g" if backward else "x"
        action = rng.choice(("cell", "keys", "type", "type", "minus", "choose", "learned", "feed", "eps", "step"))
        if action == "cell":
            state = replace(state, at=rng.randrange(SIZE))
            page.locator(f"[data-grid={rng.choice(('left', 'right'))}] [data-index='{state.at}']").click()
        elif action == "keys":
            page.locator("[data-grid=left] [tabindex='0']").focus()
            for key in rng.choices(list(KEYS), k=3):
                page.keyboard.press(key)
                state = replace(state, at=moved(state.at, key))
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
            choices = [("method", each) for each in explorer.METHODS] + [("shows", each) for each in SHOWN]
            name, value = rng.choice([*choices, ("time", "test"), ("time", "train")])
            if name == "time" and state.method != "bn":
                continue
            page.locator(f".explorer [name={name}][value={value}]").check()
            state = replace(state, **{name: value})
        elif action == "learned":
            channel = rng.randrange(CHANNELS)
            page.get_by_label(f"γ of channel {channel + 1}").fill("−3/2")
            state = replace(state, gamma=put(state.gamma, channel, Fraction(-3, 2)))
        elif action == "feed" and state.method == "bn":
            page.get_by_role("button", name="Feed this batch").click()
            state = replace(state, running=fed(state))
        elif action == "eps":
            page.locator(".explorer [name=eps]").select_option("1")
            state = replace(state, eps=Fraction(1, 100_000))
        check(state, page.evaluate(READ))
    page.wait_for_function(f"location.hash === '#{state.link}'")  # so that a link or a reload keeps it


def put(numbers, at, number):
    return [*numbers[:at], number, *numbers[at + 1 :]]


def fed(state):
    """The running statistics after the batch."""
    batch = [measured([state.x[index] for index in members]) for members in replace(state, time="train").sets]
    batches, means, variances = state.running[0] + 1, state.running[1:5], state.running[5:]
    members = SIZE // CHANNELS
    means = [(1 - MOMENTUM) * old + MOMENTUM * new for old, (new, _) in zip(means, batch, strict=True)]
    unbiased = [variance * members / (members - 1) for _, variance in batch]
    variances = [(1 - MOMENTUM) * old + MOMENTUM * new for old, new in zip(variances, unbiased, strict=True)]
    return [batches, *means, *variances]


def test_all_of_it_by_keyboard_alone(opened):
    page = opened()
    focus = "((on) => on.getAttribute('aria-label') || on.value || on.textContent)(document.activeElement)"

    def tabbed(times=1):
        for _ in range(times):
            page.keyboard.press("Tab")
        return page.evaluate(focus)

    assert tabbed() == "bn"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(READ)["letters"][-1] == "C"  # LN has three sets
    assert "LN: 3 sets of 16 values." in page.locator(".explorer-status").inner_text()
    assert tabbed() == "y"
    assert tabbed(2).startswith("3, image 1, channel 1, row 1, column 1, set A")
    page.keyboard.press("Control+End")
    assert page.evaluate(focus).startswith("2, image 3, channel 4, row 2, column 2, set C")
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    assert "x 9" in page.locator(".explorer-status").inner_text()
    page.keyboard.press("F2")
    page.keyboard.type("1")
    page.keyboard.press("Escape")
    assert page.evaluate(focus).startswith("9, image 3")
    right = "image 3, channel 4, row 2, column 2"  # the same place in the right grid
    for name in ("1 less", "9", "1 more", "Random values", right, "From the start"):
        assert name in tabbed()
    page.keyboard.press("Enter")
    assert len(page.evaluate(READ)["steps"]) == 1
    assert tabbed(2) == "Next"
    page.keyboard.press("Enter")
    assert page.evaluate(focus) == "Next"
    assert page.locator(".explorer-status").inner_text().startswith("the mean of their squared distances from μ")


def test_what_is_no_number_is_told_and_changes_nothing(opened):
    page = opened()
    field = page.get_by_label("x of image 1, channel 1, row 1, column 1")
    field.fill("1/0")
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator(".explorer-wrong").inner_text() == "Type a number such as 3, −0.5 or 7/3."
    check(State(), page.evaluate(READ))
    field.press("Tab")
    assert (field.input_value(), field.get_attribute("aria-invalid")) == ("3", None)


def test_gradients_of_choice_and_new_batches(opened):
    page = opened(State(method="in", shows="dx").link)
    page.get_by_role("button", name="1 everywhere").click()
    check(State(method="in", shows="dx", g=[Fraction(1)] * SIZE), page.evaluate(READ))
    page.locator("[data-grid=left] [data-index='7']").click()
    page.get_by_role("button", name="1 here, 0 elsewhere").click()
    gradient = put([Fraction(0)] * SIZE, 7, Fraction(1))
    check(State(method="in", shows="dx", at=7, g=gradient), page.evaluate(READ))
    page.get_by_role("button", name="Start again").click()
    check(State(), page.evaluate(READ))
    page.get_by_role("button", name="Feed it 10 times").click()
    state = State()
    for _ in range(10):
        state = replace(state, running=fed(state))
    check(state, page.evaluate(READ))
    page.get_by_role("button", name="Feed a new batch").click()
    assert page.locator(".explorer-fed").inner_text() == "11 batches fed."
    page.get_by_role("button", name="Forget all batches").click()
    assert page.locator(".explorer-fed").inner_text() == "0 batches fed."


def test_a_mouse_that_points_at_a_value_shows_what_shares_its_mean(opened):
    page = opened(State(method="gn2").link)
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


def test_by_touch_on_a_small_screen(opened):
    page = opened(viewport={"width": 360, "height": 640}, has_touch=True)
    page.locator("[data-grid=left] [data-index='5']").tap()
    page.get_by_role("button", name="1 more").tap()
    state = State()
    check(replace(state, at=5, x=put(state.x, 5, state.x[5] + 1)), page.evaluate(READ))
    assert sideways(page) <= 0
    targets = page.locator(
        ".explorer :is(button, [role=gridcell], select, input[type=text], .explorer-option, summary):visible"
    )
    sizes = targets.evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect()).map((r) => [r.width, r.height])"
    )
    assert len(sizes) > 100
    assert min(map(min, sizes)) >= 24


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_mode_has_a_barrier(opened, scheme):
    page = opened(color_scheme=scheme, viewport={"width": 360, "height": 800})
    states = [State(method=method) for method in explorer.METHODS]
    states += [State(shows=shows, method="ln2d", step=2) for shows in ("xhat", "dx", "dgamma", "dbeta")]
    states += [State(time="test", shows="dx"), State(x=[Fraction(1)] * SIZE)]
    page.locator("summary").click()
    for state in states:
        page.evaluate(f"location.hash = '{state.link}'")
        page.wait_for_function(f"document.querySelector('[name=method][value={state.method}]').checked")
        assert faults(page) == []
    page.locator("#explorer-value").fill("x")
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_has_just_changed_can_be_read_at_once(opened, scheme):
    page = opened(color_scheme=scheme)
    page.add_style_tag(content=".explorer-changed { animation-play-state: paused !important; }")
    page.get_by_role("button", name="1 more").click()
    page.wait_for_function("document.querySelector('.explorer-changed')")
    assert page.evaluate("document.getAnimations().map((each) => each.currentTime)").count(0) > 1
    assert faults(page) == []


def test_nothing_moves_for_those_who_want_no_motion(opened):
    page = opened(reduced_motion="reduce")
    page.get_by_role("button", name="1 more").click()
    page.wait_for_function("document.querySelector('.explorer-changed')")
    assert page.evaluate("document.getAnimations().length") == 0


def test_without_script_it_is_not_there(opened):
    page = opened(java_script_enabled=False)
    assert not page.locator(".explorer").is_visible()


def test_it_is_light():
    parts = (ROOT / "theme/explorer").glob("*")
    assert sum(len(part.read_bytes()) for part in parts if part.suffix in (".js", ".css")) < 60_000


@pytest.mark.parametrize("renderer", RENDERERS)
def test_the_pages_of_a_renderer(site, renderer, opened):
    file = site(renderer) / "index.html"
    state = State(method="gn4", shows="dx")
    page = opened(state.link, file, viewport={"width": 360, "height": 800})
    check(state, page.evaluate(READ))
    assert sideways(page) <= 0
    assert not page.get_by_text("It needs scripts").is_visible()
    assert opened("", file, java_script_enabled=False).get_by_text("It needs scripts").is_visible()
    pages = PdfReader(file.with_name("report.pdf")).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).replace("’", "'").split())
    assert "the example's numbers can be changed here" in text
