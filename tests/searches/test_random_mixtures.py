"""Random mixtures of product laws against numbers that share no code with the package.

A law is here a table of nodes and weights (Gauss–Legendre panels, atoms), made from its textbook density. Every check
is a function that must also refuse a wrong exponent, a wrong order and a wrong atom.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np
import sympy as sp
from hypothesis import assume
from hypothesis import strategies as st
from random_cases import searched
from scipy import interpolate, special
from sympy.stats import Bernoulli, Exponential, FiniteRV, Gamma, Laplace, Logistic, Normal, Poisson, Rademacher, Uniform

import symsched

R = sp.Rational


# Laws as tables.


class Law(NamedTuple):
    """A sympy.stats variable and the same law as nodes and weights."""

    variable: object
    nodes: np.ndarray
    weights: np.ndarray

    def moment(self, order, about=0.0):
        return float(np.sum(self.weights * (self.nodes - about) ** order))

    def partition(self, psi, y, about):
        """E exp(ψ (a − about) y − ψ² (a − about)²/2) at each y."""
        shifted = psi * (self.nodes - about)
        return np.exp(y[:, None] * shifted - shifted**2 / 2) @ self.weights


GAUSS = np.polynomial.legendre.leggauss(16)


def panels(density, edges):
    """Nodes and weights of a density by Gauss–Legendre between the edges."""
    low, high = np.asarray(edges[:-1], float)[:, None], np.asarray(edges[1:], float)[:, None]
    nodes = ((low + high) / 2 + (high - low) / 2 * GAUSS[0]).ravel()
    weights = ((high - low) / 2 * GAUSS[1]).ravel() * density(nodes)
    assert abs(weights.sum() - 1) < 1e-12
    return nodes, weights


def around(centre, width, reach, count):
    return centre + width * np.linspace(-reach, reach, 2 * count + 1)


def normal(mean, variance):
    c, v = float(mean), float(variance)
    table = panels(
        lambda a: np.exp(-((a - c) ** 2) / (2 * v)) / math.sqrt(2 * math.pi * v), around(c, math.sqrt(v), 9, 9)
    )
    return Law(Normal("a", mean, sp.sqrt(variance)), *table)


def uniform(mean, variance):
    half = sp.sqrt(3 * variance)
    h = float(half)
    table = panels(lambda a: np.full(a.shape, 1 / (2 * h)), around(float(mean), h, 1, 2))
    return Law(Uniform("a", mean - half, mean + half), *table)


def laplace(mean, variance):
    scale = sp.sqrt(variance / 2)
    c, b = float(mean), float(scale)
    return Law(Laplace("a", mean, scale), *panels(lambda a: np.exp(-abs(a - c) / b) / (2 * b), around(c, b, 36, 30)))


def logistic(mean, variance):
    scale = sp.sqrt(3 * variance) / sp.pi
    c, b = float(mean), float(scale)
    return Law(
        Logistic("a", mean, scale),
        *panels(lambda a: 1 / (4 * b * np.cosh((a - c) / (2 * b)) ** 2), around(c, b, 36, 30)),
    )


def gamma(mean, variance):
    shape, scale = mean**2 / variance, variance / mean
    assume(shape.is_integer)  # a density that is smooth up to 0, for the plain rule of this file
    k, b = int(shape), float(scale)
    table = panels(
        lambda a: (a / b) ** (k - 1) * np.exp(-a / b) / (b * math.gamma(k)), b * np.linspace(0, 60 + 3 * k, 50)
    )
    return Law(Exponential("a", 1 / scale) if k == 1 else Gamma("a", shape, scale), *table)


def poisson(mean, variance):
    assume(mean == variance)
    k = np.arange(60)
    return Law(Poisson("a", mean), k, np.exp(k * math.log(mean) - float(mean) - special.gammaln(k + 1)))


def atoms(table, variable=None):
    return Law(
        FiniteRV("a", table) if variable is None else variable,
        np.array([float(value) for value in table]),
        np.array([float(weight) for weight in table.values()]),
    )


def symmetric_pair(mean, variance):
    if (mean, variance) == (0, 1):
        return atoms({-1: R(1, 2), 1: R(1, 2)}, Rademacher("a"))
    if mean == R(1, 2) and variance == R(1, 4):
        return atoms({0: R(1, 2), 1: R(1, 2)}, Bernoulli("a", R(1, 2)))
    return atoms({mean + sign * sp.sqrt(variance): R(1, 2) for sign in (-1, 1)})


def skewed_pair(mean, variance):
    """Weights 1/5 and 4/5 at mean + 2√v and mean − √v/2."""
    return atoms({mean + 2 * sp.sqrt(variance): R(1, 5), mean - sp.sqrt(variance) / 2: R(4, 5)})


KINDS = (normal, uniform, laplace, logistic, gamma, poisson, symmetric_pair, skewed_pair)
MEANS = st.sampled_from([R(0), R(1, 2), R(1), R(2)])
VARIANCES = st.sampled_from([R(1, 4), R(1), R(9, 4)])


@st.composite
def mixtures(draw, orders=(1, 2, 3, 4)):
    """Weights and laws that share what the drawn order says: nothing, the mean, or the mean and the variance."""
    order = draw(st.sampled_from(orders))
    size = draw(st.integers(2, 3))
    mean, variance = draw(MEANS), draw(VARIANCES)
    laws = []
    for _ in range(size):
        here = draw(MEANS) if order == 1 else mean
        spread = draw(VARIANCES) if order <= 2 else variance
        kind = draw(st.sampled_from(KINDS))
        assume(kind is not gamma or here > 0)
        laws.append(kind(here, spread))
    pairs = list(itertools.combinations(laws, 2))
    assume(all(first_order(left, right) is not None for left, right in pairs))
    if order > 1:
        assume(min(first_order(left, right) for left, right in pairs) == order)
    shares = [draw(st.integers(1, 5)) for _ in laws]
    return [R(share, sum(shares)) for share in shares], laws


def first_order(left, right):
    """The first order at which moments differ: up to there their differences are those of cumulants."""
    centre = left.moment(1)
    for order in range(1, 5):
        if abs(left.moment(order, centre) - right.moment(order, centre)) > 1e-9:
            return order
    return None


def mixture_of(weights, laws):
    return symsched.ProductMixture(list(zip(weights, [law.variable for law in laws], strict=True)))


# What the package says of a pair of modes.


def separation(limit, k, j):
    """(order, exponent, g_k − g_j, conditional weights of the two sides) of the phase that tells two modes apart."""
    for phase in limit.phases:
        for branch in phase.branches:
            sides = [[i for i, block in enumerate(branch.outcomes) if mode in block] for mode in (k, j)]
            if all(sides) and sides[0] != sides[1]:
                (left,), (right,) = sides
                gap = float(sp.N(branch.law.values[left] - branch.law.values[right], 20))
                return phase.order, phase.exponent, gap, (branch.law.weights[left], branch.law.weights[right])
    raise AssertionError(f"no phase tells {k} and {j} apart")


# Independent numbers.

Y = np.linspace(-13, 13, 1041)
NOISE = np.exp(-(Y**2) / 2) / math.sqrt(2 * math.pi) * (Y[1] - Y[0])


def log_ratio(left, right, psi):
    """Mean and variance of log p_left/p_right of one noised coordinate drawn from the left law, by the trapezium."""
    centre = left.moment(1)
    first, second = (law.partition(psi, Y, centre) for law in (left, right))
    change = (first - second) / second
    # (1 + x) log(1 + x) − x is positive: no cancellation between the two tails.
    mean = np.sum(NOISE * second * ((1 + change) * np.log1p(change) - change))
    square = np.sum(NOISE * first * np.log1p(change) ** 2)
    return float(mean), float(square - mean**2)


def reach(left, right):
    centre = left.moment(1)
    return max(math.sqrt(law.moment(2, centre)) for law in (left, right))


def divergence_agrees(left, right, order, gap):
    """Whether KL/ψ^{2q} → (Δg)²/2 as ψ → 0, by four values of ψ and the removal of ψ, ψ² and ψ³."""
    psis = 0.08 / reach(left, right) / 2.0 ** np.arange(4)
    level = [log_ratio(left, right, psi)[0] / psi ** (2 * order) for psi in psis]
    for power in (1, 2, 3):
        level = [(2**power * fine - coarse) / (2**power - 1) for coarse, fine in itertools.pairwise(level)]
    return abs(level[0] - gap**2 / 2) < 5e-3 * gap**2 / 2


def window_agrees(left, right, order, exponent, gap):
    """Whether at ψ = s d^−γ the log likelihood ratio has mean s^{2q} Δg²/2 and twice that as variance, at large d."""
    strength = 1.3
    d = (200 * reach(left, right)) ** (2 * order)
    mean, variance = (d * value for value in log_ratio(left, right, strength * d ** -float(exponent)))
    expected = strength ** (2 * order) * gap**2 / 2
    return abs(mean / expected - 1) < 0.06 and abs(variance / (2 * expected) - 1) < 0.06


def atoms_agree(left, right, order, gap):
    """Whether √q! Δg is the difference of the q-th moments, with its sign."""
    centre = left.moment(1)
    difference = left.moment(order, centre) - right.moment(order, centre)
    return abs(difference - math.sqrt(math.factorial(order)) * gap) < 1e-9 * (1 + abs(difference))


def weights_agree(limit, weights):
    """Whether every branch weighs what its modes weigh, and every atom its share of that."""
    for phase in limit.phases:
        for branch in phase.branches:
            total = sum(weights[mode] for mode in branch.modes)
            shares = [sum(weights[mode] for mode in block) / total for block in branch.outcomes]
            if branch.weight != total or (branch.outcomes and list(branch.law.weights) != shares):
                return False
    return True


@searched(4, mixtures())
def test_orders_exponents_atoms_and_weights_of_random_mixtures(drawn):
    weights, laws = drawn
    limit = symsched.derive(mixture_of(weights, laws), symsched.VP)
    assert weights_agree(limit, weights)
    assert not weights_agree(limit, [weights[0] + R(1, 100), *weights[1:-1], weights[-1] - R(1, 100)])
    for k, j in itertools.combinations(range(len(laws)), 2):
        left, right = laws[k], laws[j]
        order, exponent, gap, _ = separation(limit, k, j)
        assert order == first_order(left, right)
        assert exponent == R(1, 2 * order)
        assert atoms_agree(left, right, order, gap)
        assert divergence_agrees(left, right, order, gap)
        assert window_agrees(left, right, order, exponent, gap)
        # What is wrong must fail the same checks.
        assert not atoms_agree(left, right, order, -gap)
        for wrong in (order - 1, order + 1):
            assert not divergence_agrees(left, right, wrong, gap)
            assert not window_agrees(left, right, order, R(1, 2 * max(wrong, 1)) if wrong else 1, gap)
        for factor in (0.97, 1.03, math.sqrt(order + 1)):
            assert not divergence_agrees(left, right, order, factor * gap)
        assert not window_agrees(left, right, order, exponent, 1.1 * gap)


# The exact posterior at large d.


def exact_posterior(weights, laws, psi, y, centre):
    """π_k ∝ w_k Π_i Z_k(ψ, y_i), with log Z_k interpolated from the table of the law."""
    grid = np.linspace(y.min() - 0.1, y.max() + 0.1, 3000)
    logs = [
        math.log(weight) + interpolate.CubicSpline(grid, np.log(law.partition(psi, grid, centre)))(y).sum()
        for weight, law in zip(weights, laws, strict=True)
    ]
    return special.softmax(logs)


def limiting_posterior(weights, points, order, strength, nu):
    """π_k ∝ w_k exp(s g_k ν − s² g_k²/2) with s the q-th power of the strength."""
    lift = strength**order
    points = np.asarray(points)
    return special.softmax(np.log(weights) + lift * points * nu - lift**2 * points**2 / 2)


def posterior_agrees(draws, weights, points, order, strength):
    found = [limiting_posterior(weights, points, order, strength, nu) for _, nu in draws]
    errors = [np.abs(exact - limit).sum() / 2 for (exact, _), limit in zip(draws, found, strict=True)]
    return float(np.mean(errors)) < 0.03


@searched(3, mixtures(orders=(1, 2)), st.integers(0, 2**32 - 1))
def test_the_exact_posterior_of_random_mixtures_at_large_dimension(drawn, seed):
    weights, laws = drawn
    found = mixture_of(weights, laws).cascade.phases[0]
    (branch,) = found.branches
    assume(len(branch.outcomes) == len(laws))
    points = np.array([float(sp.N(value, 20)) for value in branch.law.values])
    shares = np.array([float(weight) for weight in weights])
    order, d = found.order, 400_000
    # A strength at which the modes are half told apart, so that a wrong posterior shows.
    strength = (1.5 / max(abs(p - q) for p in points for q in points)) ** (1 / order)
    psi = strength * d ** -float(found.exponent)
    assume(psi * max(reach(left, right) for left, right in itertools.combinations(laws, 2)) < 0.15)
    centre = float(found.common[0][0]) if order == 2 else 0.0
    rng = np.random.default_rng(seed)
    draws = []
    for mode in rng.choice(len(laws), 6, p=shares):
        law = laws[mode]
        chances = law.weights / law.weights.sum()
        y = rng.standard_normal(d) + psi * (rng.choice(law.nodes, d, p=chances) - centre)
        hermite = y if order == 1 else y**2 - 1
        draws.append((exact_posterior(shares, laws, psi, y, centre), hermite.sum() / math.sqrt(order * d)))
    assert posterior_agrees(draws, shares, points, order, strength)
    assert not posterior_agrees(draws, shares, points[::-1], order, strength)
    assert not posterior_agrees(draws, shares, 2 * points, order, strength)
    assert not posterior_agrees(draws, shares, points, order, strength / 2)


@searched(3, mixtures(orders=(1, 2, 3, 4)), st.integers(0, 2**32 - 1))
def test_the_model_has_the_posterior_of_the_plain_product(drawn, seed):
    weights, laws = drawn
    d, psi = 300, 0.3
    y = np.random.default_rng(seed).standard_normal(d) * 1.1 + 0.1
    exact = exact_posterior([float(w) for w in weights], laws, psi, y, 0.0)
    _, found = mixture_of(weights, laws).model(d).posterior(psi, y[None])
    np.testing.assert_allclose(found[0], exact, atol=1e-7)
