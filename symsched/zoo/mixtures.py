"""Mixtures: of two laws, ordered by the first cumulant that differs; on several scales; in general directions."""

from dataclasses import replace

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

from symsched.distributions.gaussian_modes.modes import GaussianModes
from symsched.distributions.named import GaussianMixture
from symsched.distributions.product.mixture import ProductMixture
from symsched.symbols import d
from symsched.zoo.entry import Entry, Settings

_ONE = sp.S.One
_HALF = _ONE / 2
_THIRD = _ONE / 3
_QUARTER = _ONE / 4


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


def two_level_tree(
    group: sp.Expr = _ONE * 3 / 5,
    left: sp.Expr = _ONE * 7 / 10,
    right: sp.Expr = _ONE * 2 / 5,
    split: sp.Expr = _ONE,
    sigma: sp.Expr = _HALF,
) -> ProductMixture:
    """Two groups of two Gaussians: means O(1) apart between groups and d^(−1/4) apart inside.

    ``group`` is the weight of the group at +1, the other is at −1; members lie ± split d^(−1/4) around their group's
    mean; ``left`` and ``right`` weigh the upper member of either group.
    """
    shift = split * d**-_QUARTER
    return ProductMixture(
        [
            (group * left, Normal("a", 1 + shift, sigma)),
            (group * (1 - left), Normal("a", 1 - shift, sigma)),
            ((1 - group) * right, Normal("a", -1 + shift, sigma)),
            ((1 - group) * (1 - right), Normal("a", -1 - shift, sigma)),
        ]
    )


def means_then_variances(
    group: sp.Expr = _HALF,
    wide: sp.Expr = _ONE * 3 / 2,
    narrow: sp.Expr = _HALF,
    share: sp.Expr = _ONE * 3 / 10,
) -> ProductMixture:
    """Two groups told apart by their means, each of two members told apart by their variances.

    The means are ±1, ``group`` is the weight at +1, ``share`` that of the wide member of either group.
    """
    return ProductMixture(
        [
            (group * share, Normal("a", 1, wide)),
            (group * (1 - share), Normal("a", 1, narrow)),
            ((1 - group) * share, Normal("a", -1, wide)),
            ((1 - group) * (1 - share), Normal("a", -1, narrow)),
        ]
    )


def weak_separation(
    p: sp.Expr = _ONE * 7 / 10, m: sp.Expr = _ONE, decay: sp.Expr = _QUARTER, sigma: sp.Expr = _ONE
) -> ProductMixture:
    """Two Gaussians whose means approach each other like d^(−1/4).

    It is p N(m d^(−decay), σ²) + (1 − p) N(−m d^(−decay), σ²).
    """
    mean = m * d**-decay
    return ProductMixture([(p, Normal("a", mean, sigma)), (1 - p, Normal("a", -mean, sigma))])


def gaussian_triangle(
    first: sp.Expr = _HALF, second: sp.Expr = _ONE * 3 / 10, radius: sp.Expr = _ONE, sigma: sp.Expr = _HALF
) -> GaussianModes:
    """Three Gaussians in a triangle with unequal weights: two order parameters.

    The triangle is equilateral, the weights are first, second and the rest.
    """
    gram = [[radius**2 if k == j else -(radius**2) / 2 for j in range(3)] for k in range(3)]
    return GaussianModes([first, second, 1 - first - second], gram, sigma)


def gaussian_line(
    outer: sp.Expr = _THIRD, inner: sp.Expr = _THIRD, reach: sp.Expr = _ONE, sigma: sp.Expr = _HALF
) -> GaussianModes:
    """Three Gaussians on a line, whose Gram matrix is singular: one order parameter.

    They lie at −reach, 0 and +reach, with weights outer, inner and the rest.
    """
    gram = [[reach**2 * k * j for j in (-1, 0, 1)] for k in (-1, 0, 1)]
    return GaussianModes([outer, inner, 1 - outer - inner], gram, sigma)


def gaussian_simplex(modes: sp.Expr = _ONE * 4, sigma: sp.Expr = _HALF) -> GaussianModes:
    """Four Gaussians of equal weight with orthogonal means: four order parameters."""
    if not (modes.is_Integer and 2 <= modes <= 12):
        raise ValueError(f"modes must be a whole number from 2 to 12, got {modes}")
    return GaussianModes([1 / modes] * int(modes), sp.eye(int(modes)), sigma)


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

_SCALES = "Several scales"
_FAR = Settings(dimensions=(10_000, 100_000, 1_000_000))

TREES = (
    Entry(weak_separation, _SCALES, _FAR),
    Entry(two_level_tree, _SCALES, replace(_FAR, n=2_000, steps=60)),
    Entry(means_then_variances, _SCALES, replace(_FAR, n=2_000, steps=80, kappa=2.5)),
)

_DIRECTIONS = "General directions"

DIRECTIONS = (
    Entry(gaussian_triangle, _DIRECTIONS),
    Entry(gaussian_line, _DIRECTIONS),
    Entry(gaussian_simplex, _DIRECTIONS, Settings(interpolant="ve")),
)
