"""Recorded runs of sweeps, made of error rates: for tests of the sections of studies."""

from recorded import recorded_run

LOST = {"epoch": 1, "step": 4, "lr": 0.5}


def run_of_error(model, error, seed, diverged=False, **parameters):
    """A run that ends with that error rate, or diverged."""
    if diverged:
        return recorded_run(model, [], [], diverged=LOST, seed=seed, **{"epochs": 2, **parameters})
    return recorded_run(model, [2.0, 3 * error], [0.3, 1 - error], seed=seed, **parameters)


def cell(model, errors, **parameters):
    """A run for each of `errors`, with seeds 0, 1, …; None for one that diverged."""
    return [
        run_of_error(model, error or 0, seed, diverged=error is None, **parameters) for seed, error in enumerate(errors)
    ]


def around(error, spread=0.0003):
    """Five errors about `error`, which spread by about so much."""
    return [error + spread * step for step in (-1.2, -0.5, 0.1, 0.4, 1.2)]
