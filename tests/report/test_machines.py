"""On what runs were made, and how long they took."""

import pytest
from recorded import ENVIRONMENT, recorded_run

from normstudy.report.machines import hours, hours_text, processors, took, where_made


def made_on(processor="A <fast> one", instructions="AVX512", losses=(0.5, 0.4), **parameters):
    run = recorded_run("gn", losses, norm="gn", **parameters)
    run.metrics["environment"] = {**ENVIRONMENT, "processor": processor, "instructions": instructions}
    return run


def test_processors_of_one_name_and_other_instructions_are_of_two_kinds():
    runs = [made_on(), made_on(instructions="AVX2"), made_on(), made_on("a GPU", None), made_on("")]
    assert processors(runs) == [r"A \<fast\> one (AVX512)", r"A \<fast\> one (AVX2)", "a GPU", "(no name) (AVX512)"]
    assert where_made(runs[:1]) == r"on one kind of processor, A \<fast\> one (AVX512)"
    assert where_made(runs[:3]) == (
        r"on different kinds of processors: 2 runs on A \<fast\> one (AVX512) and 1 run on A \<fast\> one (AVX2)"
    )


def test_hours_are_of_each_core_and_of_finished_epochs():
    half = made_on(seconds=900)  # two epochs
    both = made_on(seconds=900, threads=2)
    ended = made_on(seconds=900, losses=[0.5], diverged={"epoch": 2, "step": 4, "lr": 0.01})
    assert hours([half]) == 0.5
    assert hours([half, both, ended]) == 0.5 + 1 + 0.25
    assert took([half, both]) == "1.50 core-hours"
    assert took([]) == "0.00 core-hours"


def test_hours_of_a_gpu_are_told_apart():
    on_gpu = made_on("a GPU", None, seconds=900)
    object.__setattr__(on_gpu, "config", on_gpu.config.model_copy(update={"device": "cuda", "threads": 4}))
    assert hours([on_gpu]) == 0
    assert took([on_gpu]) == "0.50 GPU-hours"
    assert took([on_gpu, made_on(seconds=900)]) == "0.50 core-hours and 0.50 GPU-hours"


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0.00"), (0.001, "<\u00a00.01"), (1.234, "1.23"), (12.34, "12.3"), (1234.5, "1,234.5")]
)
def test_hours_as_text(value, text):
    assert hours_text(value) == text
