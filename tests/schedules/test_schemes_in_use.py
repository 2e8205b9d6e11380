"""Every scheme by name, through simulate, the plain loop and predict."""

import numpy as np
import pytest

import gm_case
from symsched import predict, simulate
from symsched.cli.commands.schedule import nodes
from symsched.schedules.schemes import SCHEMES

NAMES = [name for name in SCHEMES if name not in {"interpolant", "canonical"}]


@pytest.mark.parametrize("name", ["vp", "ve"])
@pytest.mark.parametrize("scheme", NAMES)
def test_the_reduction_is_the_plain_loop(scheme, name):
    limit, settings = gm_case.limit(name), {"d": 200, "n": 20, "steps": 11, "kappa": 3.0, "scheme": scheme}
    fast, full = (simulate(gm_case.mixture(), limit, **settings, method=method) for method in ("auto", "full"))
    assert fast.method != full.method
    np.testing.assert_allclose(fast.x, full.x, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("scheme", NAMES)
def test_a_prediction_is_what_samples_do(scheme):
    """Weight and variance of a coordinate within four standard errors, and Euler's prediction is not."""
    d, n, steps = 10**6, 4000, 10
    limit = gm_case.limit("vp")
    run = simulate(gm_case.mixture(), limit, d=d, n=n, steps=steps, kappa=3.0, scheme=scheme, keep="statistics")
    assert run.plan.steps == steps
    assert run.plan.evaluations == steps - 1

    def distances(other):
        for k, mode in enumerate(predict(limit, steps, kappa=3.0, d=d, scheme=other)):
            width = run.sites[k].variance
            yield (run.weights[k].value - mode.weight) / run.weights[k].standard_error
            yield (width.value - mode.site_variance) / np.hypot(width.standard_error, 2e-6)

    assert max(map(abs, distances(scheme))) < 4
    assert max(map(abs, distances("canonical"))) > 8


def test_the_printed_table_of_heun_has_the_time_of_its_own_nodes():
    limit = gm_case.limit("vp")
    table = nodes(limit.schedule, 10, 1e4, 3.0, "heun")
    plain = nodes(limit.schedule, 10, 1e4, 3.0, "canonical")
    assert np.count_nonzero(np.diff(table["tau"]) == 0) == 4
    np.testing.assert_allclose(table["tau"], table["beta"], rtol=1e-12)
    assert not np.array_equal(table["tau"], plain["tau"])
