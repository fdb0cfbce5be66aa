"""The worked example against torch.nn, the standard library's statistics, and autograd."""

import statistics
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from torch import nn

from normstudy.by_hand import definition as example
from normstudy.by_hand import exact
from normstudy.by_hand import figures as pictures
from normstudy.by_hand import tables as example_tables
from normstudy.by_hand.definition import IMAGES, NORMALIZATIONS, RunningStatistics, normalize, shared_sets
from normstudy.report import wording

KINDS = tuple(NORMALIZATIONS)
SETS = {"bn": 4, "ln": 3, "gn": 6, "in": 12}


@st.composite
def batches(draw):
    """(x, groups, γ, β): any small shape with more than one value per image and channel, groups dividing C."""
    n, groups, per_group = (draw(st.integers(1, 4)) for _ in range(3))
    height, width = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)).filter(lambda size: size[0] * size[1] > 1))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    channels = groups * per_group

    def numbers(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return 3 * numbers(n, channels, height, width) + 2, groups, numbers(channels), numbers(channels)


def filled(layer: nn.Module, gamma, beta) -> nn.Module:
    layer = layer.double()
    with torch.no_grad():
        layer.weight.copy_(gamma)
        layer.bias.copy_(beta)
    return layer


@given(batches())
@settings(max_examples=60, deadline=None)
def test_every_normalization_equals_its_torch_layer(batch):
    x, groups, gamma, beta = batch
    channels = x.shape[1]
    layers = {
        "bn": nn.BatchNorm2d(channels),
        "ln": nn.GroupNorm(1, channels),
        "gn": nn.GroupNorm(groups, channels),
        "in": nn.InstanceNorm2d(channels, affine=True),
    }
    for kind, layer in layers.items():
        torch.testing.assert_close(
            normalize(x, kind, groups, gamma, beta),
            filled(layer, gamma, beta)(x),
            msg=lambda m, kind=kind: f"{kind}: {m}",
        )


@given(batches())
@settings(max_examples=30, deadline=None)
def test_layer_normalization_has_the_statistics_of_torch_layer_norm(batch):
    x = batch[0]
    torch.testing.assert_close(normalize(x, "ln"), nn.LayerNorm(x.shape[1:], dtype=x.dtype)(x))


@given(batches(), st.floats(0.01, 1), st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_running_statistics_and_test_time_equal_torch(batch, momentum, steps):
    x, _, gamma, beta = batch
    layer = filled(nn.BatchNorm2d(x.shape[1], momentum=momentum), gamma, beta)
    running = RunningStatistics(layer.running_mean.clone(), layer.running_var.clone())
    for step in range(steps):
        layer(x + step)
        running = example.running_statistics(x + step, running, momentum)
    torch.testing.assert_close(running.mean, layer.running_mean)
    torch.testing.assert_close(running.variance, layer.running_var)
    layer.eval()
    torch.testing.assert_close(example.normalize_at_test(x[:1], running, gamma, beta), layer(x[:1]))


@given(batches())
@settings(max_examples=30, deadline=None)
def test_sets_cover_every_value_once_and_normalize_to_mean_0_and_variance_1(batch):
    x, groups, _, _ = batch
    integers = (10 * x).round().to(torch.int64)
    for kind in KINDS:
        sets = shared_sets(kind, groups, integers)
        assert sorted(position for shared in sets for position in shared.positions) == list(np.ndindex(*x.shape))
        x_hat = normalize(integers.double(), kind, groups)
        for shared in sets:
            if shared.variance > 1:  # ε = 10⁻⁵ is then below the tolerance
                values = [x_hat[position].item() for position in shared.positions]
                assert statistics.fmean(values) == pytest.approx(0, abs=1e-9)
                assert statistics.pvariance(values) == pytest.approx(1, abs=1e-4)


def test_groups_must_divide_the_channels():
    with pytest.raises(ValueError, match=r"groups = 3: must divide the 4 channels"):
        normalize(IMAGES.double(), "gn", groups=3)


def test_group_normalization_contains_layer_and_instance_normalization():
    x = IMAGES.double()
    assert torch.equal(normalize(x, "gn", groups=1), normalize(x, "ln"))
    assert torch.equal(normalize(x, "gn", groups=4), normalize(x, "in"))


@pytest.mark.parametrize("kind", KINDS)
def test_exact_statistics(kind):
    sets = shared_sets(kind)
    assert len(sets) == SETS[kind]
    for shared in sets:
        fractions = [Fraction(value) for value in shared.members]
        assert shared.mean == statistics.mean(fractions)
        assert shared.variance == statistics.pvariance(fractions)
        assert shared.unbiased_variance == statistics.variance(fractions)
        assert float(shared.variance) == pytest.approx(np.var(shared.members), abs=1e-12)
        assert [int(IMAGES[position]) for position in shared.positions] == list(shared.members)


@pytest.mark.parametrize("kind", KINDS)
def test_the_integers_have_the_promised_property(kind):
    for shared in shared_sets(kind):
        std = exact.exact_root(shared.variance)
        assert std, f"{shared.name} has no rational standard deviation"
        assert std.denominator <= 2
        assert shared.mean.denominator <= 2


def test_the_four_normalizations_differ_on_the_example():
    exact = [example.exact_normalized(kind) for kind in KINDS]
    for i, one in enumerate(exact):
        for other in exact[i + 1 :]:
            assert (one != other).any()


@pytest.mark.parametrize("kind", KINDS)
def test_exact_normalized_values(kind):
    exact = example.exact_normalized(kind)
    assert exact.shape == tuple(IMAGES.shape)
    np.testing.assert_allclose(exact.astype(float), normalize(IMAGES.double(), kind, eps=0.0).numpy(), atol=1e-12)


def test_exact_normalized_refuses_an_irrational_standard_deviation():
    x = torch.tensor([[[[0, 1], [2, 3]]]])
    with pytest.raises(ValueError, match=r"in, image 1, channel 1: σ = √\(1\.25\) ≈ 1\.118"):
        example.exact_normalized("in", x=x)


def test_names_of_sets():
    assert [shared.name for shared in shared_sets("bn")] == ["channel 1", "channel 2", "channel 3", "channel 4"]
    assert [shared.name for shared in shared_sets("ln")] == ["image 1", "image 2", "image 3"]
    assert [shared.name for shared in shared_sets("gn")][:2] == ["image 1, channels 1–2", "image 1, channels 3–4"]
    assert [shared.name for shared in shared_sets("in")][4] == "image 2, channel 1"
    assert example.set_of("gn", (1, 2, 0, 1)).name == "image 2, channels 3–4"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Fraction(7, 2), "3.5"),
        (Fraction(7, 3), "7/3"),
        (Fraction(-1, 8), "−0.125"),
        (Fraction(1, 16), "0.0625"),
        (Fraction(1, 32), "1/32"),
        (Fraction(0), "0"),
        (Fraction(100), "100"),
        (-12, "−12"),
    ],
)
def test_text(value, shown):
    assert exact.text(value) == shown


