"""The list of parameters and the schema of their files, compared with what `Config` itself takes and refuses."""

import json

import pytest
import yaml
from commands import ROOT, run, workflow

from normstudy.config import FILLED_IN, Config
from normstudy.runs.parameter_file import read_parameter_file
from normstudy.using.parameters import FIRST_LINE, SCHEMA, parameters, schema

FILES = sorted((ROOT / "params").glob("*.yaml"))


def test_the_schema_is_the_one_that_config_gives():
    assert (ROOT / "params" / SCHEMA).read_text() == schema(), "call `make schema`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_parameter_files_name_the_schema(path):
    assert path.read_text().splitlines()[0] == FIRST_LINE


def test_the_list_has_every_parameter_with_its_limits():
    found = {each.name: each for each in parameters()}
    assert list(found) == [name for name in Config.model_fields if name not in FILLED_IN]
    assert all(each.meaning for each in found.values())
    assert found["norm"].limits == "one of bn, gn, ln, in, ln2d, none"
    assert (found["channels"].default, found["channels"].limits) == ("16", "whole number, at least 1, at most 1,024")
    assert (found["adamw_lr"].default, found["adamw_lr"].limits) == ("–", "number, above 0, at most 100")
    assert found["warmup"].limits == "number, at least 0, below 1"
    assert found["seed"].limits == "whole number, at least 0, below 2^63"


def test_the_command_prints_them():
    result = workflow("params")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert all(len(line) <= 120 for line in lines)
    assert {line.split(" ")[0] for line in lines} >= set(Config.model_fields) - set(FILLED_IN)


GOOD = [
    "norm: gn\ngroups: 8",
    "seeds: 0 to 9",
    "seeds: [3, 5]",
    "l1: 1.0e-6\nmax_lr: 1",
    "groups: null",
    "adamw_lr: 0.02",
]
BAD = [
    *("norm: BN", "groups: 0", "nom: bn", "epochs: 1.5", "max_lr: 0", "max_lr: 101", "adamw_lr: 0", "warmup: 1"),
    *("seed: 1\nseeds: [1]", "seeds: []", "seeds: [1, 1]", "seeds: 1 bis 3", "seeds: [-1]", "statistics_batch: 60001"),
]


def test_an_editor_takes_and_refuses_what_the_job_does(tmp_path):
    for number, text in enumerate([*GOOD, *BAD]):
        path = tmp_path / f"{number:02d}{'good' if number < len(GOOD) else 'bad'}.yaml"
        path.write_text(text + "\n")
        try:
            read_parameter_file(path)
            taken = True
        except ValueError:
            taken = False
        assert taken == path.name.endswith("good.yaml"), text
    check = ["check-jsonschema", "--output-format", "json", "--schemafile", ROOT / "params" / SCHEMA]
    found = run(*check, *sorted(tmp_path.iterdir()), *FILES)
    refused = {each["filename"] for each in json.loads(found.stdout)["errors"]}
    assert refused == {str(path) for path in tmp_path.iterdir() if path.name.endswith("bad.yaml")}


def test_what_the_schema_says_of_itself_holds():
    text = yaml.safe_load(schema())
    assert run("check-jsonschema", "--check-metaschema", ROOT / "params" / SCHEMA).returncode == 0
    assert text["properties"]["adamw_lr"]["anyOf"][0] == {"exclusiveMinimum": 0, "maximum": 100, "type": "number"}
