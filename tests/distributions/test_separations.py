"""Which modes are told apart, by what, and what is refused: no order without a proof, no 'merge them' that is false."""

import pytest
import sympy as sp
from sympy import Rational
from sympy.stats import (
    Bernoulli,
    BetaBinomial,
    Binomial,
    ContinuousRV,
    Gompertz,
    Laplace,
    Normal,
    Poisson,
    StudentT,
    Uniform,
    YuleSimon,
    Zeta,
)

from symsched import VP, GaussianMixture, GaussianModes, derive
from symsched.distributions.product.mixture import ProductMixture
from symsched.errors import DerivationError
from symsched.laws import DensityLaw
from symsched.symbols import d

HALF = Rational(1, 2)
x = sp.Symbol("x", real=True)


def quartics(c):
    return ContinuousRV(x, (sp.exp(-((x - c) ** 4)) + sp.exp(-((x + c) ** 4))) / (4 * sp.gamma(Rational(5, 4))))


def pair(first, second):
    return ProductMixture([(HALF, first), (HALF, second)])


def same_variance(c):
    return Normal("b", 0, sp.sqrt(c**2 + sp.gamma(Rational(3, 4)) / sp.gamma(Rational(1, 4))))


@pytest.mark.parametrize(
    ("first", "second", "order", "exponent"),
    [
        (quartics(300), same_variance(300), 4, Rational(1, 8)),
        (Normal("a", (1 + 1 / d) ** d, 1), Normal("b", -1, 1), 1, HALF),
        (Normal("a", sp.exp(-d), 1), Normal("b", 1, 1), 1, HALF),
        (Binomial("a", 1000, HALF), Poisson("b", 500), 2, Rational(1, 4)),
        (Binomial("a", 10**5, HALF), Normal("b", 0, 1), 1, HALF),
        (BetaBinomial("a", 6, HALF, Rational(1, 3)), Normal("b", 0, 1), 1, HALF),
        (Gompertz("a", 1, 1), Normal("b", 0, 1), 1, HALF),
        (YuleSimon("a", 6), Normal("b", Rational(6, 5), 1), 2, Rational(1, 4)),
    ],
    ids=str,
)
def test_the_order_that_comes_first(first, second, order, exponent):
    phase = pair(first, second).cascade.phases[0]
    assert (phase.order, phase.exponent) == (order, exponent)


def escaping():
    """Return the law with a share d^(−4/5) of width d^(2/5): its second moment is not that of its limit."""
    share = d ** Rational(-4, 5)
    narrow, wide = (sp.exp(-(x**2) / (2 * v)) / sp.sqrt(2 * sp.pi * v) for v in (1, 1 / share))
    return DensityLaw(x, (1 - share) * narrow + share * wide, -sp.oo, sp.oo)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (YuleSimon("a", 4), Normal("b", Rational(4, 3), 1), "moment of order 4 does not exist"),
        (Zeta("a", 5), Normal("b", sp.zeta(4) / sp.zeta(5), 1), "moment of order 4 does not exist"),
        (StudentT("a", 4), Normal("b", 0, 1), "moment of order 4 does not exist"),
        (escaping(), Normal("b", 0, 1), "still grows with the order q .*1/4 at q = 2, 13/40 at q = 4, 7/20 at q = 6"),
        (escaping(), Normal("b", 5, 1), "the variance of a coordinate tends to 2, but the limit of its law has 1"),
        (Normal("a", d**-HALF, d**-HALF), Normal("b", -(d**-HALF), d**-HALF), r"γ = 0: .*of d\^1/2 a instead"),
        (Normal("a", 0, d**-HALF), Normal("b", 0, 4 * d**-HALF), r"γ = -1/4: .*of d\^1/2 a instead"),
        (Bernoulli("a", d**-HALF), Bernoulli("b", 2 * d**-HALF), "are told apart .* at once: no single order"),
        (Bernoulli("a", d**-HALF), Poisson("b", d**-HALF), "no finite order decides: scaled to width one"),
        (Normal("a", 0, 1), Normal("b", 1 / d, 1), "approach each other too fast"),
    ],
    ids=str,
)
def test_what_no_order_decides_is_refused(first, second, message):
    with pytest.raises(DerivationError, match=message) as caught:
        _ = pair(first, second).cascade
    assert ("merge" in str(caught.value)) == ("too fast" in message)


@pytest.mark.parametrize(
    ("make", "power", "exponent"),
    [
        (lambda c: (Normal("a", c, c), Normal("b", -c, c)), HALF, HALF),
        (lambda c: (Normal("a", 0, c), Normal("b", 0, 4 * c)), HALF, Rational(1, 4)),
        (lambda c: (Laplace("a", 0, c), Laplace("b", 0, 2 * c)), Rational(1, 3), Rational(1, 4)),
        (lambda c: (Uniform("a", 0, c), Uniform("b", 0, 2 * c)), 1, HALF),
    ],
)
def test_the_remedy_of_a_late_separation_works(make, power, exponent):
    with pytest.raises(DerivationError, match=rf"Give the laws of d\^{power} a instead of a: then γ = {exponent}\.$"):
        _ = pair(*make(d**-power)).cascade
    limit = derive(pair(*make(sp.Integer(1))), VP)
    assert limit.phases[0].exponent == exponent
    assert all(check.passed for check in limit.derivation.check())


def test_a_weight_that_vanishes_exponentially():
    with pytest.raises(DerivationError, match="tends to 0"):
        _ = GaussianMixture(sp.exp(-d)).cascade


@pytest.mark.parametrize(
    ("gram", "message"),
    [
        ([[1e-14, 2e-14], [2e-14, 1e-14]], "negative square"),
        ([[1, 1 + Rational(1, 10**20)], [1 + Rational(1, 10**20), 1]], "negative square"),
        ([[1, 1 - 1e-14], [1 - 1e-14, 1]], "the same mean up to rounding"),
        ([[1, 1 + 1e-13], [1 + 1e-13, 1]], "the same mean up to rounding"),
    ],
)
def test_a_gram_matrix_is_held_against_its_own_size(gram, message):
    with pytest.raises(ValueError, match=message):
        GaussianModes([HALF, HALF], gram, 1)
    tiny = Rational(1, 10**14)
    assert GaussianModes([HALF, HALF], [[tiny, -tiny], [-tiny, tiny]], 1).rank == 1
