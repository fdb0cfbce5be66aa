"""docs/toolkit.md compares a public toolkit with what is here: its commands and files are real."""

import re

import pytest
import torch
import yaml
from commands import ROOT

from normstudy import model_code
from normstudy.config import resolve
from normstudy.report.sections.network import custom_layers
from normstudy.runs.parameter_file import read_parameter_file
from normstudy.training.networks import make_net

PAGE = (ROOT / "docs/toolkit.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\w+\n(.*?)```", PAGE, re.DOTALL)
FILES = {found[1]: text for text in BLOCKS if (found := re.match(r"# (kit/\S+)\n", text))}
COMMANDS = {cell.strip() for cell in re.findall(r"\| (`make [^|]*`) \|$", PAGE, re.MULTILINE)}


def test_each_row_has_a_command_that_make_knows():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rows = [row for row in PAGE.splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 15
    assert all(row.split(" | ")[-1].removesuffix(" |") in COMMANDS for row in rows)
    for command in COMMANDS:
        _, target, *options = command.strip("`").split()
        assert re.search(rf"^{target}:.* ## ", makefile, re.MULTILINE)
        for option in options:
            assert f",{option.partition('=')[0]})" in makefile


@pytest.mark.parametrize("name", ["dilated", "depthwise"])
def test_its_networks_are_what_the_table_says(tmp_path, monkeypatch, name):
    monkeypatch.setattr(model_code, "store", lambda: tmp_path / "store")
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (config,) = read_parameter_file(tmp_path / f"kit/{name}.yaml")
    config = resolve(config, "digits")
    convolutions = [layer for layer in make_net(config).modules() if isinstance(layer, torch.nn.Conv2d)]
    assert any((layer.dilation, layer.groups) != ((1, 1), 1) for layer in convolutions)
    fields = custom_layers(config)["receptive field"].tolist()
    assert ("20 × 20" if name == "dilated" else "8 × 8") in fields
    assert config.schedule == yaml.safe_load(FILES[f"kit/{name}.yaml"])["schedule"] != "one_cycle"


def test_the_readme_leads_to_it():
    assert "(docs/toolkit.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