@given(st.fractions(min_value=-50, max_value=50, max_denominator=2000))
def test_text_is_exact(value):
    assert Fraction(exact.text(value).replace("−", "-")) == value


def test_root_text():
    assert exact.root_text(Fraction(81, 4)) == "4.5"
    assert exact.root_text(Fraction(35, 3)) == "√(35/3) ≈ 3.416"


def test_rounded_has_no_negative_zero():
    assert wording.rounded(-0.0001) == "0.000"
    assert wording.rounded(-1.25, 2) == "−1.25"


@pytest.mark.parametrize("count", [1, 5])
def test_exact_running_statistics_equal_torch(count):
    layer = nn.BatchNorm2d(4).double()
    for _ in range(count):
        layer(IMAGES.double())
    running = example.exact_running_statistics(count)
    assert [float(value) for value in running.mean] == pytest.approx(layer.running_mean.tolist(), abs=1e-12)
    assert [float(value) for value in running.variance] == pytest.approx(layer.running_var.tolist(), abs=1e-12)


def test_check_against_torch_covers_every_kind_and_agrees():
    checks = example.check_against_torch()
    assert set(checks.normalization) == set(KINDS)
    assert checks.difference.max() < 1e-13
    assert example.check_against_torch(torch.float32).difference.max() < 1e-5


def test_check_against_torch_sees_a_wrong_definition(monkeypatch):
    monkeypatch.setattr(example, "normalize", lambda x, kind, **affine: normalize(x, "ln", **affine))
    differences = (
        example.check_against_torch().query("compared != 'running mean'").set_index("normalization").difference
    )
    assert differences["ln"].max() < 1e-13
    assert min(differences["gn"].max(), differences["in"].max(), differences["bn"].max()) > 0.1


