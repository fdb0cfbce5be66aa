"""The networks in the page, in a browser: by mouse, touch and keyboard, against torch."""

import copy
import statistics

import numpy as np
import pytest
import torch
from commands import ROOT
from galleries import THEME
from readers import NEEDS_CHROMIUM, faults, sideways

from normstudy.images.facts import KNOWN
from normstudy.report import networks_in_page
from normstudy.report.labels import labels
from normstudy.report.models import of_first_seed
from normstudy.report.wording import confidence_text
from normstudy.runs import answers_in_batches
from normstudy.runs.comparison import compared_runs
from normstudy.runs.looks import look
from normstudy.runs.networks import trained_net

pytestmark = NEEDS_CHROMIUM

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def published():
    """The published run of each model."""
    return of_first_seed(compared_runs(ROOT / "results"))


@pytest.fixture(scope="module")
def file(published, tmp_path_factory):
    """A page of the part alone, made where the data are not: its images are misclassified ones."""
    folder = tmp_path_factory.mktemp("networks")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(answers_in_batches, "data_at_hand", lambda run: None)
        block = networks_in_page.section(published, THEME)
    body = block.split("```{=html}\n")[1].split("\n```\n")[0]
    file = folder / "page.html"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>-</title>'
    style = "<style>:root { color-scheme: light dark; } body { margin: 1rem; }</style>"
    page = f'<!doctype html><html lang="en">{head}{style}<body><main><h1>1</h1><h2>2</h2><h3>3</h3>{body}</main>'
    file.write_text(page, encoding="utf-8")
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


def standardised(images):
    mean, std = KNOWN["mnist"].standard
    return torch.from_numpy(np.array(images, np.float32)).unsqueeze(1).div(255).sub(mean).div(std)


def torch_says(runs, images, training=False):
    """(networks, classes): what the networks of `runs` say of the first of `images`, all of which are a batch."""
    x = standardised(images)
    return np.array([look(net_of(run).train(training), x).probabilities[0].numpy() for run in runs])


def agree(page, runs):
    """What the page says of the image that it shows is what torch says of it."""
    image = seen(page)
    wanted = torch_says(runs, [image])
    np.testing.assert_allclose(shown(page), wanted, atol=TOLERANCE)
    said = page.locator(".networks-said").inner_text().replace("\u00a0", " ")
    for name, probabilities in zip(labels([run.config for run in runs]), wanted, strict=True):
        assert f"{name} says {probabilities.argmax()} ({confidence_text(probabilities.max())})" in said
    return image


def is_like_mnist(image):
    """Whether an image of a stroke has the size and the place that the digits of MNIST have."""
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 127) for axis in (1, 0))
    edge = max(np.ptp(rows), np.ptp(columns)) + 1
    mass = image.astype(float)
    centre = [(mass.sum(axis=axis) * (np.arange(28) + 0.5)).sum() / mass.sum() for axis in (1, 0)]
    return 18 <= edge <= 21 and np.abs(np.array(centre) - 14).max() < 0.6


SEVEN = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]


def points(page, corners):
    box = page.locator(".networks-pad").bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]


def test_each_image_that_can_be_chosen_gets_the_answers_of_torch(opened, file, published):
    page = opened(file)
    page.locator("[name=networks-example]").first.focus()
    count = page.locator("[name=networks-example]").count()
    assert count == 16
    for place in range(count):
        assert page.locator("[name=networks-example]").nth(place).is_checked()
        image = agree(page, published)
        assert any((image == each).all() for run in published for each in run.misclassified["images"])
        assert "by its label" in page.locator(".networks-said").inner_text()
        page.keyboard.press("ArrowRight")


def test_a_drawing_by_mouse(opened, file, published):
    page = opened(file)
    page.locator(".networks-pad").scroll_into_view_if_needed()
    start, *rest = points(page, SEVEN)
    page.mouse.move(*start)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point, steps=8)
    page.mouse.up()
    assert is_like_mnist(agree(page, published))
    said = page.locator(".networks-said").inner_text()
    assert said.startswith("Your drawing.")
    assert said.count("says 7") == len(published)
    assert page.locator("[name=networks-example]:checked").count() == 0
    page.get_by_role("button", name="Undo stroke").click()
    assert page.locator(".networks-said").inner_text() == "Nothing is drawn."
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
    page.wait_for_function("document.querySelector('.networks-said').textContent.startsWith('Your drawing')")
    assert is_like_mnist(agree(page, published))
    assert page.evaluate("scrollY") == before
    assert sideways(page) <= 0
    answer = page.locator(".networks-said").bounding_box()
    assert answer["y"] + answer["height"] <= 700  # in sight while one draws


def test_a_drawing_by_keyboard(opened, file, published):
    page = opened(file)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "networks-pad"
    for key in ["ArrowUp"] * 9 + ["Space"] + ["ArrowDown"] * 18 + ["Space"]:
        page.keyboard.press(key)
    assert "row 23" in page.locator(".networks-pad-said").inner_text()
    assert is_like_mnist(agree(page, published))
    one = seen(page)
    for key in ["Space", "Shift+ArrowRight", "Home", "Space"]:
        page.keyboard.press(key)
    assert not np.array_equal(seen(page), one)
    page.keyboard.press("Backspace")
    assert np.array_equal(seen(page), one)


