"""Training and hyperparameters: every parameter of every run, and the search that chose them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from normstudy.config import FILLED_IN, OURS_ALONE, Config
from normstudy.report import markup
from normstudy.report.labels import model_names
from normstudy.report.markup import escape, unbroken
from normstudy.report.search import VARIED, best_combinations
from normstudy.report.search_in_words import search_protocol, search_table
from normstudy.report.settings import differing_parameters, have_columns, where_told
from normstudy.report.wording import MOST_NAMES, join_words, short, some_of
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun


def parameters(runs: Sequence[FinishedRun], every: Sequence[FinishedRun] = ()) -> str:
    """`@tbl-parameters` and, of many models, `@tbl-settings-1`, `-2`, … with the parameters in which they differ.

    `runs` are the first of each model, `every` those of all seeds.
    """
    seeds = " Of the runs of a model, which differ in `seed`, it is the first." if len(every) > len(runs) else ""
    caption = f"Every parameter of every run.{seeds}{where_told(runs)}"
    blocks = [markup.table("parameters", parameters_table(runs), caption)]
    settings = settings_tables(runs)
    for part, frame in enumerate(settings, start=1):
        which = f", part {part} of {len(settings)}" if len(settings) > 1 else ""
        blocks.append(markup.table(f"settings-{part}", frame, f"The parameters in which the models differ{which}."))
    return "\n".join(blocks)


def parameters_table(runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """Every parameter of the configuration: one row each, one column per model, or one for all, if they are many.

    What is not the same for all then stands in the `settings_tables`.
    """
    columns = dict(zip(map(unbroken, model_names(runs)), [_values(run.config) for run in runs], strict=True))
    rows = []
    for key, field in Config.model_fields.items():
        if key in FILLED_IN:
            continue
        row = {"parameter": f"`{key}`", "meaning": escape(field.description)}
        shown = {name: _shown(values[key]) for name, values in columns.items()}
        if have_columns(runs):
            row |= shown
        else:
            different = len({str(values[key]) for values in columns.values()})
            row["every model"] = next(iter(shown.values())) if different == 1 else f"{different} different values"
        rows.append(row)
    return pd.DataFrame(rows)


def settings_tables(runs: Sequence[FinishedRun]) -> list[pd.DataFrame]:
    """Of more models than have a column in the `parameters_table`: one row each, with the parameters that differ.

    As many tables as are needed for none to be wider than a page.
    """
    named = [(unbroken(name), _values(run.config)) for name, run in zip(model_names(runs), runs, strict=True)]
    return [
        pd.DataFrame(
            {"model": name} | {key.replace("_", " "): _shown(values[key]) for key in keys} for name, values in named
        )
        for keys in differing_parameters(runs)
    ]


def search_agreement(rows: list[RecordedRun], runs: Sequence[FinishedRun]) -> str:
    """Which of `runs` use the combination with the lowest mean loss of a model of their kind in `rows`.

    Nothing where all have networks of their own: the search was made with ours.
    """
    if all(run.config.model for run in runs):
        return ""
    best = best_combinations(rows)
    verdicts = []
    for run in runs:
        own = run.config.model_dump()
        kinds = [values for values in best if values["norm"] == own["norm"] and bool(values["l1"]) == bool(own["l1"])]
        kinds = [] if own["model"] else kinds  # the search was made with our own network
        as_best = bool(kinds) and all(own[key] == kinds[0][key] for key in VARIED)
        verdicts.append("best" if as_best else "other" if kinds else "none")
    one = {
        "none": "was not among them",
        "best": "has the lowest mean loss of its kind",
        "other": "has other values than the lowest",
    }
    many = {
        "none": "were not among them",
        "best": "have the lowest mean losses of their kinds",
        "other": "have other values than the lowest",
    }
    names = model_names(runs)
    if len(runs) <= MOST_NAMES:
        return join_words([f"{name} {one[each]}" for name, each in zip(names, verdicts, strict=True)]) + "."
    parts = []
    for each in dict.fromkeys(verdicts):
        alike = [name for name, own in zip(names, verdicts, strict=True) if own == each]
        parts.append(f"{some_of(alike)} {(one if len(alike) == 1 else many)[each]}")
    return "; ".join(parts) + "."


def how_chosen(rows: list[RecordedRun], runs: Sequence[FinishedRun]) -> str:
    """How the search went, with every combination of it; nothing where all `runs` have networks of their own."""
    if all(run.config.model for run in runs):
        return ""
    return (
        f"How they were chosen: {search_protocol(rows)} @tbl-search has every combination that was tried. The test set "
        f"was not touched.\n\n{markup.folded('Every combination of the search', search(rows))}"
    )


def search(rows: list[RecordedRun]) -> str:
    """`@tbl-search`: the `search_table` with its caption."""
    caption = (
        "The hyperparameter search on MNIST's validation split, best first within each model. Values are means over "
        "the seeds, of the last epoch."
    )
    return markup.table("search", search_table(rows), caption)


def _values(config: Config) -> dict[str, object]:
    """The parameters by name; None for those that mean nothing, for the network is one's own."""
    return {**config.model_dump(), **dict.fromkeys(OURS_ALONE if config.model else ())}


def _shown(value: object) -> str:
    """A parameter's value as the cell of a table."""
    if value in (None, ""):
        return "–"
    return short(value) if isinstance(value, float) else escape(value)
