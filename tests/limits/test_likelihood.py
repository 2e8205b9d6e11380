"""Local asymptotic normality against the likelihood ratio itself: its rest falls with d as derived."""

import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from sympy.stats import Normal, StudentT

import symsched
from symsched.distributions.normality import hermite, normality, standard
from symsched.laws import AtomLaw
from symsched.limits.derivation.likelihood import likelihood_steps
from symsched.symbols import d, psi, s
from symsched.zoo import find

R = sp.Rational
TWO = {"wide": (0, R(3, 2)), "narrow": (0, R(1, 2)), "right": (1, R(1, 2)), "left": (-1, R(1, 2)), "far": (-1, R(3, 2))}
"""Gaussian coordinates: mean and width."""


def gaussian_rest(first, other, order, terms, dimension):
    """Root of E R² for d Gaussian coordinates at s = 1: the ratio of two densities of z + ψ a less ``terms`` of it.

    Everything is a sum over Gauss–Hermite nodes in 40 digits; ``terms`` are coefficients of ψ^n He_h(y).
    """
    with mpmath.workdps(40):
        ratio = mpmath.mpf(dimension) ** (-mpmath.mpf(1) / (2 * order))
        nodes, weights = NODES
        mean, width = (mpmath.mpf(sp.N(value, 40)) for value in TWO[first])
        centre, variance = ratio * mean, 1 + ratio**2 * width**2
        other_mean, other_width = (mpmath.mpf(sp.N(value, 40)) for value in TWO[other])
        other_centre, other_variance = ratio * other_mean, 1 + ratio**2 * other_width**2
        rests = []
        for node in nodes:
            y = centre + mpmath.sqrt(variance) * node
            exact = ((y - centre) ** 2 / variance - (y - other_centre) ** 2 / other_variance) / 2
            exact += mpmath.log(variance / other_variance) / 2
            told = sum(c * ratio**n * HERMITE[h](y) for (n, h), c in terms.items())
            rests.append(exact - told)
        average = mpmath.fsum(w * r for w, r in zip(weights, rests, strict=True))
        spread = mpmath.fsum(w * (r - average) ** 2 for w, r in zip(weights, rests, strict=True))
        return float(mpmath.sqrt(dimension * spread + (dimension * average) ** 2))


def gauss_hermite(count):
    roots, _ = np.polynomial.hermite_e.hermegauss(count)
    with mpmath.workdps(40):
        nodes = [mpmath.findroot(lambda x: mpmath.hermite(count, x / mpmath.sqrt(2)), root) for root in roots]
        scaled = [1 / mpmath.hermite(count - 1, x / mpmath.sqrt(2)) ** 2 for x in nodes]
        total = mpmath.fsum(scaled)
        return nodes, [w / total for w in scaled]


NODES = gauss_hermite(12)
HERMITE = (lambda y: 1, lambda y: y, lambda y: y**2 - 1, lambda y: y**3 - 3 * y, lambda y: y**4 - 6 * y**2 + 3)


def coefficients(expression):
    """The coefficients of ψ^n He_h in an expression, He_0 = 1."""
    named = {hermite(h): sp.Symbol(f"H{h}") for h in range(1, 5)}
    found = sp.Poly(sp.expand(expression.xreplace(named)), psi, *named.values())
    return {
        (powers[0], next((h for h, power in enumerate(powers[1:], 1) if power), 0)): mpmath.mpf(sp.N(value, 40))
        for powers, value in found.terms()
    }


def law(name):
    mean, width = TWO[name]
    return symsched.law_of(Normal("a", mean, width))


def slope(values, sizes):
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


