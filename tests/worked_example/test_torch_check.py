"""The check against PyTorch sees what it should."""

import torch
from norm_batches import KINDS

from normstudy.worked_example import torch_check
from normstudy.worked_example.definition import normalize


def test_check_against_torch_covers_every_kind_and_agrees():
    checks = torch_check.check_against_torch()
    assert set(checks.normalization) == set(KINDS)
    assert checks.difference.max() < 1e-13
    assert torch_check.check_against_torch(torch.float32).difference.max() < 1e-5


def test_check_against_torch_sees_a_wrong_definition(monkeypatch):
    monkeypatch.setattr(torch_check, "normalize", lambda x, kind, **affine: normalize(x, "ln", **affine))
    differences = (
        torch_check.check_against_torch().query("compared != 'running mean'").set_index("normalization").difference
    )
    assert differences["ln"].max() < 1e-13
    assert min(differences["gn"].max(), differences["in"].max(), differences["bn"].max()) > 0.1


def test_the_table_has_every_check():
    assert len(torch_check.torch_table()) == len(torch_check.check_against_torch())
