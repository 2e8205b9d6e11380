"""Order parameters carried along a plan: where a mode is beyond doubt, and what a wrong width does to them."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import sympy as sp
from scipy import integrate, optimize, special
from sympy.stats import Normal, Poisson, Rademacher

import symsched
from symsched import VP, derive
from symsched.predictions.order_paths import order_paths
from symsched.predictions.weights import mode_weights
from symsched.symbols import m
from symsched.zoo.mixtures import exponential_pair

HALF = sp.Rational(1, 2)


def model_of(distribution, dimension):
    limit = symsched.derive(distribution, symsched.VP)
    return limit, limit.order_model(dimension)


def test_modes_are_separated_eight_standard_deviations_apart():
    """Atoms ±1 are 2 s = 2 √d ψ standard deviations of ν apart."""
    _, model = model_of(symsched.GaussianMixture(HALF, 1, 1), 10_000)
    assert not model.separated(0.039)
    assert model.separated(0.041)


def test_a_width_that_euler_gets_wrong_shifts_a_hermite_sum():
    """The first step from ψ = 0 leaves y = z: at ψ_1 its standard form is z/√(1 + ψ_1²), and Σ He_4 has a mean."""
    mixture = symsched.ProductMixture([(HALF, Rademacher("a")), (HALF, Normal("a", 0, 1))])
    limit, model = model_of(mixture, 10_000)
    plan = limit.schedule.plan(6, 10_000, 3.0, "canonical")
    found = order_paths(model, plan, np.array([[0.3]])).nu[0, 1, 0]
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    narrow = nodes / math.sqrt(1 + plan.psi[1] ** 2)
    mean = weights @ np.polynomial.hermite_e.hermeval(narrow, [0, 0, 0, 0, 1]) / weights.sum()
    assert abs(mean) * math.sqrt(10_000 / 24) > 0.01
    assert found == pytest.approx(0.3 + math.sqrt(10_000 / 24) * mean, rel=1e-9)


def test_a_path_that_no_window_decides_is_divided_by_the_laws_and_not_half_way_between_their_means():
    """A plain loop: the mean of the coordinates, tanh in the window, and by quadrature the sign of E log p_1/p_2 under
    N(mean, 1) at the first node behind the gap.
    """
    wide, limit = 1e16, derive(exponential_pair(), VP)
    plan = limit.schedule.plan(12, wide, 3)
    gap = int(np.flatnonzero(plan.psi > 0.01)[0])
    psi = plan.psi[gap]

    def log_density(rate, y):  # of z + ψ a, a ~ Exp(rate)
        slope = rate / psi
        return math.log(slope) + slope**2 / 2 - slope * y + special.log_ndtr(y - slope)

    def evidence(mean):
        def integrand(z):
            y = z + mean
            return math.exp(-(z**2) / 2) * (log_density(1, y) - log_density(2, y))

        return integrate.quad(integrand, -12, 12, epsabs=1e-13)[0]

    def mean_behind_the_gap(nu0):
        x = 0.0
        for k in range(gap):
            s, nu = math.sqrt(wide) * plan.psi[k], nu0 + math.sqrt(wide) * x / plan.alpha[k]
            share = special.expit(math.log(7 / 3) + s * nu / 2 - s**2 * (1 - 1 / 4) / 2)
            x = plan.A[k] * x + plan.B[k, k] * (share + (1 - share) / 2)
        return x / plan.alpha[gap]

    def weight_of(decided):
        return 1 - special.ndtr(optimize.brentq(lambda nu0: decided(mean_behind_the_gap(nu0)), -6, 6, xtol=1e-13))

    found = mode_weights(limit.order_model(wide), plan)[0][0]
    assert found == pytest.approx(weight_of(evidence), abs=1e-6)
    # Control: half way between the two means lies somewhere else.
    assert abs(found - weight_of(lambda mean: mean - 3 / 4 * psi)) > 0.01


WELLS = {
    "a wide well and a narrow one": (m**2 * (m - 1) ** 2 * (m**2 + sp.Rational(1, 10)), m, (-1.5, 2.5)),
    "three wells": ((m + 1) ** 2 * m**2 * (m - 3) ** 2 / 100, -m / 3, (-2.5, 4.5)),
}


@pytest.mark.parametrize("name", WELLS)
def test_wells_of_different_widths_divide_undecided_paths_by_the_whole_exponent(name):
    """A plain loop: the mean of Gaussian coordinates under Euler, its posterior a sum over the spin mean m.

    Given m, the mean of z + ψ a is N(ψ m, 1/d), and the density of m is exp(f(m) − d P(m)) for g = m²/2 − P.
    """
    barrier, tilt, reach = WELLS[name]
    wide, measure = 1e6, symsched.MeanField(Normal("a", 0, 1), sp.expand(m**2 / 2 - barrier), tilt)
    limit = derive(measure, VP)
    plan = limit.schedule.plan(8, wide, 1.5)
    means = np.linspace(*reach, 60_001)
    height = sp.lambdify(m, barrier)(means)
    logs = sp.lambdify(m, tilt)(means) - wide * height
    minima = [float(sp.N(saddle.magnetisation)) for saddle in measure.saddles]
    tops = [
        means[inside][np.argmax(height[inside])]
        for low, high in itertools.pairwise(minima)
        for inside in [(means > low) & (means < high)]
    ]
    wells = np.searchsorted(tops, means)

    def ends_in(nu0):
        x = plan.alpha[0] * nu0 / math.sqrt(wide)
        for k in range(plan.steps):
            shares = special.softmax(logs - wide * (x / plan.alpha[k] - plan.psi[k] * means) ** 2 / 2)
            x = plan.A[k] * x + plan.B[k, k] * (shares @ means)
        return int(np.argmax(np.bincount(wells, shares)))

    def edge(k):
        low, high = -6.0, 6.0
        for _ in range(16):
            low, high = ((low + high) / 2, high) if ends_in((low + high) / 2) <= k else (low, (low + high) / 2)
        return special.ndtr(low)

    model = limit.order_model(wide)
    expected = np.diff([0, *(edge(k) for k in range(len(tops))), 1])
    assert mode_weights(model, plan)[0] == pytest.approx(expected, abs=1e-3)

    # Control: by the points alone a path between two wells goes to the nearer one.
    class ByPoints(type(model)):
        whole = False

    fields = {field.name: getattr(model, field.name) for field in dataclasses.fields(model)}
    assert np.abs(mode_weights(ByPoints(**fields), plan)[0] - expected).max() > 0.01


def test_a_mode_beyond_doubt_is_lost_again_where_steps_behind_its_window_are_too_coarse():
    """A plain loop over whole vectors: Poisson(1) by its sum, Normal(1, 1) by Bayes' rule, the product of both laws.

    The third cumulant decides at ψ ~ d^−1/6; 14 Euler steps leave coordinates that are nearer to the normal ones.
    """
    wide, paths = 10_000, 20
    mixture = symsched.ProductMixture([(sp.Rational(2, 5), Poisson("a", 1)), (sp.Rational(3, 5), Normal("a", 1, 1))])
    limit = derive(mixture, VP)
    plan = limit.schedule.plan(14, wide, 2, "interpolant")
    counts = np.arange(25)
    log_masses = -1 - special.gammaln(counts + 1)
    x = plan.alpha[0] * np.random.default_rng(5).standard_normal((paths, wide))
    seen = []
    for k in range(plan.steps):
        psi, y = plan.psi[k], x / plan.alpha[k]
        logs = log_masses + psi * y[..., None] * counts - psi**2 * counts**2 / 2
        poisson, spread = special.logsumexp(logs, axis=2), 1 + psi**2
        normal = ((psi * y + 1) ** 2 / spread - 1 - math.log(spread)) / 2
        seen.append(special.expit(math.log(2 / 3) + (poisson - normal).sum(axis=1)))
        mean = seen[-1][:, None] * (special.softmax(logs, axis=2) @ counts)
        mean += (1 - seen[-1][:, None]) * (psi * y + 1) / spread
        x = plan.A[k] * x + plan.B[k, k] * mean
    assert np.sum(np.array(seen).max(axis=0) > 0.99) > 1  # Control: the window had decided for Poisson.
    assert np.all(seen[-1] < 1e-6)
    assert mode_weights(limit.order_model(wide), plan)[0][0] < 0.01


def test_a_decision_is_kept_where_coordinates_have_become_steps():
    """Atoms ±1 against N(0, 1): after 14 steps 61 nodes of a coordinate's noise divide d = 10⁴ of them wrongly."""
    mixture = symsched.ProductMixture([(HALF, Rademacher("a")), (HALF, Normal("a", 0, 1))])
    limit, model = model_of(mixture, 10_000)
    plan = limit.schedule.plan(14, 10_000, 2, "canonical")
    run = symsched.simulate(mixture, plan, d=10_000, n=800, keep="statistics")
    found = mode_weights(model, plan)[0][0]
    assert found == pytest.approx(run.weights[0].value, abs=0.04)
    assert found > 0.08  # Control: 61 nodes alone say .026.
