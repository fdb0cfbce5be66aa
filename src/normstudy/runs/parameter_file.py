"""A parameter file, such as `params/gn.yaml`: a model, with one seed or several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from normstudy.config import Config, ParameterError, make_config, read_values, with_code
from normstudy.data.facts import with_absolute_dataset
from normstudy.runs.seeds import named_seeds
from normstudy.text import one_line


def read_parameter_file(path: Path, seeds: Sequence[int] = ()) -> list[Config]:
    """The configurations that the file at `path` asks for, one for each of its seeds.

    It names them as `seed: 3`, or as `seeds:` (`named_seeds`); if it does neither, it is with `seeds`, or where there
    are none, with the default. Raises `ParameterError`: one line with the file, the key and what is allowed.
    """
    values = with_code(with_absolute_dataset(read_values(path), path.parent), [path.parent], str(path))
    if isinstance(values, dict) and "seeds" in values:
        if "seed" in values:
            raise ParameterError(f"{one_line(path)}: holds both `seed` and `seeds`; delete one of the two lines")
        values = dict(values)
        seeds = named_seeds(values.pop("seeds"), one_line(path))
    elif isinstance(values, dict) and "seed" in values:
        seeds = ()
    config = make_config(values, str(path))
    return [make_config({**values, "seed": seed}, str(path)) for seed in seeds] or [config]