@pytest.mark.parametrize(
    ("first", "other", "order", "exponent"),
    [("right", "left", 1, R(1)), ("right", "far", 1, R(1, 2)), ("wide", "narrow", 2, R(1, 2))],
)
def test_the_rest_falls_as_derived(first, other, order, exponent):
    found = normality(law(first), law(other), order, R(1, 2 * order))
    assert found.exponent == exponent
    sizes = [10.0**k for k in range(6, 13)]
    decides, leading = coefficients(found.decides), coefficients(found.rest)
    rests = [gaussian_rest(first, other, order, decides, size) for size in sizes]
    assert slope(rests, sizes) == pytest.approx(-float(exponent), abs=1e-3)
    # Its size, not only its rate.
    wanted = float(sp.N(found.size.subs(s, 1)))
    assert rests[-1] * sizes[-1] ** float(exponent) == pytest.approx(wanted, rel=1e-3)
    # With the leading terms taken off too it falls faster.
    both = {key: decides.get(key, 0) + leading.get(key, 0) for key in {*decides, *leading}}
    assert slope([gaussian_rest(first, other, order, both, size) for size in sizes], sizes) < -float(exponent) - 0.2
    # The control: without the term of order ψ^{2q} that decides, nothing falls at all.
    cut = {key: value for key, value in decides.items() if key != (2 * order, 0)}
    if len(cut) < len(decides):
        assert abs(slope([gaussian_rest(first, other, order, cut, size) for size in sizes], sizes)) < 0.02
    first_term = {key: value for key, value in decides.items() if key[1] == 0}
    assert abs(slope([gaussian_rest(first, other, order, first_term, size) for size in sizes], sizes)) < 0.02


def test_one_order_left_out_of_a_symmetric_pair_is_seen():
    """Means 1 and 0: the term ψ² (g² − 0)/2 matters, and its rest falls like 1/d only with it."""
    pair = (symsched.law_of(Normal("a", 1, 1)), symsched.law_of(Normal("a", 0, 1)))
    found = normality(*pair, 1, R(1, 2))
    assert sp.expand(found.decides - (-psi * hermite(1) + psi**2 / 2)) == 0
    assert (found.exponent, sp.simplify(found.size - s**3 * sp.sqrt(s**2 + 4) / 2)) == (1, 0)


@pytest.mark.parametrize(
    ("name", "exponent"),
    [
        ("skewed-pair", R(1, 3)),
        ("poisson-or-geometric", R(1, 6)),
        ("spins-or-normal", R(1, 4)),
        ("quadrature-or-normal", R(1, 6)),
        ("weak-separation", R(1, 2)),
        ("curie-weiss", R(1)),
        ("blume-capel-coexistence", R(1, 2)),
    ],
)
def test_rates_of_the_zoo_and_their_own_numbers(name, exponent):
    entry = find(name)
    phase = symsched.derive(entry.distribution(), entry.settings.path).phases[0].canonical
    (step,) = likelihood_steps(phase)
    assert f"R_k = O_P(d^(−{exponent}))" in step.rule or (exponent == 1 and "R_k = O_P(d^(−1))" in step.rule)
    assert [str(check) for check in step.check() if not check.passed] == []


def test_moments_that_do_not_exist_leave_no_rate():
    tails, thin = symsched.law_of(StudentT("a", 5)), symsched.law_of(Normal("a", 0, 1))
    mixture = symsched.ProductMixture([(R(1, 2), tails), (R(1, 2), thin)])
    rules = [step.rule for step in symsched.derive(mixture, symsched.VP).derivation.steps]
    assert any("differs first" in rule for rule in rules) and not any("expanded" in rule for rule in rules)


def test_what_is_exact_has_no_rest():
    points = [AtomLaw((sp.Integer(value),), (sp.S.One,)) for value in (1, -1)]
    found = normality(*points, 1, R(1, 2))
    assert (found.rest, found.size, found.exponent) == (0, 0, None)
    assert sp.expand(found.decides + 2 * psi * hermite(1)) == 0
    assert standard in found.decides.free_symbols and d not in found.decides.free_symbols
    assert math.isclose(1.0, float(sp.N(hermite(1).subs(standard, 1).replace(sp.Function("He_1"), lambda y: y))))
