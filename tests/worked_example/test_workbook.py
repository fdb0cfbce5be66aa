"""The spreadsheet: its formulas, computed by a program for spreadsheets, against torch.nn and autograd."""

import io
import zipfile

import formulas
import numpy as np
import openpyxl
import pytest
import torch

from normstudy.model import make_norm
from normstudy.worked_example import workbook
from normstudy.worked_example.backward import by_hand
from normstudy.worked_example.definition import DEFINITIONS, GROUPS, exact_normalized
from normstudy.worked_example.sets import NAMES
from normstudy.worked_example.workbook import AT_TEST, DY, INPUTS, SHAPE, Values, X, address, place, setting, top_of


def others() -> Values:
    """Values that a user might type."""
    random = np.random.default_rng(5)
    return Values(
        random.integers(-20, 20, SHAPE) / 4,
        random.integers(-9, 9, SHAPE) / 2,
        random.integers(-6, 6, SHAPE[1]) / 4 + 0.1,
        random.integers(-6, 6, SHAPE[1]) / 4,
        epsilon=0.01,
        momentum=0.25,
        running_mean=0.5,
        running_variance=2.0,
        batches=3.0,
    )


def typed_in(data: bytes, values: Values) -> bytes:
    """The file after somebody has typed `values` into the cells of its inputs."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book[INPUTS]

    def write(cell: str, value: float) -> None:
        page[cell.partition("!")[2].replace("$", "") or cell].value = float(value)

    for position in workbook.POSITIONS:
        write(address(*place(X, position)), values.x[position])
        write(address(*place(DY, position)), values.upstream[position])
    for name in ("gamma", "beta"):
        for channel, value in enumerate(getattr(values, name)):
            write(workbook.affine(name, channel), value)
    for name in workbook.SETTINGS:
        write(setting(name), getattr(values, name))
    changed = io.BytesIO()
    book.save(changed)
    return changed.getvalue()


def computed(data: bytes, path) -> dict[tuple[str, str], float]:
    """By sheet and cell, what the formulas of the file give."""
    path.write_bytes(data)
    solution = formulas.ExcelModel().loads(str(path)).finish().calculate()
    found = {}
    for key, cell in solution.items():
        name, _, at = str(key).replace("'", "").rpartition("]")[2].partition("!")
        if ":" not in at and getattr(cell, "value", None) is not None:
            found[name.lower(), at] = np.asarray(cell.value, object).item()
    return found


def grid(found, sheet: str, number: int) -> np.ndarray:
    values = np.empty(SHAPE)
    for position in workbook.POSITIONS:
        values[position] = found[sheet.lower(), address(*place(top_of(number), position))]
    return values


def expected(kind: str, values: Values):
    """x̂, y, ∂L/∂x, ∂L/∂γ, ∂L/∂β by the layer of torch.nn."""
    layer = make_norm(kind, SHAPE[1], GROUPS).double()
    layer.eps = max(values.epsilon, 1e-20)
    plain = layer(torch.tensor(values.x)).detach().numpy()
    layer.load_state_dict({"weight": torch.tensor(values.gamma), "bias": torch.tensor(values.beta)}, strict=False)
    x = torch.tensor(values.x, requires_grad=True)
    y = layer(x)
    y.backward(torch.tensor(values.upstream))
    return plain, y.detach().numpy(), x.grad.numpy(), layer.weight.grad.numpy(), layer.bias.grad.numpy()


@pytest.fixture(scope="module", params=["as it is", pytest.param("changed", marks=pytest.mark.slow)])
def opened(request, tmp_path_factory):
    """Values, the file of the example, and what a program computes of it with these values typed in."""
    values = workbook.example() if request.param == "as it is" else others()
    data = workbook.made() if request.param == "as it is" else typed_in(workbook.made(), values)
    return values, data, computed(data, tmp_path_factory.mktemp("book") / "book.xlsx")


@pytest.mark.slow
@pytest.mark.parametrize("kind", DEFINITIONS)
def test_formulas_compute_what_torch_computes(opened, kind):
    values, data, found = opened
    x_hat, y, gradient, of_gamma, of_beta = expected(kind, values)
    name = NAMES[kind]
    for number, wanted in ((0, values.x), (1, x_hat), (2, y), (4, gradient)):
        assert grid(found, name, number) == pytest.approx(wanted, abs=1e-9)
    page = openpyxl.load_workbook(io.BytesIO(data))[name]
    (head,) = [cell for column in page.iter_cols() for cell in column if cell.value == "∂L/∂γ"]
    for channel in range(SHAPE[1]):
        own = [found[name.lower(), address(head.row + 1 + channel, head.column + step)] for step in (0, 1)]
        assert own == pytest.approx([of_gamma[channel], of_beta[channel]], abs=1e-9)


def test_bn_at_test_time_is_torch_s_after_so_many_batches(opened):
    values, _, found = opened
    layer = make_norm("bn", SHAPE[1]).double()
    layer.eps, layer.momentum = max(values.epsilon, 1e-20), values.momentum
    layer.running_mean.fill_(values.running_mean)
    layer.running_var.fill_(values.running_variance)
    x = torch.tensor(values.x)
    for _ in range(int(values.batches)):
        layer(x)
    layer.eval()
    assert grid(found, AT_TEST, 1) == pytest.approx(layer(x).detach().numpy(), abs=1e-9)
    layer.load_state_dict({"weight": torch.tensor(values.gamma), "bias": torch.tensor(values.beta)}, strict=False)
    x.requires_grad_()
    y = layer(x)
    y.backward(torch.tensor(values.upstream))
    assert grid(found, AT_TEST, 2) == pytest.approx(y.detach().numpy(), abs=1e-9)
    assert grid(found, AT_TEST, 3) == pytest.approx(x.grad.numpy(), abs=1e-9)


def test_viewers_that_do_not_compute_show_the_numbers_of_the_page():
    book = openpyxl.load_workbook(io.BytesIO(workbook.made()), data_only=True)
    for kind, name in NAMES.items():
        shown = [[book[name].cell(*place(top_of(number), at)).value for at in workbook.POSITIONS] for number in (1, 4)]
        if kind != "ln2d":
            assert shown[0] == pytest.approx(exact_normalized(kind).astype(float).flatten().tolist())
        assert shown[1] == pytest.approx(by_hand(kind)[0].flatten().tolist())


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [pytest.param(workbook.example(), id="example"), pytest.param(others(), id="others", marks=pytest.mark.slow)],
)
def test_the_result_next_to_each_formula_is_what_it_gives(values, tmp_path):
    data = workbook.made(values)
    found, book = computed(data, tmp_path / "book.xlsx"), openpyxl.load_workbook(io.BytesIO(data))
    stored = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    count = 0
    for page in book.worksheets:
        for cell in (cell for row in page.iter_rows() for cell in row):
            if isinstance(cell.value, str) and cell.value.startswith("="):
                own = stored[page.title][cell.coordinate].value
                assert found[page.title.lower(), cell.coordinate] == pytest.approx(own, abs=1e-9)
                count += 1
            else:  # only inputs are numbers
                assert page.title == INPUTS or not isinstance(cell.value, int | float)
    assert count > 1500


def test_the_same_file_is_made_twice_and_offered_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUARTO_DOCUMENT_PATH", "analysis")
    assert f"](../_figures/{workbook.NAME})" in workbook.offered()
    data = (tmp_path / "_figures" / workbook.NAME).read_bytes()
    assert data == workbook.made()
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.testzip() is None
