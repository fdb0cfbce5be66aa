"""The networks in the page, in a browser: by mouse, touch and keyboard, against torch."""

import copy

import numpy as np
import pytest
import torch
from commands import ROOT
from galleries import THEME
from readers import NEEDS_CHROMIUM, faults, sideways

from normstudy.report.core.text import confidence
from normstudy.report.pages import networks, networks_html
from normstudy.runs.compared_runs import compared_runs
from normstudy.runs.looks import look
from normstudy.runs.networks import trained_net

pytestmark = NEEDS_CHROMIUM

TOLERANCE = 1e-4
HOSTILE = """
#content table { width: max-content; max-width: max(100%, 34rem); display: block; }
#content td, #content th { padding: 0 3rem; white-space: nowrap; }
"""
"""Rules for tables that a page may have: those of these parts keep their widths."""


@pytest.fixture(scope="module")
def published():
    """The published networks, loaded where MNIST is not present."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks, "data_at_hand", lambda run: None)
        return networks.load(compared_runs(ROOT / "results"))


@pytest.fixture(scope="module")
def file(published, tmp_path_factory):
    """A page of the parts alone."""
    blocks = [
        networks_html.drawing(published, THEME),
        networks_html.activations(published),
        networks_html.batch(published),
        networks_html.script(published, THEME),
    ]
    body = "\n".join(block.split("```{=html}\n")[1].split("\n```\n")[0] for block in blocks)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>-</title>'
    style = f"<style>:root {{ color-scheme: light dark; }} body {{ margin: 1rem; }}{HOSTILE}</style>"
    file = tmp_path_factory.mktemp("networks") / "page.html"
    file.write_text(
        f'<!doctype html><html lang="en">{head}{style}<body><main id="content"><h1>1</h1>'
        f'<p id="fig-networks">2</p>{body}</main>',
        encoding="utf-8",
    )
    return file


def seen(page, name="seen"):
    """The image (28, 28) of bytes that is shown as the one that the networks get."""
    alpha = page.evaluate(
        f"""() => {{
          const canvas = document.querySelector(".networks-{name}");
          const {{ data }} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return Array.from(data).filter((_, at) => at % 4 === 3);
        }}"""
    )
    return np.array(alpha, np.uint8).reshape(28, 28)


def shown(page):
    """(networks, classes): the probabilities in the table of answers."""
    rows = page.locator(".networks-answers tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.dataset.probability)))"
    )
    return np.array(rows).T


NETS = {}
"""By run folder its network: reading one takes longer than asking it."""


def net_of(run):
    """A copy, as training moves running statistics."""
    if run.folder not in NETS:
        NETS[run.folder] = trained_net(run)
    return copy.deepcopy(NETS[run.folder])


def in_torch(published, images, training=False):
    """(networks, classes): the probabilities for the first of `images`, all of which are a batch."""
    x = networks.standardised(torch.from_numpy(np.stack(images)), published.standard)
    nets = [net_of(run).train(training) for run in published.runs.values()]
    return np.array([look(net, x).probabilities[0].numpy() for net in nets])


def agree(page, published):
    """The page's answers to the image that it shows are those of torch; the image."""
    image = seen(page)
    wanted = in_torch(published, [image])
    np.testing.assert_allclose(shown(page), wanted, atol=TOLERANCE)
    text = page.locator(".networks-result").inner_text().replace("\u00a0", " ")
    for name, probabilities in zip(published.runs, wanted, strict=True):
        assert f"{name} says {probabilities.argmax()} ({confidence(probabilities.max())})" in text
    return image


def is_like_mnist(image):
    """Whether an image of a stroke has the size and the place that the digits of MNIST have."""
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 127) for axis in (1, 0))
    edge = max(np.ptp(rows), np.ptp(columns)) + 1
    mass = image.astype(float)
    centre = [(mass.sum(axis=axis) * (np.arange(28) + 0.5)).sum() / mass.sum() for axis in (1, 0)]
    return 18 <= edge <= 21 and np.abs(np.array(centre) - 14).max() < 0.6


def points(page, corners):
    box = page.locator(".networks-pad").bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]


def draw(page, corners):
    page.locator(".networks-pad").scroll_into_view_if_needed()
    start, *rest = points(page, corners)
    page.mouse.move(*start)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point, steps=8)
    page.mouse.up()


