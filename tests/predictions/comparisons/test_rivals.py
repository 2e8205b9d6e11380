"""The rules of rivals by formulas of other people, written down again here."""

from itertools import pairwise

import mpmath
import numpy as np
import pytest
import sympy as sp

import symsched
from symsched import VP, derive, predict
from symsched.predictions.comparisons import grids
from symsched.predictions.comparisons.information import information
from symsched.predictions.comparisons.rivals import rivals
from symsched.schedules.plan import History

D = 10_000.0
P, SIGMA = sp.Rational(1, 2), sp.Rational(1, 2)


@pytest.fixture(scope="module")
def limit():
    return derive(symsched.GaussianMixture(P, 1, SIGMA), VP)


@pytest.fixture(scope="module")
def everyone(limit):
    return {rival.name: rival for rival in rivals(limit, limit.order_model(D), D)}


def carried(plan, start, denoiser):
    """The state before the last step, and the output, of paths under a plan."""
    x, history = plan.alpha[0] * start, History(plan)
    for k in range(plan.steps):
        before = x.copy()
        x = history.advance(k, x, denoiser(plan.psi[k], x / plan.alpha[k]))
    return before, x


def test_edm_is_its_algorithm_1(everyone):
    """Heun in σ with Euler to 0 on N(0, 1/4), whose denoiser is linear: 9 evaluations are a list of 5."""
    rival, start = everyone["EDM as published"], np.array([-1.3, 0.2, 2.0])
    plan = rival.built(9, np.zeros(0), "heun")
    _, out = carried(plan, start, lambda psi, y: 0.25 * psi * y / (1 + 0.25 * psi**2))
    steps = np.arange(5) / 4
    sigma = np.append((80 ** (1 / 7) + steps * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7, 0.0)

    def slope(x, s):
        return (x - 0.25 * x / (0.25 + s**2)) / s

    x = sigma[0] * start
    for now, then in pairwise(sigma):
        euler = x + (then - now) * slope(x, now)
        x = euler if then == 0 else x + (then - now) * (slope(x, now) + slope(euler, then)) / 2
    assert plan.evaluations == 9
    np.testing.assert_allclose(out, x, rtol=1e-10)


@pytest.mark.parametrize(("evaluations", "told"), [(4, 0.267), (8, 0.185), (16, 0.245), (32, 0.278)])
def test_the_lipschitz_closed_form_gives_its_authors_weights(evaluations, told):
    """p = 0.3, d = 1000, RK4, the sign of x at the end of their time: their own table, true weight 0.3."""
    limit, d = derive(symsched.GaussianMixture(sp.Rational(3, 10), 1, 1), VP), 1000.0
    rival = next(one for one in rivals(limit, limit.order_model(d), d, quick=True) if one.own == "rk4")
    plan = rival.built(evaluations + 1, np.zeros(0), "rk4")
    half, root = np.log(3 / 7) / 2, np.sqrt(d)

    def denoiser(psi, y):  # along the direction of the means: two modes at ±√d of variance 1
        spread = 1 + psi**2
        mean = root * np.tanh(half + psi * root * y / spread)
        return mean + psi * (y - psi * mean) / spread

    z = np.linspace(-8, 8, 20_001)
    before, _ = carried(plan, z, denoiser)
    mass = np.exp(-(z**2) / 2)
    assert plan.evaluations == evaluations + 1  # theirs need no denoiser at the end
    assert mass[before > 0].sum() / mass.sum() == pytest.approx(told, abs=6e-4)


def test_lists_as_published(everyone):
    sigma = 1 / everyone["AYS, SD 1.5"].built(10, np.zeros(0), "dpmpp_2m").psi
    np.testing.assert_allclose(sigma, [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152])
    sigma = 1 / grids.aligned(5, grids.AYS["SVD"])
    np.testing.assert_allclose(sigma, [700.0, 15.886, 4.248, 0.981, 0.173])
    angles = np.arctan(0.7 * grids.tangent(6, np.array([0.7])))
    np.testing.assert_allclose(np.diff(angles), np.pi / 14)


def test_the_papers_dilation_is_its_schedule_under_euler(limit, everyone):
    plan = everyone["the paper's dilation"].built(19, np.array([3.0]), "interpolant")
    told = predict(limit, 20, kappa=3, d=D, scheme="interpolant")
    assert predict(limit, d=D, schedule=plan)[0].weight == pytest.approx(told[0].weight, abs=1e-12)
    assert plan.evaluations == 19


def told_information(psi):
    """I of a coordinate of the symmetric mixture: the channel of ±s, and a Gaussian, by mpmath's quadrature."""
    psi = mpmath.mpf(psi)
    s = psi * mpmath.sqrt(D) / mpmath.sqrt(1 + psi**2 / 4)

    def part(z):
        at = s**2 + s * z
        return mpmath.npdf(z) * (abs(at) + mpmath.log1p(mpmath.exp(-2 * abs(at))) - mpmath.log(2))

    modes = s**2 - mpmath.quad(part, [-mpmath.inf, -s, 0, s, mpmath.inf]) if s < 12 else mpmath.log(2)
    return float(mpmath.log1p(psi**2 / 4) / 2 + modes / D)


def test_entropic_time_gains_as_much_information_in_every_step(everyone):
    # σ_min so large that the choice of the mode is a good share of what is learnt.
    plan = everyone["entropic time, tuned"].built(6, np.array([40.0]), "canonical")
    gains = np.diff([told_information(psi) for psi in plan.psi])
    assert plan.psi[0] == 0
    assert plan.psi[-1] == pytest.approx(1 / 40)
    np.testing.assert_allclose(gains, gains.mean(), rtol=2e-3)


def test_information_of_spins_is_that_of_the_literature():
    """I(1) of ±1 in noise, 1 − E log cosh(1 + z)."""
    limit = derive(symsched.CurieWeiss(sp.Rational(1, 2), 0), VP)
    known = information(limit.order_model(1e6))
    assert float(known(np.array([1.0]))[0]) == pytest.approx(0.336830820347, rel=1e-4)
    assert float(known.mmse(np.array([1.0]))[0]) == pytest.approx(
        float(mpmath.quad(lambda z: mpmath.npdf(z) * (1 - mpmath.tanh(1 + z)), [-9, -1, 9])), rel=1e-3
    )


def test_no_other_grid_has_a_smaller_path_divergence(limit):
    known = information(limit.order_model(D))
    gamma = grids.least_path_divergence(40, np.array([0.2]), known)[1:] ** 2

    def mmse(at):
        s = np.sqrt(at)
        total = known.reach[0] ** 2
        return known.mmse(np.sqrt(np.maximum(at, total))) if np.ndim(s) else known.mmse(max(s, total))

    def divergence(nodes):
        full = np.concatenate([[0.0], nodes])
        return float(mmse(full[:-1]) @ np.diff(full))

    least = divergence(gamma)
    rng = np.random.default_rng(0)
    for _ in range(20):
        moved = np.log(gamma).copy()
        moved[:-1] += 0.1 * rng.standard_normal() * np.sin(np.linspace(0, np.pi * rng.integers(1, 5), 40))[:-1]
        assert divergence(np.exp(np.sort(moved))) > least - 2e-3 * abs(least)
    assert least < divergence(np.geomspace(gamma[0], gamma[-1], 40))
    assert least < divergence(np.linspace(0, gamma[-1], 41)[1:])
