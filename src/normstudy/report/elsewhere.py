"""Which recorded studies are of another network, or of other data, than the models that a page compares; in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from normstudy.config import Config
from normstudy.report.labels import called, markdown_title
from normstudy.report.markup import escape
from normstudy.report.wording import capitalized, counted, join_words, some_of
from normstudy.runs.folder import FinishedRun
from normstudy.runs.record import RecordedRun, RecordedStudy

Records = Mapping[str, RecordedStudy]


def network_and_data(config: Config) -> tuple[str, str]:
    """What two runs must have in common to speak of the same: whose network it is, and the data set."""
    return config.model, config.dataset


def of_others(records: Records, compared: Sequence[FinishedRun]) -> dict[str, RecordedStudy]:
    """Those of `records` no run of which has network and data of a run that is `compared`; nothing beside nothing."""
    own = {network_and_data(run.config) for run in compared}
    if not own:
        return {}
    return {
        name: study
        for name, study in records.items()
        if own.isdisjoint(network_and_data(run.config) for run in study.runs)
    }


def which(runs: Sequence[FinishedRun]) -> str:
    """`this project’s own network on MNIST`: networks and data of `runs`, as Markdown."""
    networks: dict[str, list[str]] = {}
    for run in runs:
        networks.setdefault(_network(run.config), []).append(markdown_title(run.config))
    return join_words([f"{name} on {join_words(list(dict.fromkeys(data)))}" for name, data in networks.items()])


def note(records: Records, compared: Sequence[FinishedRun], part: str) -> str:
    """What is to be known of the `part` of a page that shows `records`, if they are not of what is `compared` on it.

    Markdown; nothing where all are of the network and the data of models that are `compared`.
    """
    others = of_others(records, compared)
    if not others:
        return ""
    runs = runs_of(others)
    own = [f"*{escape(study.title)}*" for name, study in records.items() if name not in others]
    but = f", but for {some_of(own)}," if own else ""
    what = capitalized(f"{part}{but}")
    same_network = {_network(run.config) for run in runs} == {_network(run.config) for run in compared}
    beside = f"on {_data(compared)}" if same_network else f"of {which(compared)}"
    return (
        f"{what} is of other runs than those compared on this page: of {which(runs)} ({counted(len(runs), 'run')}), "
        f"not {beside}, where it need not hold."
    )


def runs_of(records: Records) -> list[RecordedRun]:
    """All runs of `records`, each once."""
    return list({run.name: run for study in records.values() for run in study.runs}.values())


def under_heading(section: str, sentence: str) -> str:
    """`section`, Markdown that begins with its heading, with a paragraph put below that."""
    return re.sub(r"\n", lambda _: f"\n\n{sentence}\n", section, count=1) if section and sentence else section


def _data(runs: Sequence[FinishedRun]) -> str:
    return join_words(list(dict.fromkeys(markdown_title(run.config) for run in runs)))


def _network(config: Config) -> str:
    return f"the network {escape(called(config.model))}" if config.model else "this project’s own network"
