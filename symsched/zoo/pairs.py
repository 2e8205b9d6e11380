"""Mixtures of two product laws, ordered by the first cumulant in which the two differ."""

from __future__ import annotations

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
from symsched.laws import AbstractLaw
from symsched.zoo.entry import Entry, Settings

_ONE = sp.S.One
_HALF = _ONE / 2
_THIRD = _ONE / 3


def _pair(weight: sp.Expr, first: sp.Expr | AbstractLaw, second: sp.Expr | AbstractLaw) -> ProductMixture:
    weight = sp.S(weight)
    return ProductMixture([(weight, first), (1 - weight, second)])


def gaussian_mixture(p: sp.Expr = _ONE * 4 / 5, m: sp.Expr = _ONE, sigma: sp.Expr = _HALF) -> ProductMixture:
    """Return p N(m, σ²) + (1 − p) N(−m, σ²) per coordinate, the paper's mixture."""
    return GaussianMixture(p, m, sigma)


def unequal_gaussians(
    p: sp.Expr = _ONE * 2 / 5,
    low: sp.Expr = -_HALF,
    high: sp.Expr = _ONE,
    narrow: sp.Expr = _HALF,
    wide: sp.Expr = _ONE * 3 / 2,
) -> ProductMixture:
    """Return p N(high, narrow²) + (1 − p) N(low, wide²): means and variances both differ."""
    return _pair(p, Normal("a", high, narrow), Normal("a", low, wide))


def bernoulli_pixels(
    p: sp.Expr = _ONE * 3 / 5, dark: sp.Expr = _ONE / 4, bright: sp.Expr = _ONE * 3 / 5
) -> ProductMixture:
    """Return black-and-white images of two brightnesses: p Bernoulli(bright) + (1 − p) Bernoulli(dark)."""
    return _pair(p, Bernoulli("a", bright), Bernoulli("a", dark))


def exponential_pair(p: sp.Expr = _ONE * 7 / 10, slow: sp.Expr = _ONE, fast: sp.Expr = _ONE * 2) -> ProductMixture:
    """Return p Exponential(rate slow) + (1 − p) Exponential(rate fast)."""
    return _pair(p, Exponential("a", slow), Exponential("a", fast))


def two_variances(p: sp.Expr = _ONE * 3 / 10, wide: sp.Expr = _ONE * 3 / 2, narrow: sp.Expr = _HALF) -> ProductMixture:
    """Return p N(0, wide²) + (1 − p) N(0, narrow²)."""
    return _pair(p, Normal("a", 0, wide), Normal("a", 0, narrow))


def gamma_or_exponential(p: sp.Expr = _ONE * 2 / 5, shape: sp.Expr = _ONE * 4, mean: sp.Expr = _ONE) -> ProductMixture:
    """Return p Gamma(shape, mean/shape) + (1 − p) Exponential(1/mean): one mean, two variances."""
    shape, mean = sp.S(shape), sp.S(mean)
    return _pair(p, Gamma("a", shape, mean / shape), Exponential("a", 1 / mean))


def skewed_pair(p: sp.Expr = _ONE * 3 / 5, rare: sp.Expr = _ONE / 5) -> ProductMixture:
    """Return a standardised Bernoulli(rare) with weight p, and its mirror image: equal means and variances."""
    rare = sp.S(rare)
    high, low = sp.sqrt((1 - rare) / rare), -sp.sqrt(rare / (1 - rare))
    right = FiniteRV("a", {high: rare, low: 1 - rare})
    left = FiniteRV("a", {-high: rare, -low: 1 - rare})
    return _pair(p, right, left)


def poisson_or_geometric(p: sp.Expr = _HALF) -> ProductMixture:
    """Return p Poisson(2) + (1 − p) Geometric(1/2): both have mean 2 and variance 2."""
    return _pair(p, Poisson("a", 2), Geometric("a", _HALF))


def spins_or_normal(p: sp.Expr = _ONE * 3 / 5) -> ProductMixture:
    """Return spins ±1 with weight p and N(0, 1) with weight 1 − p: equal up to the third cumulant."""
    return _pair(p, Rademacher("a"), Normal("a", 0, 1))


