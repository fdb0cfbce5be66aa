"""Which tests are slow: those marked so, and those that ask for what takes long to make. The rest is `make test`."""

from collections import Counter

import pytest

SLOW_FIXTURES = {"site", "jobs", "trained_once", "made"}
"""Shared fixtures that take longer than `SECONDS`: whoever asks for one waits for it."""

SECONDS = 5


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", [])):
            item.add_marker("slow")


def pytest_terminal_summary(terminalreporter) -> None:
    """Lists the tests that took over `SECONDS` and are not marked slow: mark them, or make them faster."""
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and "slow" not in report.keywords:
                seconds[report.nodeid] += report.duration
    long = [(each, name) for name, each in seconds.items() if each > SECONDS]
    if long:
        terminalreporter.section(f"over {SECONDS} s and not marked slow")
    for each, name in sorted(long, reverse=True):
        terminalreporter.write_line(f"{each:6.1f} s  {name}")