def test_only_batch_normalization_depends_on_the_batch_and_on_the_mode():
    found = example.properties().set_index("normalization")
    assert found.sets.to_dict() == SETS
    assert (found.sets * found.members == IMAGES.numel()).all()
    assert found.batch_change["bn"] > 0.1
    assert found.test_change["bn"] > 0.1
    others = found.drop("bn")
    assert others[["batch_change", "test_change"]].to_numpy().max() < 1e-12
    assert found.buffers.to_dict() == {"bn": 8, "ln": 0, "gn": 0, "in": 0}
    assert set(found.parameters) == {8}


weights = st.lists(st.fractions(-3, 3, max_denominator=64), min_size=1, max_size=8)


@given(weights, st.fractions(0, 1, max_denominator=100))
@settings(max_examples=50, deadline=None)
def test_l1_equals_autograd(values, strength):
    penalty, gradient = example.l1_autograd(values, strength)
    assert float(example.l1_penalty(values, strength)) == pytest.approx(penalty, abs=1e-12)
    assert [float(part) for part in example.l1_gradient(values, strength)] == pytest.approx(gradient, abs=1e-12)


@pytest.mark.parametrize("power", [1, 2])
def test_descend_takes_the_steps_of_sgd(power):
    w = nn.Parameter(torch.tensor([float(value) for value in example.WEIGHTS], dtype=torch.float64))
    optimizer = torch.optim.SGD([w], lr=float(example.RATE))
    path = example.descend(steps=2, power=power)
    assert path[0] == list(example.WEIGHTS)
    for expected in path[1:]:
        optimizer.zero_grad()
        (float(example.PENALTY) * w.abs().pow(power).sum() / power).backward()
        optimizer.step()
        assert w.tolist() == pytest.approx([float(value) for value in expected], abs=1e-12)


@pytest.mark.parametrize("draw", [pictures.index_sets_figure, pictures.normalized_values_figure])
def test_figures_outline_every_set_around_its_values(draw):
    figure = draw()
    for axes, kind in zip(figure.axes, KINDS, strict=False):
        patches = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
        outlines = [patch for patch in patches if not patch.get_fill()]
        cells = [patch for patch in patches if patch.get_fill()]
        assert [patch.get_label() for patch in outlines] == [shared.name for shared in shared_sets(kind)]
        assert len(cells) == len(axes.texts) == IMAGES.numel()
        for outline, shared in zip(outlines, shared_sets(kind), strict=True):
            box = outline.get_bbox()
            inside = [label for label in axes.texts if box.contains(*label.get_position())]
            assert len(inside) == len(shared.members)
            if draw is pictures.index_sets_figure:
                assert sorted(int(label.get_text()) for label in inside) == sorted(shared.members)


@pytest.mark.parametrize("kind", KINDS)
def test_every_set_has_its_own_colour(kind):
    axes = pictures.index_sets_figure((kind,)).axes[0]
    colours = {patch.get_facecolor() for patch in axes.patches if patch.get_fill()}
    assert len(colours) == SETS[kind]


@pytest.mark.parametrize("draw", [pictures.index_sets_figure, pictures.normalized_values_figure])
def test_numbers_can_be_read_on_their_colour(draw):
    for axes in draw().axes[:4]:
        cells = [patch for patch in axes.patches if patch.get_fill()]
        for cell, label in zip(cells, axes.texts, strict=True):
            assert pictures.contrast(cell.get_facecolor()[:3], to_rgb(label.get_color())) >= 4.5


def test_contrast_is_that_of_wcag():
    assert pictures.contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert pictures.contrast(to_rgb("#767676"), (1, 1, 1)) == pytest.approx(4.54, abs=0.01)


def test_a_figure_of_three_panels_has_three_axes():
    assert len(pictures.index_sets_figure(("bn", "ln", "gn")).axes) == 3


def test_l1_figure_shows_the_computed_paths():
    steps = 12
    figure = pictures.l1_figure(steps)
    moving = [i for i, weight in enumerate(example.WEIGHTS) if weight]
    for power, axes in enumerate(figure.axes, start=1):
        paths = np.array(example.descend(steps=steps, power=power), dtype=float).T[moving]
        lines = [line for line in axes.lines if len(line.get_ydata()) == steps + 1]
        np.testing.assert_allclose([line.get_ydata() for line in lines], paths)