def batch_of(page):
    """The images (n, 28, 28) that are ticked, behind the one in question."""
    found = page.evaluate(
        """() => [...document.querySelectorAll(".networks-pool :checked")].map((input) => {
            const canvas = input.nextElementSibling;
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return Array.from(data).filter((_, at) => at % 4 === 3);
          })"""
    )
    return [seen(page, "asked"), *np.array(found, np.uint8).reshape(-1, 28, 28)]


def probabilities_in_batch(page):
    cells = page.locator(".networks-moved tbody td:nth-child(3)").all()
    return np.array([[float(text) for text in cell.get_attribute("data-probabilities").split()] for cell in cells])


def test_examples_get_the_answers_of_torch(opened, file, published):
    page = opened(file)
    examples = page.locator("[name=networks-example]")
    assert examples.count() == len(published.examples) == 36
    assert examples.nth(networks.splitting(published)).is_checked()
    for place in (0, 15, 16, 35):
        examples.nth(place).check()
        assert np.array_equal(agree(page, published), published.examples[place].pixels)
        assert page.locator(".networks-result").inner_text().startswith(published.examples[place].name)
    page.keyboard.press("ArrowLeft")
    assert np.array_equal(agree(page, published), published.examples[34].pixels)


def test_a_drawing_by_mouse(opened, file, published):
    page = opened(file)
    draw(page, [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)])
    assert is_like_mnist(agree(page, published))
    text = page.locator(".networks-result").inner_text()
    assert text.startswith("Your drawing.")
    assert text.count("says 7") == len(published.runs)
    assert page.locator("[name=networks-example]:checked").count() == 0
    page.get_by_role("button", name="Undo stroke").click()
    assert page.locator(".networks-result").inner_text() == "Nothing is drawn."
    assert seen(page).max() == 0


def test_a_drawing_by_touch_on_a_small_screen(opened, file, published):
    page = opened(file, viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    page.locator(".networks-pad").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    session = page.context.new_cdp_session(page)
    start, *rest = points(page, [(0.5, 0.15), (0.5, 0.5), (0.5, 0.9)])
    touch = [{"x": start[0], "y": start[1]}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touch})
    for x, y in rest:
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("document.querySelector('.networks-result').textContent.startsWith('Your drawing')")
    assert is_like_mnist(agree(page, published))
    assert page.evaluate("scrollY") == before
    assert sideways(page) <= 0
    answer = page.locator(".networks-result").bounding_box()
    assert answer["y"] + answer["height"] <= 700  # in sight while one draws


def test_a_drawing_by_keyboard(opened, file, published):
    page = opened(file)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "networks-pad"
    for key in ["ArrowUp"] * 9 + ["Space"] + ["ArrowDown"] * 18 + ["Space"]:
        page.keyboard.press(key)
    assert "row 23" in page.locator(".networks-pad-position").inner_text()
    assert is_like_mnist(agree(page, published))
    one = seen(page)
    for key in ["Space", "Shift+ArrowRight", "Home", "Space"]:
        page.keyboard.press(key)
    assert not np.array_equal(seen(page), one)
    page.keyboard.press("Backspace")
    assert np.array_equal(seen(page), one)


def test_neighbours_move_bn_alone_and_by_as_much_as_in_torch(opened, file, published):
    page = opened(file)
    page.locator(".networks-pool input").first.focus()
    for ticked in range(1, 4):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        batch = batch_of(page)
        assert len(batch) == 1 + ticked
        wanted = in_torch(published, batch, training=True)
        np.testing.assert_allclose(probabilities_in_batch(page), wanted, atol=TOLERANCE)
    changes = page.locator(".networks-moved td:last-child").all_inner_texts()
    for run, change in zip(published.runs.values(), changes, strict=True):
        assert (change == "unchanged") == (run.config.norm != "bn")
    page.get_by_role("button", name="7 at random").click()
    assert len(batch_of(page)) == 8
    wanted = in_torch(published, batch_of(page), training=True)
    np.testing.assert_allclose(probabilities_in_batch(page), wanted, atol=TOLERANCE)
    page.get_by_role("button", name="No neighbours").click()
    assert len(batch_of(page)) == 1
    assert page.locator(".networks-batch-result").inner_text().startswith("In a batch of 1 image:")


