"""Order parameters without samples, against runs with samples, in law."""

import numpy as np
import pytest
from sampling_cases import biased, dilated, spins, three_modes, variances

from symsched.distributions.gaussian_modes.model import DirectionModel
from symsched.models.recording import OrderParameter
from symsched.simulation.run import run_plan


def moments_agree(first, second):
    """Return the largest |z| between two runs' means, order parameters, end moments and mode counts."""
    scores = []
    for name in ("means", "order", "moments"):
        a, b = getattr(first, name), getattr(second, name)
        width = min(a.shape[1], b.shape[1])
        for power in (1, 2):
            x, y = a[:, :width] ** power, b[:, :width] ** power
            spread = np.sqrt(x.var(axis=0) / x.shape[0] + y.var(axis=0) / y.shape[0])
            scores.append(np.abs(x.mean(axis=0) - y.mean(axis=0)) / np.maximum(spread, 1e-9))
    x, y = np.mean(first.modes), np.mean(second.modes)
    scores.append(np.atleast_1d(abs(x - y) / np.sqrt(0.25 / first.n + 0.25 / second.n)))
    return max(float(score.max(initial=0.0)) for score in scores)


@pytest.mark.parametrize(
    ("make", "order"), [(spins, 1), (lambda d: spins(d, 0.8, ()), 1), (biased, 1), (variances, 2), (three_modes, 1)]
)
def test_order_parameters_alone_follow_the_same_law(make, order):
    d, n = 20_000, 300
    statistic = OrderParameter(order, variance=0.9)
    whole = run_plan(make(d), dilated(d, 12), n, 1, keep="statistics", statistic=statistic)
    alone = run_plan(make(d), dilated(d, 12), n, 2, keep="statistics", statistic=statistic, method="order parameter")
    assert alone.x is None
    assert alone.method == "order parameter"
    assert moments_agree(whole, alone) < 5
    wrong = run_plan(make(d), dilated(d, 12, kappa=6.0), n, 2, keep="statistics", statistic=statistic)
    assert moments_agree(whole, wrong) > 5


def test_order_parameters_of_directions_follow_the_same_law():
    d, n = 50, 4000
    model = DirectionModel(d, [0.2, 0.3, 0.5], [[1.0, 0.0], [-0.3, 0.6], [0.0, -1.0]], 0.5)
    whole = run_plan(model, dilated(d, 12), n, 1, keep="statistics")
    alone = run_plan(model, dilated(d, 12), n, 2, keep="statistics", method="order parameter")
    assert alone.projections.shape == whole.projections.shape
    assert moments_agree(whole, alone) < 5


@pytest.mark.parametrize("make", [spins, biased, variances])
def test_order_parameters_reach_a_dimension_without_arrays(make):
    """Through the speciation window the order parameter's law at d = 10^8 is that at 10^12."""
    n, runs = 150, []
    for seed, d in enumerate((10**8, 10**12)):
        run = run_plan(make(d), dilated(d, 12), n, seed, keep="statistics", statistic=OrderParameter(1, variance=1.0))
        assert run.method == "order parameter"
        runs.append(run)
    a, b = (run.order[:, :6] for run in runs)
    for power in (1, 2):
        x, y = a**power, b**power
        score = (x.mean(axis=0) - y.mean(axis=0)) / np.sqrt((x.var(axis=0) + y.var(axis=0)) / n)
        assert np.all(np.abs(score) < 5)
    assert abs(np.mean(runs[0].modes) - np.mean(runs[1].modes)) < 5 * np.sqrt(0.5 / n)


def test_samples_are_refused_where_there_are_none():
    with pytest.raises(ValueError, match="statistics"):
        run_plan(spins(100), dilated(100, 4), 2, 0, method="order parameter")
    with pytest.raises(ValueError, match="order above 2"):
        run_plan(
            variances(100),
            dilated(100, 4),
            2,
            0,
            keep="statistics",
            method="order parameter",
            statistic=OrderParameter(3),
        )