def probabilities_in_batch(page):
    cells = page.locator(".networks-moved tbody td:nth-child(3)").all()
    return np.array([[float(text) for text in cell.get_attribute("data-probabilities").split()] for cell in cells])


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


def test_neighbours_move_bn_alone_and_by_as_much_as_in_torch(opened, file, published):
    norms = [run.config.norm for run in published]
    page = opened(file)
    page.locator(".networks-pool input").first.focus()
    for ticked in range(1, 5):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        batch = batch_of(page)
        assert len(batch) == 1 + ticked
        wanted = torch_says(published, batch, training=True)
        np.testing.assert_allclose(probabilities_in_batch(page), wanted, atol=TOLERANCE)
    verdicts = page.locator(".networks-moved td:last-child").all_inner_texts()
    for norm, verdict in zip(norms, verdicts, strict=True):
        assert (verdict == "not moved at all") == (norm != "bn")
    page.get_by_role("button", name="7 at random").click()
    assert len(batch_of(page)) == 8
    wanted = torch_says(published, batch_of(page), training=True)
    np.testing.assert_allclose(probabilities_in_batch(page), wanted, atol=TOLERANCE)
    page.get_by_role("button", name="No neighbours").click()
    assert len(batch_of(page)) == 1
    assert page.locator(".networks-batch-said").inner_text().startswith("In a batch of 1 image:")


def test_neighbours_are_found_that_change_an_answer(opened, file, published):
    page = opened(file)
    page.get_by_role("button", name="Find some that change BN").click()
    page.wait_for_function("document.querySelector('.networks-batch-said').textContent.includes('changed its mind')")
    batch = batch_of(page)
    wanted = torch_says(published, batch, training=True)
    bn = [run.config.norm for run in published].index("bn")
    assert wanted[bn].argmax() != torch_says(published, batch[:1])[bn].argmax()
    assert not any((each == batch[0]).all() for each in batch[1:])


def test_a_drawing_can_stand_among_the_neighbours(opened, file):
    page = opened(file)
    page.get_by_role("button", name="Add my drawing").click()
    assert page.locator(".networks-batch-said").inner_text().startswith("Draw something")
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
    batch = batch_of(page)
    x = standardised(batch)
    for run, card in zip(published, page.locator(".networks-card p").all_inner_texts(), strict=True):
        found = look(net_of(run).train(mode == "training"), x).normalizations[2]
        mean, variance = (float(each[0, 5, 0, 0]) for each in (found.mean, found.variance))
        told = card.replace("−", "-").split(":")[0].removeprefix("μ = ").split(", σ² = ")
        np.testing.assert_allclose([float(each) for each in told], [mean, variance], rtol=6e-3, atol=1e-3)
        origin = {"bn": "running averages" if mode == "test" else "2 images of the batch", "ln": "all 16 channels"}
        assert origin.get(run.config.norm, "channels 5 to 8 of this image") in card
    picture = page.locator(".networks-card canvas").first.get_attribute("aria-label")
    assert picture.startswith("Channel 6, normalization 3 of BN + L1, before: values from")


def test_nothing_shuts_anybody_out(opened, file):
    page = opened(file, viewport={"width": 1280, "height": 900})
    page.get_by_role("button", name="7 at random").click()
    for width, scheme in ((1280, "dark"), (360, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert faults(page) == []
        assert sideways(page) <= 0


def test_without_script_nothing_is_shown_that_does_nothing(opened, file):
    page = opened(file, java_script_enabled=False)
    assert not page.locator(".networks").is_visible()


def test_the_time_from_the_end_of_a_stroke_to_the_answer(opened, file):
    """No promise of a machine that may be busy: the numbers are printed."""
    page = opened(file)
    times = page.evaluate(
        """async () => {
          const pad = document.querySelector(".networks-pad"), box = pad.getBoundingClientRect();
          pad.setPointerCapture = () => {};
          pad.hasPointerCapture = () => true;
          const send = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind, {
            bubbles: true, isPrimary: true, pointerId: 1, button: 0,
            clientX: box.left + x * box.width, clientY: box.top + y * box.height,
          }));
          const times = [];
          for (let stroke = 0; stroke < 50; stroke++) {
            document.querySelector(".networks-clear").click();
            send("pointerdown", 0.2 + stroke / 100, 0.2);
            for (let at = 0; at < 20; at++) send("pointermove", 0.2 + stroke / 100 + at / 60, 0.2 + at / 30);
            await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
            const before = performance.now();
            send("pointerup", 0.5, 0.8);
            const answered = performance.now() - before;
            await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
            times.push([answered, performance.now() - before]);
          }
          return times;
        }"""
    )
    answered, drawn = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"median of 50 strokes: answered after {answered:.1f} ms, all drawn after {drawn:.1f} ms")
    assert len(times) == 50
