"""The step that is exact for Gaussian sites of a known variance."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import gm_case
from symsched import derive, predict, simulate
from symsched.distributions.named import GaussianMixture
from symsched.laws.numeric import GaussianSite
from symsched.schedules.gaussian_step import gaussian_step
from symsched.schedules.interpolant import INTERPOLANTS, VE, VP
from symsched.schedules.schedule import plain
from symsched.zoo.mixtures import two_variances

rng = np.random.default_rng(0)
CASES = [(rng.normal(), 10 ** rng.uniform(-3, 3), *np.cumsum(10 ** rng.uniform(-3, 2, 2))) for _ in range(30)]


def missed(m, v, first, last, known):
    """By how much a step from ψ to ψ' with the variance ``known`` misses β' m + S' z, S² = α² + β² v, in its units."""
    noise, end = np.linspace(-3, 3, 7), np.isinf(last)
    alpha = np.array([1.0, 0.0 if end else 1 / (1 + last)])
    beta = np.array([first, 1.0 if end else last / (1 + last)])
    S = np.sqrt(alpha**2 + beta**2 * v)
    start, wanted = beta[0] * m + S[0] * noise, beta[1] * m + S[1] * noise
    A, B = gaussian_step(alpha, beta, known)
    found = A * start + B * GaussianSite(m, v).denoiser(np.full(noise.shape, first), start)
    return np.abs(found - wanted).max() / (np.abs(wanted).max() + np.abs(A * start).max())


@pytest.mark.parametrize(("m", "v", "first", "last"), CASES)
def test_one_step_is_exact_at_any_mean(m, v, first, last):
    """From ψ to ψ', to ψ = ∞, and from ψ = 0."""
    assert missed(m, v, first, last, v) < 1e-12
    assert missed(m, v, first, np.inf, v) < 1e-12
    assert missed(m, v, 0.0, last, v) < 1e-12


@pytest.mark.parametrize("last", [3.0, np.inf])
def test_one_step_feels_a_wrong_variance(last):
    assert missed(0.7, 0.5, 1.0, last, 0.505) > 1e-4


@pytest.mark.parametrize("interpolant", INTERPOLANTS.values(), ids=list(INTERPOLANTS))
@pytest.mark.parametrize("d", [1e4, 1e100])
def test_a_schedule_is_exact_for_the_width_of_its_sites(interpolant, d):
    """Along the whole plan, from pure noise or a finite σ; Euler misses the width by a tenth."""
    limit = derive(gm_case.mixture(), interpolant)
    widths = []
    for scheme in ("gaussian", "canonical"):
        plan = limit.schedule.plan(9, d, 3.0, scheme)
        width = np.sqrt(plan.alpha[0] ** 2 + plan.beta[0] ** 2 / 4)
        for k in range(plan.steps):
            square = plan.alpha[k] ** 2 + plan.beta[k] ** 2 / 4
            width *= plan.A[k] + plan.B[k, k] * plan.beta[k] / 4 / square
        widths.append(width)
        np.testing.assert_allclose(plan.A * plan.beta[:-1] + plan.B.sum(axis=1), plan.beta[1:], rtol=1e-13)
    assert widths[0] == pytest.approx(0.5, rel=1e-12)
    assert abs(widths[1] - 0.5) > 0.05


@pytest.mark.parametrize(("variance", "distance"), [(0.0, 0.0), (1e-16, 1e-6)])
def test_without_width_it_is_ddim(variance, distance):
    euler = plain(VP).plan(8, 100.0, scheme="canonical")
    A, B = gaussian_step(euler.alpha, euler.beta, variance)
    assert np.abs(A - euler.A).max() <= distance
    assert np.abs(B - euler.B.diagonal()).max() <= distance


def test_predicted_widths_are_exact_in_a_handful_of_steps():
    for name in ("vp", "ve"):
        for mode in predict(gm_case.limit(name), 4, kappa=3.0, d=1e12, scheme="gaussian"):
            assert mode.site_variance == pytest.approx(0.25, abs=1e-5)
            euler = predict(gm_case.limit(name), 4, kappa=3.0, d=1e12, scheme="canonical")[0]
            assert abs(euler.site_variance - 0.25) > 0.05


def test_refused_without_one_variance():
    with pytest.raises(ValueError, match="needs the variance of a coordinate, which a limit's own schedule knows"):
        plain(VP).plan(8, 100.0, scheme="gaussian")
    two = derive(two_variances(), VP)
    with pytest.raises(ValueError, match=r"one variance of a coordinate, and the modes have 2\.25, 0\.25"):
        two.schedule.plan(8, 100.0, 3.0, "gaussian")
    handed = replace(plain(VP), sites=gm_case.limit("vp").schedule.sites)
    assert handed.plan(8, 100.0, scheme="gaussian").A[-1] > 0
    letters = derive(GaussianMixture(p=sp.Rational(4, 5), m=1, sigma=sp.Symbol("sigma", positive=True)), VE)
    with pytest.raises(ValueError, match="needs a number for sigma"):
        letters.schedule.plan(8, 100.0, 3.0, "gaussian")


def test_a_schedule_with_sites_can_be_sent():
    schedule = gm_case.limit("vp").schedule
    sent = pickle.loads(pickle.dumps(schedule))
    np.testing.assert_array_equal(sent.plan(6, 1e4, 3.0, "gaussian").A, schedule.plan(6, 1e4, 3.0, "gaussian").A)
    run = simulate(gm_case.mixture(), sent, d=100, n=5, steps=6, kappa=3.0, scheme="gaussian")
    assert np.all(np.isfinite(run.x))
