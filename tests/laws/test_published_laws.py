"""Every univariate law of sympy.stats: cumulants, denoiser and cdf against SciPy, or a refusal that says why."""

import warnings

import numpy as np
import pytest
import sympy as sp
from scipy import special
from sympy import Rational
from sympy.stats import Beta, ContinuousRV, DiscreteRV, LogCauchy, UniformSum, crv_types, drv_types, frv_types

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from published_laws import LAWS, expectation

from symsched.errors import DerivationError
from symsched.laws import law_of

REFUSED = {"LogCauchy": "too much of its mass lies there", "Beta(1/100)": "too much of its mass lies there"}
X = sp.Symbol("X")
FREE = {"ContinuousRV", "FiniteRV"}  # of a user's own density


def zero(a):
    return np.zeros(np.shape(a))


def test_none_of_them_is_left_out():
    published = {name for module in (crv_types, drv_types, frv_types) for name in module.__all__} - FREE
    assert published <= {name.split("(")[0].split()[0] for name in LAWS} | set(REFUSED)


@pytest.mark.parametrize("name", LAWS)
def test_law_agrees_with_its_reference(name, monkeypatch):
    monkeypatch.setenv("SYMSCHED_SECONDS_PER_STEP", "300")
    make, known = LAWS[name]
    law = law_of(make())
    centre, width = law.site().bulk
    assert expectation(known, 0, zero) == pytest.approx(1, abs=1e-8)
    count = next((k - 1 for k in range(1, 5) if not has_moment(law, k)), 4)
    if count:
        mean = expectation(known, 1, zero, centre) + centre
        moments = [expectation(known, k, zero, mean) for k in range(5)]
        wanted = [mean, moments[2], moments[3], moments[4] - 3 * moments[2] ** 2]
        found = [float(sp.N(cumulant, 20)) for cumulant in law.cumulants(count)]
        for k, (one, other) in enumerate(zip(found, wanted, strict=False), start=1):
            assert abs(one - other) < 1e-7 * (moments[2] ** (k / 2) if count > 1 else width), (k, one, other)
    s = 1 / width
    for nu in (s * centre - 2, s * centre + 1.5):

        def kernel(a, nu=nu):
            return -((nu - s * a) ** 2) / 2

        denoised = expectation(known, 1, kernel, centre) / expectation(known, 0, kernel) + centre
        below = expectation(known, 0, lambda a, nu=nu: special.log_ndtr(nu - s * a))
        assert law.denoiser(s, nu) == pytest.approx(denoised, abs=1e-8 * width, rel=1e-12)
        assert law.cdf(s, nu) == pytest.approx(below, abs=1e-9)


def test_a_law_of_which_the_parts_take_too_long_is_refused_in_time(monkeypatch):
    monkeypatch.setenv("SYMSCHED_SECONDS_PER_STEP", "0.2")
    with pytest.raises(DerivationError, match=r"^law in numbers: it was not done after 0.2 seconds"):
        law_of(UniformSum("a", 180))


def has_moment(law, order):
    try:
        law.require_moments(order)
    except DerivationError:
        return False
    return True


@pytest.mark.parametrize(
    ("rv", "message"),
    [
        (lambda: LogCauchy("a", 0, 1), REFUSED["LogCauchy"]),
        (lambda: Beta("a", Rational(1, 100), Rational(1, 100)), REFUSED["Beta(1/100)"]),
        (
            lambda: ContinuousRV(X, sp.DiracDelta(X) / 2 + sp.exp(-(X**2) / 2) / sp.sqrt(8 * sp.pi)),
            "with an atom in it",
        ),
        (lambda: ContinuousRV(X, sp.exp(-X), set=sp.Interval(0, 1)), "integrates to 0.63212"),
        (lambda: DiscreteRV(X, Rational(1, 3) ** X, set=sp.S.Naturals), "sums to 0.5"),
    ],
)
def test_what_is_refused_says_why(rv, message):
    with pytest.raises(ValueError, match=message):
        law_of(rv())
