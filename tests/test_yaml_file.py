"""YAML as people mean it, in whatever form their editors leave it."""

import pytest
from commands import ROOT, write_params

from normstudy.config import Config, ParameterError, read_config, run_name
from normstudy.runs.studies import plan
from normstudy.yaml_file import YamlError, read_yaml


@pytest.fixture
def write(tmp_path):
    """A function that writes a file and returns its path."""

    def write(content: str | bytes):
        path = tmp_path / "some.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.fault(
    "parameter file with numbers that YAML 1.1 reads otherwise (010, 1:30), tabs, `%YAML 1.1`, two documents",
    "read as people mean it, or refused in one line",
)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("010", 10),
        ("08", 8),
        ("+010", 10),
        ("0", 0),
        ("00", 0),
        ("1_000", 1000),
        ("0o17", 15),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("1:30.5", "1:30.5"),
        ("190:20:30", "190:20:30"),
        ("010.5", 10.5),
        ("1e-5", 1e-5),
        ("1.0e-5", 1e-5),
        ("'010'", "010"),
        *((word, word) for word in ("yes", "No", "on", "OFF", "y", "N")),
        ("true", True),
        ("~", None),
        ("", None),
    ],
)
def test_a_value_is_what_people_mean(write, written, meant):
    value = read_yaml(write(f"key: {written}\n"))["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_a_zero_in_front_changes_no_run(tmp_path):
    write_params(tmp_path, plain="seed: 10\nepochs: 8\n", padded="seed: 010\nepochs: 08\n")
    plain, padded = (read_config(tmp_path / f"{name}.yaml") for name in ("plain", "padded"))
    assert padded == plain
    (planned,) = plan(tmp_path, "digits")
    assert planned.name == run_name(planned.config)
    assert planned.config.seed == 10


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("epochs: 1:30\n", "epochs = 1:30: must be a whole number"),
        ("rotation: 1:30\n", "rotation = 1:30: must be a finite number"),
        ("max_lr: 0,02\n", "max_lr = 0,02: must be a finite number"),
        ("norm: no\n", "norm = no: must be one of bn, gn, ln, in, ln2d, none"),
        ("threads: on\n", "threads = on: must be a whole number"),
        ("seed: 2020-01-01\n", 'seed = "2020-01-01": must be a whole number'),
        ("%YAML 1.1\n---\nseed: 010\n", "`%YAML 1.1`: it is read as YAML 1.2; delete this line"),
        ("norm: bn\n---\nnorm: gn\n", "line 2: not valid YAML (expected a single document in the stream, but found"),
        ("norm:\tgn\n", "line 1: not valid YAML (while scanning for the next token, found character '\\t'"),
        ("1: a\n0x1: b\n", "line 2: not valid YAML (`0x1` is given twice"),
    ],
)
def test_what_it_cannot_mean_is_refused_in_a_line(write, text, told):
    path = write(text)
    with pytest.raises(ParameterError) as caught:
        read_config(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(str(path))
    assert told in line


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "---{end}", "%YAML 1.2{end}---{end}", "# für mich{end}"])
def test_a_text_may_be_as_editors_leave_it(write, encoding, end, start):
    text = start.format(end=end) + end.join(["norm: gn", "", "seed: 010", "..."]) + end
    assert read_config(write(text.encode(encoding))) == Config(norm="gn", seed=10)


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n# nothing\n", "\ufeff"])
def test_comments_alone_are_the_defaults(write, text):
    assert read_config(write(text)) == Config()


def test_another_encoding_is_named_with_the_remedy(write):
    with pytest.raises(YamlError, match=r"some\.yaml: cannot be read \('utf-8' codec can't.*; save it as UTF-8\)$"):
        read_yaml(write("# für mich\n".encode("cp1252")))


@pytest.mark.parametrize("name", ["search", "skeletons", "neighbours"])
def test_the_studies_of_the_repository_are_read(name):
    study = read_yaml(ROOT / f"params/studies/{name}.yaml")
    assert study["common"]["dataset"] == "mnist"
    values = study["models"]["bn_l1"]
    penalty = (values[0] if isinstance(values, list) else values)["l1"]
    assert 1e-6 in (penalty if isinstance(penalty, list) else [penalty])
