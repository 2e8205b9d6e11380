"""The plain loop and the exact facts that the mixture's claims are held against, held against the package."""

import math

import numpy as np
import pytest

import gm_case
from independent.mixture import ExactFlow, euler_ends, posterior
from independent.paths import DILATED, PLAIN, euler_steps
from symsched.simulation.simulate import simulate


@pytest.mark.parametrize("name", DILATED)
def test_dilations_are_those_that_are_derived(name):
    plan = gm_case.limit(name).schedule.plan(10, 400, 3.0)
    for k in (1, 4, 5, 7, 9):
        alpha, beta, fall, rise = DILATED[name](k / 10, 400.0, 3.0)
        assert (alpha, beta) == (pytest.approx(plan.alpha[k], rel=1e-12), pytest.approx(plan.beta[k], rel=1e-12))
        if k != 5:
            ahead, behind = (DILATED[name](k / 10 + step, 400.0, 3.0) for step in (1e-6, -1e-6))
            assert fall == pytest.approx((ahead[0] - behind[0]) / 2e-6, rel=1e-7)
            assert rise == pytest.approx((ahead[1] - behind[1]) / 2e-6, rel=1e-7)


@pytest.mark.parametrize("name", PLAIN)
def test_rates_of_the_plain_paths(name):
    _, _, fall, rise = PLAIN[name](0.3, 400.0, 1.0)
    ahead, behind = (PLAIN[name](0.3 + step, 400.0, 1.0) for step in (1e-6, -1e-6))
    assert fall == pytest.approx((ahead[0] - behind[0]) / 2e-6, rel=1e-7)
    assert rise == pytest.approx((ahead[1] - behind[1]) / 2e-6, rel=1e-7)


def test_the_posterior_is_the_models():
    x = np.random.default_rng(0).standard_normal((3, 40)) + np.array([[0.4], [-0.4], [0.0]])
    mean, shares = gm_case.mixture().model(40).posterior(0.3 / 0.7, x / 0.7)
    ours, odds = posterior(0.7, 0.3, x)
    assert np.allclose(mean, ours, atol=1e-12)
    assert np.allclose(shares[:, 0], 1 / (1 + np.exp(-odds)), atol=1e-12)


def test_drawn_sums_give_the_law_of_whole_vectors():
    d, n = 50, 20_000
    few = euler_ends(euler_steps(DILATED["vp"], 12, d, 3.0), d, n, np.random.default_rng(0))
    settings = {"d": d, "n": n, "steps": 12, "kappa": 3, "rng": 1, "method": "full", "keep": "statistics"}
    whole = simulate(gm_case.mixture(), gm_case.limit("vp"), **settings)
    squares = whole.site_variance * d / (d - 1)
    pairs = ((few.width**2, squares), (few.width**4, squares**2), (few.odds > 0, whole.modes == 0))
    for one, other in pairs:
        error = math.hypot(np.std(one), np.std(other)) / math.sqrt(n)
        assert abs(np.mean(one) - np.mean(other)) < 5 * error


@pytest.mark.parametrize("name", ["vp", "ve"])
def test_many_steps_follow_the_exact_flow(name):
    exact = ExactFlow(DILATED[name], 400)
    steps = euler_steps(DILATED[name], 4000, 400.0, 3.0)
    ends = euler_ends(steps, 400.0, 2000, np.random.default_rng(1))
    assert np.mean(ends.odds > 0) == pytest.approx(0.8, abs=0.04)
    assert ends.width.mean() == pytest.approx(
        exact.orthogonal(1 - 1e-9, 1e-9) * DILATED[name](0.0, 400.0, 3.0)[0], rel=0.01
    )
