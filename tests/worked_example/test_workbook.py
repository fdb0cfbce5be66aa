"""The spreadsheet: its formulas, computed by a program for spreadsheets, against torch.nn and autograd."""

import io
import zipfile

import formulas
import numpy as np
import openpyxl
import pytest
import torch

from normstudy.model import make_norm
from normstudy.worked_example import sheets, workbook
from normstudy.worked_example.backward import by_hand
from normstudy.worked_example.definition import DEFINITIONS, GROUPS, exact_normalized
from normstudy.worked_example.sheets import AT_TEST, DY, INPUTS, SHAPE, Values, X, place, setting, top_of

NAMES = {kind: name for name, kind in workbook.KINDS.items()}


def others() -> Values:
    """Values that a class might put in."""
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
    for position in np.ndindex(*SHAPE):
        page.cell(*place(X, position)).value = float(values.x[position])
        page.cell(*place(DY, position)).value = float(values.upstream[position])
    for name in ("gamma", "beta"):
        for channel, value in enumerate(getattr(values, name)):
            page[sheets.affine(name, channel).partition("!")[2].replace("$", "")].value = float(value)
    for name in sheets.SETTINGS:
        page[setting(name).partition("!")[2].replace("$", "")].value = float(getattr(values, name))
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
    for position in np.ndindex(*SHAPE):
        values[position] = found[sheet.lower(), sheets.address(*place(top_of(number), position))]
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


@pytest.fixture(scope="module", params=["as it is", "changed"])
def opened(request, tmp_path_factory):
    """Values, and what a program computes of the file with them."""
    values = sheets.example() if request.param == "as it is" else others()
    data = workbook.made()
    data = data if request.param == "as it is" else typed_in(data, values)
    return values, computed(data, tmp_path_factory.mktemp("book") / "book.xlsx")


@pytest.mark.parametrize("kind", DEFINITIONS)
def test_formulas_compute_what_torch_computes(opened, kind):
    values, found = opened
    x_hat, y, gradient, of_gamma, of_beta = expected(kind, values)
    name = NAMES[kind]
    assert grid(found, name, 0) == pytest.approx(values.x)
    assert grid(found, name, 1) == pytest.approx(x_hat, abs=1e-9)
    assert grid(found, name, 2) == pytest.approx(y, abs=1e-9)
    assert grid(found, name, 4) == pytest.approx(gradient, abs=1e-9)
    head = sheets.method(kind, values).tables[1][0]
    for channel in range(SHAPE[1]):
        own = [
            found[name.lower(), sheets.address(head + 1 + channel, sheets.TABLE_COLUMN + column)] for column in (1, 2)
        ]
        assert own == pytest.approx([of_gamma[channel], of_beta[channel]], abs=1e-9)


def test_bn_at_test_time_is_torch_s_after_so_many_batches(opened):
    values, found = opened
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


def test_the_example_s_numbers_are_those_of_the_page(tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(workbook.made()), data_only=True)
    for kind in ("bn", "ln", "gn", "in"):
        x_hat = exact_normalized(kind)
        shown = [book[NAMES[kind]].cell(*place(top_of(1), position)).value for position in np.ndindex(*SHAPE)]
        assert shown == pytest.approx(x_hat.astype(float).flatten().tolist())
    for kind in DEFINITIONS:
        shown = [book[NAMES[kind]].cell(*place(top_of(4), position)).value for position in np.ndindex(*SHAPE)]
        assert shown == pytest.approx(by_hand(kind)[0].flatten().tolist())


def test_what_lies_beside_each_formula_is_what_it_gives(opened):
    values, found = opened
    count = 0
    for sheet in sheets.sheets(values):
        for at, cell in sheet.cells.items():
            if cell.formula:
                assert found[sheet.name.lower(), sheets.address(*at)] == pytest.approx(cell.value, abs=1e-9)
                count += 1
    assert count > 1500


def test_nothing_but_inputs_is_a_number(tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(workbook.made()))
    for page in book.worksheets[1:]:
        for row in page.iter_rows():
            assert all(not isinstance(cell.value, int | float) for cell in row)


def test_the_same_file_is_made_twice_and_offered_by_its_name(tmp_path):
    text = workbook.offered(tmp_path / "figures")
    assert workbook.NAME in text
    data = (tmp_path / "figures" / workbook.NAME).read_bytes()
    assert data == workbook.made()
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert file.testzip() is None
