"""The normalizations side by side."""

from norm_batches import SETS

from normstudy.worked_example import comparison
from normstudy.worked_example.definition import GROUPS, IMAGES


def test_only_batch_normalization_depends_on_the_batch_and_on_the_mode():
    found = comparison.properties().set_index("normalization")
    assert found.sets.to_dict() == SETS
    assert (found.sets * found.members == IMAGES.numel()).all()
    assert found.batch_change["bn"] > 0.1
    assert found.test_change["bn"] > 0.1
    others = found.drop("bn")
    assert others[["batch_change", "test_change"]].to_numpy().max() < 1e-12
    assert found.buffers.to_dict() == {"bn": 8, "ln": 0, "gn": 0, "in": 0}
    assert set(found.parameters) == {8}


def test_comparison_table_formulas_give_the_numbers_beside_them():
    n, c, h, w = IMAGES.shape
    sizes = {"N": n, "C": c, "H": h, "W": w, "G": GROUPS}
    table = comparison.comparison_table().replace("\u00a0", " ", regex=True).set_index("property")
    for row in ("number of sets", "values in a set", "learned: γ, β"):
        for cell in table.loc[row]:
            formula, number = cell.split(" = ")
            assert eval(formula.replace("·", "*"), sizes) == int(number)
    assert table.loc["same at test time"].str.startswith("yes").to_dict() == {
        "BN": False, "LN": True, "GN": True, "IN": True,
    }  # fmt: skip
