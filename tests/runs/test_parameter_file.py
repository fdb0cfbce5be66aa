"""What a parameter file asks for."""

import pytest

from normstudy.config import Config, ParameterError
from normstudy.runs.parameter_file import read_parameter_file


@pytest.fixture
def read(tmp_path):
    """A function: the seeds that a file of this text asks for."""

    def seeds(text, **more):
        (tmp_path / "gn.yaml").write_text(text)
        configs = read_parameter_file(tmp_path / "gn.yaml", **more)
        assert {config.model_copy(update={"seed": 0}) for config in configs} == {Config(norm="gn", seed=0)}
        return [config.seed for config in configs]

    return seeds


def test_a_file_has_the_seeds_that_it_names_or_those_that_are_asked_for(read):
    assert read("norm: gn") == [Config().seed]
    assert read("norm: gn", seeds=[0, 1, 2]) == [0, 1, 2]
    for seeds in ((), [0, 1, 2]):
        assert read("norm: gn\nseed: 7", seeds=seeds) == [7]
        assert read("norm: gn\nseeds: [5, 3]", seeds=seeds) == [5, 3]
        assert read("norm: gn\nseeds: 2 to 4", seeds=seeds) == [2, 3, 4]


def test_an_empty_file_is_the_usual_model_with_each_seed(tmp_path):
    (tmp_path / "usual.yaml").write_text("# nothing\n")
    assert read_parameter_file(tmp_path / "usual.yaml", [0, 1]) == [Config(seed=0), Config(seed=1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed: 1\nseeds: [2]", "holds both `seed` and `seeds`"),
        ("seeds:", "seeds: must be such as"),
        ("seeds: [1, 2]\nnorm: batch", "norm = batch: must be 'bn'"),
        ("seed: [1, 2]", "seed = .* must be a whole number"),
        ("- seeds", "must hold lines of the form"),
        ("seeds: [1, 2", "not valid YAML"),
    ],
)
def test_what_is_no_good_is_refused_in_a_line(tmp_path, text, expected):
    path = tmp_path / "gn.yaml"
    path.write_text(text)
    with pytest.raises(ParameterError, match=rf"^{path}.*{expected}") as caught:
        read_parameter_file(path, [0, 1])
    assert "\n" not in str(caught.value)
