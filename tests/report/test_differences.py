"""Pairs of models, compared image by image."""

from made_runs import made_run, made_runs

from normstudy.report import differences
from normstudy.report.verdict import compare_pairs


def test_pairs_table_counts_what_only_one_got_wrong():
    table = differences.pairs_table([made_run("bn", [1, 2, 3]), made_run("ln", [3, 4])])
    assert table.loc[0, "only first wrong"] == 2
    assert table.loc[0, "only second wrong"] == 1
    assert table.loc[0, "p"] == "1.000"


def test_the_table_of_pairs_has_the_most_telling_ones_and_the_caption_counts_the_others():
    runs = made_runs(30, 1)
    assert len(differences.pairs_table(runs)) == 10
    assert differences.pairs_table(runs).loc[0, "models"].replace("\u00a0", " ") == "GN + L1 #1 / GN + L1 #30"
    clear = sum(p < 0.05 for *_, p in compare_pairs(runs))
    assert clear > 10
    assert differences.pairs_shown(runs).startswith(
        f"The 10 of 435 pairs of models with the smallest p; of the 425 others, {clear - 10} differ by more than noise"
    )
    assert differences.pairs_shown(runs[:3]) == "Each pair of models"
    assert differences.pairs_shown(runs[:2]) == "The two models"
