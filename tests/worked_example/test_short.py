"""The worked example of the short report: all of it is there, and whole."""

import re

from normstudy.worked_example import short
from normstudy.worked_example.definition import shared_sets


def test_every_set_of_the_three_is_on_the_table_and_every_part_is_labelled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parts = [short.before_and_after(), short.statistics(), short.one_value(), short.at_test(), short.penalty()]
    labels = [re.search(r"\{#((?:fig|tbl)-[\w-]+)\}", part)[1] for part in parts]
    assert labels == ["fig-sets", "tbl-sets", "tbl-one-value", "tbl-at-test", "tbl-l1"]
    lines = [line for line in short.statistics().splitlines() if re.match(r"\| (BN|LN|GN) ", line)]
    assert len(lines) == sum(len(shared_sets(kind)) for kind in short.KINDS)
