"""A table of the faults that the tests try: which, how often, survived how often, and how that was found.

A test that tries a fault says so with `@pytest.mark.fault(fault, compared)`. Each of its cases counts once,
or as often as `tried=` says, where a test makes its own cases. `pytest --fault-table FILE` writes the
table; `make fault-test` runs all of them, and the full number of trials (`--trials`).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

SURVIVED, TRIED, SKIPPED = "survived", "tried", "skipped"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-table", type=Path, help="write what faults were tried and survived into this file")
    parser.addoption("--trials", type=int, default=1, help="how often the main job is killed (default 1)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fault(fault, compared, tried=1): tries a fault, and finds what it cost")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    for mark in item.iter_markers("fault"):
        report.user_properties.append(("fault", [*mark.args, mark.kwargs.get("tried", 1)]))
        break
    return report


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    path = config.getoption("--fault-table")
    if path:
        path.write_text(table(terminalreporter.stats), encoding="utf-8")


def table(stats: dict[str, list[pytest.TestReport]]) -> str:
    """Markdown, a row for each fault and comparison."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in stats.get(outcome, []):
            properties = dict(getattr(report, "user_properties", []))
            if "fault" not in properties:
                continue
            *words, times = properties["fault"]
            row = rows.setdefault(tuple(words), Counter())
            row[SKIPPED if outcome == "skipped" else TRIED] += times
            row[SURVIVED] += times * (outcome == "passed")
    lines = ["| fault | tried | survived | how it was compared |", "|---|---:|---:|---|"]
    for (fault, compared), row in sorted(rows.items()):
        tried = f"{row[TRIED]:,}" + (f" ({row[SKIPPED]:,} skipped)" if row[SKIPPED] else "")
        lines.append(f"| {fault} | {tried} | {row[SURVIVED]:,} | {compared} |")
    return "\n".join(lines) + "\n"
