"""What it cost."""

from recorded import ENVIRONMENT, recorded_run, recorded_study

from normstudy.report import cost


def run(norm="gn", seed=0, processor="a processor", **parameters):
    found = recorded_run(norm, [0.5, 0.4], norm=norm, seed=seed, seconds=1800, **parameters)
    found.metrics["environment"] = {**ENVIRONMENT, "processor": processor}
    return found


def studies(*studies):
    return {study.name: study for study in studies}


def test_a_run_of_two_studies_counts_once_in_all():
    records = studies(
        recorded_study("main", [run(seed=0), run(seed=1)], "Forty seeds"),
        recorded_study("batch_size", [run(seed=0), run("ln")], "Batch size"),
    )
    found = cost.cost_table(records, [run(seed=0), run("bn")])
    assert found.to_dict("list") == {
        "study": [r"Forty seeds (main)", "Batch size", "in no study: runs compared above", "**all**"],
        "runs": ["2", "2", "1", "4"],
        "epochs": ["4", "4", "2", "8"],
        "core-hours": ["2.00", "2.00", "1.00", "4.00"],
    }
    told = cost.in_words(records, [run(seed=0), run("bn")])
    assert told.startswith(
        "Everything that was searched or run for this report comes to 4 runs with 8 epochs: 4.00 core-hours on "
        "a processor. The 2 runs compared above took 2.00 core-hours of that."
    )
    assert told.endswith("Within each study, all were made on one kind of processor.")
    assert "count once for all" in cost.summary(records, [])


def test_a_study_of_two_machines_is_named():
    records = studies(recorded_study("main", [run(), run(seed=1, processor="another")], "Forty seeds"))
    told = cost.in_words(records, [run()])
    assert told.endswith(
        "Not every study had one kind of processor: those of Forty seeds (main) on different kinds of processors: "
        "1 run on a processor and 1 run on another."
    )
    assert "one kind of processor." not in told


def test_runs_of_no_study_are_all_there_is():
    assert cost.cost_table({}, [run()])["study"].tolist() == ["in no study: runs compared above"]
    assert cost.in_words({}, [run()]).endswith("comes to 1 run with 2 epochs: 1.00 core-hours on a processor.")
    assert "several studies" not in cost.summary({}, [run()])


def test_a_title_from_elsewhere_is_no_markup():
    records = studies(recorded_study("main", [run()], "<b>Seeds</b>"))
    assert r"\<b\>Seeds" in cost.summary(records, [])
