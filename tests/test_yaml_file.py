"""YAML as people mean it, in whatever form their editors leave it."""

import os

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
    "parameter file with numbers that YAML 1.1 reads otherwise (010, 1:30), tabs, two documents, merges",
    "read as people mean it, or refused in one line",
)
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *[("010", 10), ("1_000", 1000), ("0o17", 15), ("010.5", 10.5), ("1e-5", 1e-5), ("'010'", "010")],
        *[(word, word) for word in ("1:30", "190:20:30", "yes", "No", "on", "OFF", "y", "N")],
        *[("true", True), ("~", None), ("", None)],
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


def test_what_is_merged_counts_unless_it_is_written_anew(write):
    text = "a: &a {norm: gn, l1: 0}\nb: &b\n  <<: *a\n  l1: 1\nc: {<<: *b, epochs: 2}\nd: {<<: [*a, *b]}\n"
    found = read_yaml(write(text))
    assert (found["b"], found["c"]) == ({"norm": "gn", "l1": 1}, {"norm": "gn", "l1": 1, "epochs": 2})
    assert found["d"] == {"norm": "gn", "l1": 0}


def expanding(item: str) -> str:
    """A thousand characters that stand for 9 to the 30th values."""
    lines = ["epochs: &a0 [1]"]
    return "\n".join([*lines, *(f"k{i}: &a{i} " + item.format(", ".join([f"*a{i - 1}"] * 9)) for i in range(1, 31))])


@pytest.mark.fault("parameter file that is binary, huge, nested, or expands without end", "refused in one line")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("epochs: 1:30\n", "epochs = 1:30: must be a whole number"),
        ("max_lr: 0,02\n", "max_lr = 0,02: must be a number"),
        ("norm: no\n", "norm = no: must be 'bn', 'gn', 'ln', 'in', 'ln2d' or 'none'"),
        ("seed: 2020-01-01\n", "seed = 2020-01-01: must be a whole number"),
        ("epochs: &again [*again]", "epochs = [[[[[[[...]]]]]]]: must be a whole number"),
        ("- norm: bn\n", "must hold lines of the form"),
        ("norm: bn\n---\nnorm: gn\n", "line 2: not valid YAML (expected a single document in the stream, but found"),
        ("norm:\tgn\n", "line 1: not valid YAML (while scanning for the next token, found character '\\t'"),
        ("norm: bn\nepochs: 3\nl1: a: b\n", "line 3: not valid YAML (mapping values"),
        ("norm: bn\nepochs: 2\n'norm': gn\n", 'found duplicate key "norm" with value "gn" (original value: "bn")'),
        ("norm: bn\nepochs: 2\n'norm': gn\n", "line 3: not valid YAML (while constructing a mapping, found duplicate"),
        ("l1: 1\nl1: 2\n", "; delete one of the two lines)"),
        ("a:\n  <<: 3\n", "line 2: not valid YAML (while constructing a mapping, expected a mapping or list"),
        ("epochs: 2020-13-45", "not valid YAML (month must be in 1..12"),
        ("norm: !!python/name:os.system", "line 1: not valid YAML (could not determine a constructor"),
        ('norm: "\x00"', "not valid YAML"),
        ('norm: "\\e[31m\\u202e"', "norm = [U+001B][31m[U+202E]: must be"),
        ("norm: " + "[" * 3000, "not valid YAML (maximum recursion depth exceeded"),
        ("seed: 0x" + "F" * 50_000, "seed = (too long to show): must be"),
        (expanding("[{}]"), "epochs = [1]: must be a whole number"),
        ("#" * 10_000_000, "cannot be read (it is no file of at most 100,000 bytes)"),
        (bytes(range(256)), "not valid YAML (unacceptable character"),
        ("# für mich\n".encode("cp1252"), "invalid start byte"),
    ],
)
def test_what_it_cannot_mean_is_refused_in_a_line(write, text, expected):
    path = write(text)
    with pytest.raises(ParameterError) as caught:
        read_config(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(str(path))
    assert expected in line
    assert len(line) < 5_000
    assert line.isprintable()


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
    with pytest.raises(YamlError, match=r"some\.yaml: not valid YAML .*; save it as UTF-8\)$"):
        read_yaml(write("# für mich\n".encode("cp1252")))


def test_what_is_no_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "endless.yaml").symlink_to("/dev/zero")
    for name in ("pipe.yaml", "folder.yaml", "endless.yaml"):
        with pytest.raises(YamlError, match=rf"{name}: cannot be read \(it is no file"):
            read_yaml(tmp_path / name)
    with pytest.raises(YamlError, match=r"missing\.yaml: cannot be read \(No such file or directory\)"):
        read_yaml(tmp_path / "missing.yaml")


@pytest.mark.parametrize("name", ["search", "skeletons", "neighbours"])
def test_the_studies_of_the_repository_are_read(name):
    study = read_yaml(ROOT / f"params/studies/{name}.yaml")
    assert study["common"]["dataset"] == "mnist"
    values = study["models"]["bn_l1"]
    penalty = (values[0] if isinstance(values, list) else values)["l1"]
    assert 1e-6 in (penalty if isinstance(penalty, list) else [penalty])