def laplace_or_normal(p: sp.Expr = _ONE * 2 / 5, deviation: sp.Expr = _ONE) -> ProductMixture:
    """Return Laplace with weight p and normal with weight 1 − p, both centred with one standard deviation."""
    deviation = sp.S(deviation)
    return _pair(p, Laplace("a", 0, deviation / sp.sqrt(2)), Normal("a", 0, deviation))


def uniform_or_normal(p: sp.Expr = _HALF, deviation: sp.Expr = _ONE) -> ProductMixture:
    """Return uniform with weight p and normal with weight 1 − p, both centred with one standard deviation."""
    half_width = sp.sqrt(3) * sp.S(deviation)
    return _pair(p, Uniform("a", -half_width, half_width), Normal("a", 0, deviation))


def quadrature_or_normal(p: sp.Expr = _HALF) -> ProductMixture:
    """Return the three-point Gauss–Hermite rule with weight p and N(0, 1) with weight 1 − p: five equal moments."""
    root = sp.sqrt(3)
    rule = FiniteRV("a", {-root: _THIRD / 2, sp.S.Zero: 2 * _THIRD, root: _THIRD / 2})
    return _pair(p, rule, Normal("a", 0, 1))


_MEANS = "Mixtures told apart by their means (q = 1)"
_LATER = "Mixtures told apart by a later cumulant"
_COUNTS = Settings(dimensions=(1_000, 10_000), n=1_500)
# A later order needs a smaller κ: its window ends at s = κ^q.
_SECOND = Settings(dimensions=(10_000, 100_000), n=1_500, steps=60, kappa=1.7)
_SKEW = Settings(dimensions=(10_000, 100_000), n=600, steps=60, kappa=2.0)
_FOURTH = Settings(dimensions=(10_000, 100_000), n=1_000, steps=60, kappa=1.6)
_SIXTH = Settings(dimensions=(10_000, 100_000), n=1_000, steps=60, kappa=1.4)

GAUSSIAN_MIXTURE = Entry(
    "gaussian-mixture",
    "Two Gaussians with opposite means, the paper's first example",
    gaussian_mixture,
    "The paper's two",
)

PAIRS = (
    Entry(
        "unequal-gaussians",
        "Two Gaussians that differ in mean and in variance: the mean decides",
        unequal_gaussians,
        _MEANS,
    ),
    Entry(
        "bernoulli-pixels",
        "Black-and-white images, dark or bright: two Bernoulli probabilities",
        bernoulli_pixels,
        _MEANS,
        _COUNTS,
    ),
    Entry("exponential-pair", "Exponential coordinates of two rates", exponential_pair, _MEANS, _COUNTS),
    Entry(
        "two-variances",
        "Two centred Gaussians of different variance (q = 2)",
        two_variances,
        _LATER,
        Settings(dimensions=(10_000, 100_000, 1_000_000), n=2_000, steps=60, kappa=2.0),
    ),
    Entry(
        "gamma-or-exponential",
        "Gamma against exponential, of one mean and two variances (q = 2)",
        gamma_or_exponential,
        _LATER,
        _SECOND,
    ),
    Entry(
        "skewed-pair",
        "A skewed two-point law against its mirror image: equal mean and variance (q = 3)",
        skewed_pair,
        _LATER,
        _SKEW,
    ),
    Entry(
        "poisson-or-geometric",
        "Poisson(2) against Geometric(1/2) counts: equal mean and variance (q = 3)",
        poisson_or_geometric,
        _LATER,
        _SKEW,
    ),
    Entry(
        "spins-or-normal",
        "Spins ±1 against standard normals: equal up to third order (q = 4)",
        spins_or_normal,
        _LATER,
        _FOURTH,
    ),
    Entry(
        "laplace-or-normal",
        "Laplace against normal of equal variance: the kurtosis decides (q = 4)",
        laplace_or_normal,
        _LATER,
        _FOURTH,
    ),
    Entry("uniform-or-normal", "Uniform against normal of equal variance (q = 4)", uniform_or_normal, _LATER, _FOURTH),
    Entry(
        "quadrature-or-normal",
        "The three-point Gauss–Hermite rule against the normal it integrates: equal up to fifth order (q = 6)",
        quadrature_or_normal,
        _LATER,
        _SIXTH,
    ),
)
