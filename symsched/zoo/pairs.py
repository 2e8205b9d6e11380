"""Mixtures of two product laws, ordered by the first cumulant in which the two differ."""

import sympy as sp
from sympy.stats import (
    Bernoulli,
    Exponential,
    FiniteRV,
    Gamma,
    Geometric,
    Laplace,
    Normal,
    Poisson,
    Rademacher,
    Uniform,
)

from symsched.distributions.named import GaussianMixture
from symsched.distributions.product.mixture import ProductMixture
from symsched.zoo.entry import Entry, Settings

_ONE = sp.S.One
_HALF = _ONE / 2


def gaussian_mixture(p: sp.Expr = _ONE * 4 / 5, m: sp.Expr = _ONE, sigma: sp.Expr = _HALF) -> ProductMixture:
    """Two Gaussians with opposite means, the paper's first example."""
    return GaussianMixture(p, m, sigma)


def unequal_gaussians(
    p: sp.Expr = _ONE * 2 / 5,
    low: sp.Expr = -_HALF,
    high: sp.Expr = _ONE,
    narrow: sp.Expr = _HALF,
    wide: sp.Expr = _ONE * 3 / 2,
) -> ProductMixture:
    """Two Gaussians that differ in mean and in variance: the mean decides.

    It is p N(high, narrow²) + (1 − p) N(low, wide²).
    """
    return ProductMixture([(p, Normal("a", high, narrow)), (1 - p, Normal("a", low, wide))])


def bernoulli_pixels(
    p: sp.Expr = _ONE * 3 / 5, dark: sp.Expr = _ONE / 4, bright: sp.Expr = _ONE * 3 / 5
) -> ProductMixture:
    """Black-and-white images, dark or bright: two Bernoulli probabilities."""
    return ProductMixture([(p, Bernoulli("a", bright)), (1 - p, Bernoulli("a", dark))])


def exponential_pair(p: sp.Expr = _ONE * 7 / 10, slow: sp.Expr = _ONE, fast: sp.Expr = _ONE * 2) -> ProductMixture:
    """Exponential coordinates of two rates."""
    return ProductMixture([(p, Exponential("a", slow)), (1 - p, Exponential("a", fast))])


def two_variances(p: sp.Expr = _ONE * 3 / 10, wide: sp.Expr = _ONE * 3 / 2, narrow: sp.Expr = _HALF) -> ProductMixture:
    """Two centred Gaussians of different variance (q = 2)."""
    return ProductMixture([(p, Normal("a", 0, wide)), (1 - p, Normal("a", 0, narrow))])


def gamma_or_exponential(p: sp.Expr = _ONE * 2 / 5, shape: sp.Expr = _ONE * 4, mean: sp.Expr = _ONE) -> ProductMixture:
    """Gamma against exponential, of one mean and two variances (q = 2)."""
    return ProductMixture([(p, Gamma("a", shape, mean / shape)), (1 - p, Exponential("a", 1 / mean))])


def skewed_pair(p: sp.Expr = _ONE * 3 / 5, rare: sp.Expr = _ONE / 5) -> ProductMixture:
    """A skewed two-point law against its mirror image: equal mean and variance (q = 3).

    The law is a standardised Bernoulli(rare).
    """
    high, low = sp.sqrt((1 - rare) / rare), -sp.sqrt(rare / (1 - rare))
    right, left = (FiniteRV("a", {sign * high: rare, sign * low: 1 - rare}) for sign in (1, -1))
    return ProductMixture([(p, right), (1 - p, left)])


def poisson_or_geometric(p: sp.Expr = _HALF) -> ProductMixture:
    """Poisson(2) against Geometric(1/2) counts: equal mean and variance (q = 3)."""
    return ProductMixture([(p, Poisson("a", 2)), (1 - p, Geometric("a", _HALF))])


def spins_or_normal(p: sp.Expr = _ONE * 3 / 5) -> ProductMixture:
    """Spins ±1 against standard normals: equal up to third order (q = 4)."""
    return ProductMixture([(p, Rademacher("a")), (1 - p, Normal("a", 0, 1))])


def laplace_or_normal(p: sp.Expr = _ONE * 2 / 5, deviation: sp.Expr = _ONE) -> ProductMixture:
    """Laplace against normal of equal variance: the kurtosis decides (q = 4)."""
    return ProductMixture([(p, Laplace("a", 0, deviation / sp.sqrt(2))), (1 - p, Normal("a", 0, deviation))])


def uniform_or_normal(p: sp.Expr = _HALF, deviation: sp.Expr = _ONE) -> ProductMixture:
    """Uniform against normal of equal variance (q = 4)."""
    half_width = sp.sqrt(3) * deviation
    return ProductMixture([(p, Uniform("a", -half_width, half_width)), (1 - p, Normal("a", 0, deviation))])


def quadrature_or_normal(p: sp.Expr = _HALF) -> ProductMixture:
    """The three-point Gauss–Hermite rule against the normal it integrates: equal up to fifth order (q = 6)."""
    root = sp.sqrt(3)
    rule = FiniteRV("a", {-root: _ONE / 6, sp.S.Zero: _ONE * 2 / 3, root: _ONE / 6})
    return ProductMixture([(p, rule), (1 - p, Normal("a", 0, 1))])


_MEANS = "Mixtures told apart by their means (q = 1)"
_LATER = "Mixtures told apart by a later cumulant"
_COUNTS = Settings(dimensions=(1_000, 10_000), n=1_500)
# A later order needs a smaller κ: its window ends at s = κ^q.
_WIDE = Settings(dimensions=(10_000, 100_000, 1_000_000), n=2_000, steps=60, kappa=2.0)
_SECOND = Settings(dimensions=(10_000, 100_000), n=1_500, steps=60, kappa=1.7)
_SKEW = Settings(dimensions=(10_000, 100_000), n=600, steps=60, kappa=2.0)
_FOURTH = Settings(dimensions=(10_000, 100_000), n=1_000, steps=60, kappa=1.6)
_SIXTH = Settings(dimensions=(10_000, 100_000), n=1_000, steps=60, kappa=1.4)

GAUSSIAN_MIXTURE = Entry(gaussian_mixture, "The paper's two")

PAIRS = (
    Entry(unequal_gaussians, _MEANS),
    Entry(bernoulli_pixels, _MEANS, _COUNTS),
    Entry(exponential_pair, _MEANS, _COUNTS),
    Entry(two_variances, _LATER, _WIDE),
    Entry(gamma_or_exponential, _LATER, _SECOND),
    Entry(skewed_pair, _LATER, _SKEW),
    Entry(poisson_or_geometric, _LATER, _SKEW),
    Entry(spins_or_normal, _LATER, _FOURTH),
    Entry(laplace_or_normal, _LATER, _FOURTH),
    Entry(uniform_or_normal, _LATER, _FOURTH),
    Entry(quadrature_or_normal, _LATER, _SIXTH),
)
