"""Numbers for Curie–Weiss spins that were computed with mpmath independently of this project (β = 2, h = ln 2, κ =
3).
"""

from __future__ import annotations

import pytest
import sympy as sp

from cw_case import limit
from independent.spins import magnetisation, spin_means, up_weight
from symsched.algebra.codegen import number
from symsched.distributions.named import CurieWeiss
from symsched.symbols import d

M = 0.957504024077
WEIGHT = 0.790407328279
SUSCEPTIBILITY = 0.099787978130
WEIGHT_BY_SIGN = 0.789224724239
CRITICAL = (0.855582811839854, 1.6280975720316795)


@pytest.fixture(scope="module")
def measure():
    return CurieWeiss(2, sp.log(2))


class TestDerived:
    def test_magnetisation(self, measure):
        assert number(measure.saddles[-1].magnetisation, "m") == pytest.approx(M, abs=5e-13)
        assert number(measure.saddles[0].magnetisation, "m") == pytest.approx(-M, abs=5e-13)

    def test_magnetisation_to_any_precision(self, measure):
        value = sp.N(measure.saddles[-1].magnetisation, 40)
        assert abs(value - sp.tanh(2 * value)) < sp.Float("1e-38")

    def test_weight(self):
        assert number(limit("vp").cascade.modes[-1].weight, "w") == pytest.approx(WEIGHT, abs=5e-13)

    def test_susceptibility(self, measure):
        saddle = measure.saddles[-1]
        assert number(saddle.variance / saddle.chi, "Λ''/χ") == pytest.approx(SUSCEPTIBILITY, abs=5e-13)

    @pytest.mark.parametrize("name", ["vp", "ve"])
    def test_weight_by_sign(self, name):
        law = limit(name).phases[0].law
        assert 1 - law.cdf(3.0, 0.0) == pytest.approx(WEIGHT_BY_SIGN, abs=5e-13)

    def test_critical_moments_in_a_field(self):
        (phase, *_) = limit("vp", sp.S.One, sp.Rational(4, 5) * d ** sp.Rational(1, 4)).phases
        assert phase.exponent == sp.Rational(1, 4)
        site = phase.law.site()
        assert (site.mean, site.variance + site.mean**2) == pytest.approx(CRITICAL, rel=1e-10)


class TestIndependent:
    """The numbers that the claims hold the derivation against meet the reference values too."""

    def test_roots(self):
        assert magnetisation() == pytest.approx(M, abs=5e-13)
        assert up_weight() == pytest.approx(WEIGHT, abs=5e-13)

    def test_enumeration(self):
        law = spin_means(10**6, 2.0, float(sp.log(2)))
        mean, variance = law.given_up()
        assert (mean, law.up, 10**6 * variance) == pytest.approx((M, WEIGHT, SUSCEPTIBILITY), rel=1e-5)

    def test_enumeration_at_the_critical_point(self):
        size = 10**6
        law = spin_means(size, 1.0, 0.8 * size**0.25)
        assert size**0.25 * law.moment(1) == pytest.approx(CRITICAL[0], rel=2e-3)