def test_neighbours_are_found_that_change_an_answer_or_none_is_needed(opened, file, published):
    page = opened(file)
    result = page.locator(".networks-batch-result")
    ended = "!/^(Searching.*)?$/.test(document.querySelector('.networks-batch-result').textContent)"
    needed = set()
    for place in (0, 16, 17, 35):
        page.locator("[name=networks-example]").nth(place).check()
        page.get_by_role("button", name="Find some that change BN").click()
        page.wait_for_function(ended)
        batch = batch_of(page)
        is_other = in_torch(published, batch, training=True)[0].argmax() != in_torch(published, batch[:1])[0].argmax()
        assert is_other
        needed.add(len(batch) > 1)
        assert ("No neighbour is needed" in result.inner_text()) == (len(batch) == 1)
        assert not any((each == batch[0]).all() for each in batch[1:])
    assert False in needed


def test_a_drawing_can_be_among_the_neighbours(opened, file):
    page = opened(file)
    page.get_by_role("button", name="Add my drawing").click()
    assert page.locator(".networks-batch-result").inner_text().startswith("Draw a digit")
    page.locator(".networks-pad").focus()
    for key in ["Space", "ArrowDown", "PageDown", "Space"]:
        page.keyboard.press(key)
    drawing = seen(page)
    page.get_by_role("button", name="Add my drawing").click()
    page.locator("[name=networks-example]").first.check()
    page.wait_for_function("document.querySelectorAll('.networks-pool :checked').length === 1")
    image, neighbour = batch_of(page)
    assert np.array_equal(neighbour, drawing)
    assert not np.array_equal(image, drawing)


@pytest.mark.parametrize("mode", ["test", "training"])
def test_mean_and_variance_of_a_channel_are_those_of_torch(opened, file, published, mode):
    page = opened(file)
    page.locator(".networks-pool input").nth(3).check()
    for name, place in (("layer", 2), ("channel", 5), ("mode", ["test", "training"].index(mode))):
        page.locator(f".networks [name={name}]").select_option(index=place)
    x = networks.standardised(torch.from_numpy(np.stack(batch_of(page))), published.standard)
    cards = page.locator(".networks-card p").all_inner_texts()
    for run, card in zip(published.runs.values(), cards, strict=True):
        found = look(net_of(run).train(mode == "training"), x).normalizations[2]
        mean, variance = (float(each[0, 5, 0, 0]) for each in (found.mean, found.variance))
        printed = card.replace("−", "-").split(":")[0].removeprefix("μ = ").split(", σ² = ")
        np.testing.assert_allclose([float(each) for each in printed], [mean, variance], rtol=6e-3, atol=1e-3)
        origin = {"bn": "running averages" if mode == "test" else "2 images of the batch", "ln": "all 16 channels"}
        assert origin.get(run.config.norm, "channels 5 to 8 of this image") in card
    picture = page.locator(".networks-card canvas").first.get_attribute("aria-label")
    assert picture.startswith("Channel 6, normalization 3 of BN + L1, before: values from")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (360, "light")])
def test_nothing_shuts_anybody_out_and_tables_fit(opened, file, width, scheme):
    page = opened(file, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.get_by_role("button", name="7 at random").click()
    assert faults(page) == []
    assert sideways(page) <= 0
    for table in page.locator(".networks table").all():
        box, room = table.bounding_box(), table.locator("xpath=..").bounding_box()
        assert box["width"] == pytest.approx(room["width"], abs=1)
        assert table.evaluate("(table) => table.scrollWidth - table.clientWidth") <= 0


def test_bars_and_ink_are_seen_in_forced_colours(opened, file):
    page = opened(file, forced_colors="active", color_scheme="dark")
    cell = page.locator(".networks-answers .networks-best").first
    bar = cell.locator("i").evaluate("(bar) => getComputedStyle(bar).backgroundColor")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert bar not in (ground, "rgba(0, 0, 0, 0)")
    assert cell.locator("i").bounding_box()["width"] > 50
    ink = page.locator(".networks-seen").evaluate("(seen) => getComputedStyle(seen).backgroundColor")
    assert ink == "rgb(255, 255, 255)"


def test_without_script_only_what_works_is_shown(opened, file):
    page = opened(file, java_script_enabled=False)
    assert page.get_by_text("needs scripts").is_visible()
    assert not page.locator(".networks").first.is_visible()
    assert "Draw" not in page.locator("main").inner_text()
    assert not opened(file).get_by_text("needs scripts").is_visible()
