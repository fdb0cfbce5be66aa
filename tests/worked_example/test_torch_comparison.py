"""The normalizations side by side, and the check against PyTorch."""

import torch
from norm_batches import KINDS, SETS

from normstudy.worked_example import torch_comparison
from normstudy.worked_example.definition import GROUPS, IMAGES, normalize


def test_only_batch_normalization_depends_on_the_batch_and_on_the_mode():
    found = torch_comparison.properties().set_index("normalization")
    assert found.sets.to_dict() == SETS
    assert (found.sets * found.members == IMAGES.numel()).all()
    assert found.batch_change["bn"] > 0.1
    assert found.test_change["bn"] > 0.1
    others = found.drop("bn")
    assert others[["batch_change", "test_change"]].to_numpy().max() < 1e-12
    assert found.buffers.to_dict() == {"bn": 8, "ln": 0, "gn": 0, "in": 0}
    assert set(found.parameters) == {8}


def test_comparison_table_formulas_give_the_numbers_next_to_them():
    n, c, h, w = IMAGES.shape
    sizes = {"N": n, "C": c, "H": h, "W": w, "G": GROUPS}
    table = torch_comparison.comparison_table().replace("\u00a0", " ", regex=True).set_index("property")
    for row in ("number of sets", "values in a set", "learned: γ, β"):
        for cell in table.loc[row]:
            formula, number = cell.split(" = ")
            assert eval(formula.replace("·", "*"), sizes) == int(number)
    assert table.loc["same at test time"].str.startswith("yes").to_dict() == {
        "BN": False, "LN": True, "GN": True, "IN": True,
    }  # fmt: skip


def test_the_check_against_torch_covers_every_kind_and_agrees():
    checks = torch_comparison.check_against_torch()
    assert set(checks.normalization) == set(KINDS)
    assert checks.difference.max() < 1e-13
    assert torch_comparison.check_against_torch(torch.float32).difference.max() < 1e-5
    assert len(torch_comparison.torch_table()) == len(checks)


def test_the_check_against_torch_sees_a_wrong_definition(monkeypatch):
    monkeypatch.setattr(torch_comparison, "normalize", lambda x, kind, **affine: normalize(x, "ln", **affine))
    checks = torch_comparison.check_against_torch().query("compared != 'running mean'")
    differences = checks.set_index("normalization").difference
    assert differences["ln"].max() < 1e-13
    assert min(differences["gn"].max(), differences["in"].max(), differences["bn"].max()) > 0.1