def test_alternative_texts_hold_computed_values():
    alt = pictures.index_sets_alt()
    assert all(f"{kind.upper()}: {SETS[kind]} sets of {IMAGES.numel() // SETS[kind]} values" in alt for kind in KINDS)
    assert "GN: 6 sets of 8 values, each one 1 image × 2 channels" in alt
    assert "BN from −2.00 to 1.67" in pictures.normalized_values_alt()
    assert pictures.text(example.WEIGHTS[0]) in pictures.l1_alt()


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_sets_hold_the_exact_statistics(kind):
    table = example_tables.sets_table(kind).replace("\u00a0", " ", regex=True)
    for row, shared in zip(table.to_dict("records"), shared_sets(kind), strict=True):
        values = [int(value) for value in row["values"].replace(";", ",").split(",")]
        assert sorted(values) == sorted(shared.members)
        for column, statistic in (("μ", np.mean(values)), ("σ²", np.var(values))):
            division, result = row[column].split(" = ")
            assert float(Fraction(result)) == pytest.approx(statistic)
            above, below = division.split("/")
            assert Fraction(above) / int(below) == Fraction(result)
        assert float(row["σ"]) == pytest.approx(np.std(values))


@pytest.mark.parametrize("kind", KINDS)
def test_tables_of_normalized_values_are_laid_out_like_the_images(kind):
    table = example_tables.normalized_table(kind)
    images, channels, height, _ = IMAGES.shape
    assert table["image, row"].tolist() == [f"{n + 1}, {row + 1}" for n in range(images) for row in range(height)]
    x_hat = normalize(IMAGES.double(), kind, eps=0.0)
    for channel in range(channels):
        cells = ",".join(table[f"channel {channel + 1}"]).replace("−", "-").split(",")
        shown = [float(Fraction(cell.strip())) for cell in cells]
        assert shown == pytest.approx(x_hat[:, channel].flatten().tolist())


def test_one_value_table_follows_normalize():
    table = example_tables.one_value_table((0, 0, 0, 0)).set_index("kind")
    gamma, beta = ([float(value) for value in values] for values in (example.GAMMA, example.BETA))
    for kind in KINDS:
        shown = Fraction(table.loc[kind.upper(), "y"].replace("−", "-"))
        y = normalize(IMAGES.double(), kind, gamma=gamma, beta=beta, eps=0.0)[0, 0, 0, 0]
        assert float(shown) == pytest.approx(y.item())
    assert table["y"].nunique() == len(KINDS), "the value shown should tell the four apart"


def test_running_tables_end_in_the_numbers_of_torch():
    layer = nn.BatchNorm2d(4).double()
    layer(IMAGES.double())
    table = example_tables.running_table().replace("\u00a0", " ", regex=True)
    shown = [float(cell.split("≈ ")[1]) for cell in table["running variance"]]
    assert shown == pytest.approx(layer.running_var.tolist(), abs=5e-4)
    assert [float(cell.split(" = ")[1]) for cell in table["running mean"]] == pytest.approx(layer.running_mean.tolist())
    with torch.no_grad():
        at_test = layer.eval()(IMAGES.double())[0, 0, 0, 0].item()
    assert float(example_tables.at_test_table()["x̂"][0].replace("−", "-")) == pytest.approx(at_test, abs=1e-3)


def test_comparison_table_formulas_give_the_numbers_beside_them():
    n, c, h, w = IMAGES.shape
    sizes = {"N": n, "C": c, "H": h, "W": w, "G": example.GROUPS}
    table = example_tables.comparison_table().replace("\u00a0", " ", regex=True).set_index("property")
    for row in ("number of sets", "values in a set", "learned: γ, β"):
        for cell in table.loc[row]:
            formula, number = cell.split(" = ")
            assert eval(formula.replace("·", "*"), sizes) == int(number)
    assert table.loc["same at test time"].str.startswith("yes").to_dict() == {
        "BN": False, "LN": True, "GN": True, "IN": True,
    }  # fmt: skip


def test_torch_and_l1_tables():
    assert len(example_tables.torch_table()) == len(example.check_against_torch())
    table = example_tables.l1_table()
    assert [float(cell.replace("−", "-")) for cell in table["by autograd"]] == pytest.approx(
        [float(cell.replace("−", "-")) for cell in table["gradient λ sign(w)"]]
    )


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0"), (2.4e-7, "2.4 × 10⁻⁷"), (9.96e-11, "1.0 × 10⁻¹⁰")])
def test_scientific(value, shown):
    assert wording.scientific(value).replace("\u00a0", " ") == shown
