"""Mixtures that are decided on several scales, or on a scale that depends on d."""

from dataclasses import replace

import sympy as sp
from sympy.stats import Normal

from symsched.distributions.product.mixture import ProductMixture
from symsched.symbols import d
from symsched.zoo.entry import Entry, Settings

_ONE = sp.S.One
_HALF = _ONE / 2
_QUARTER = _ONE / 4


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


_GROUP = "Several scales"
_WIDE = Settings(dimensions=(10_000, 100_000, 1_000_000))

TREES = (
    Entry(weak_separation, _GROUP, _WIDE),
    Entry(two_level_tree, _GROUP, replace(_WIDE, n=2_000, steps=60)),
    Entry(means_then_variances, _GROUP, replace(_WIDE, n=2_000, steps=80, kappa=2.5)),
)
