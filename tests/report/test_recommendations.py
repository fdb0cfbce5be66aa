"""Which one to use when: what was measured is told where it was, and nothing where it was not."""

import pytest
from recorded import recorded_run, recorded_study

from normstudy.report import recommendations

EVERYTHING = (
    recommendations.large_batches,
    recommendations.small_batches,
    recommendations.one_image,
    recommendations.one_channel,
)
TOLD = {name: f"### A {{#sec-{name}}}\n" for name in ("batch_size", "statistics_batch", "controls")}


def runs(name, errors, **parameters):
    return [
        recorded_run(name, [0.1], [1 - error], seed=seed, evaluate_on="test", **parameters)
        for seed, error in enumerate(errors)
    ]


def by_batch(*errors):
    return [
        run
        for norm in ("bn", "gn")
        for size, own in zip((2, 512), errors, strict=True)
        for run in runs(norm, own, norm=norm, batch_size=size)
    ]


@pytest.mark.parametrize("question", EVERYTHING)
def test_nothing_is_said_of_studies_that_are_not_recorded(question):
    assert question({}, {}) == ""


def test_errors_are_those_of_the_smallest_and_of_the_largest_batch():
    records = {"batch_size": recorded_study("batch_size", by_batch([0.04, 0.05], [0.01, 0.02]))}
    small = recommendations.small_batches(records, TOLD)
    assert small.startswith(" Here the mean test error in batches of 2 is 4.47 % (")
    assert ") for BN and 4.47 % (" in small
    assert small.endswith(") for GN (@sec-batch_size).")
    assert " in batches of 512 is 1.41 % (" in recommendations.large_batches(records, TOLD)


def test_a_study_of_another_shape_says_nothing():
    alone = {"batch_size": recorded_study("batch_size", runs("bn", [0.04], norm="bn", batch_size=2))}
    twice = {
        "batch_size": recorded_study(
            "batch_size", [*by_batch([0.04], [0.01]), *runs("gn", [0.1], norm="ln", batch_size=2)]
        )
    }
    lost = recorded_run("in", [], diverged={"epoch": 1, "step": 1, "lr": 1.0}, norm="in", evaluate_on="test")
    controls = {"controls": recorded_study("controls", [lost, *runs("gn", [0.02], norm="gn")])}
    for records in (alone, twice, controls):
        assert [question(records, TOLD) for question in EVERYTHING] == [""] * len(EVERYTHING)


def test_a_model_of_which_no_run_finished_is_named():
    lost = recorded_run(
        "gn", [], diverged={"epoch": 1, "step": 1, "lr": 1.0}, norm="gn", batch_size=2, evaluate_on="test"
    )
    records = {"batch_size": recorded_study("batch_size", [*runs("bn", [0.04], norm="bn", batch_size=2), lost])}
    assert recommendations.small_batches(records, TOLD) == (
        " Here the mean test error in batches of 2 is 4.00 % for BN; no run of GN finished (@sec-batch_size)."
    )


def test_images_that_share_statistics_and_those_of_the_test():
    errors = {kind: {"accuracy": 1 - error} for kind, error in (("running", 0.02), ("batch", 0.05))}
    cells = [
        run
        for size, error in ((2, 0.02), (128, 0.01))
        for run in runs("bn", [error, error], norm="bn", statistics_batch=size, afterwards={"batch_norm": errors})
    ]
    records = {"statistics_batch": recorded_study("statistics_batch", [*cells, *runs("gn", [0.01], norm="gn")])}
    assert recommendations.small_batches(records, TOLD) == (
        " In batches of 128, BN's mean error here is 1.00 % with statistics of 128 images, and 2.00 % with those of 2 "
        "(@sec-statistics_batch)."
    )
    assert (
        "is 5.00 % when they are judged by the statistics of 2 images at a time, as they were trained, and 2.00 %"
        in (recommendations.one_image(records, TOLD))
    )


def test_instance_normalization_stands_beside_the_others():
    records = {"controls": recorded_study("controls", [*runs("in", [0.03], norm="in"), *runs("gn", [0.02], norm="gn")])}
    assert recommendations.one_channel(records, TOLD) == (
        " Here, where images are to be classified, the mean test error of IN is 3.00 %, beside 2.00 % for GN "
        "(@sec-controls)."
    )
