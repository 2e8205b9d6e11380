"""Cumulants by numbers against mixtures known in closed form, moments against tails, and steps that run out of time."""

import contextlib
import random
import threading
import time

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from sympy import Rational
from sympy.stats import (
    Beta,
    BetaBinomial,
    ContinuousRV,
    FiniteRV,
    Gamma,
    LogNormal,
    Pareto,
    Poisson,
    StudentT,
    Uniform,
    YuleSimon,
    Zeta,
)

from symsched.algebra.asymptotics import NegligibleError, leading_power, limit_in_dimension
from symsched.algebra.budget import within_budget
from symsched.errors import DerivationError
from symsched.laws import DensityLaw, LatticeLaw, law_of
from symsched.symbols import d

x = sp.Symbol("x", real=True)
k = sp.Symbol("k", integer=True)
QUARTIC = sp.gamma(Rational(3, 4)) / sp.gamma(Rational(1, 4))


def bumps(seed):
    """Return weights, centres and widths of quartic bumps, far apart and of very different sizes."""
    rng = random.Random(seed)
    count = rng.randint(2, 5)
    shares = [rng.randint(1, 20) for _ in range(count)]
    weights = [Rational(share, sum(shares)) for share in shares]
    centres = [Rational(rng.randint(-(10**6), 10**6), 10 ** rng.randint(0, 5)) for _ in range(count)]
    return weights, centres, [Rational(rng.randint(1, 1000), 100) for _ in range(count)]


@pytest.mark.parametrize("seed", range(8))
def test_bumps_far_apart_have_the_moments_of_their_mixture(seed):
    weights, centres, widths = bumps(seed)
    density = sum(
        w * sp.exp(-(((x - c) / s) ** 4)) / (2 * s * sp.gamma(Rational(5, 4)))
        for w, c, s in zip(weights, centres, widths, strict=True)
    )
    law = law_of(ContinuousRV(x, density))
    mean = sp.Add(*(w * c for w, c in zip(weights, centres, strict=True)))
    variance = sp.Add(
        *(w * (s**2 * QUARTIC + (c - mean) ** 2) for w, c, s in zip(weights, centres, widths, strict=True))
    )
    for found, error, wanted in zip(law.cumulants(2), law.cumulant_errors(2), (mean, variance), strict=True):
        assert abs(sp.N(found - wanted, 30)) <= error <= 1e-15 * float(variance)
    assert law.site().mean == pytest.approx(float(mean), abs=1e-8 * float(variance) ** 0.5 + 1e-11 * abs(float(mean)))


def exists(law, order):
    try:
        law.require_moments(order)
    except DerivationError as error:
        assert f"order {order} does not exist" in str(error)
        return False
    return True


@pytest.mark.parametrize(
    ("law", "highest"),
    [
        (law_of(YuleSimon("a", 4)), 3),
        (law_of(Zeta("a", 5)), 3),
        (law_of(Zeta("a", Rational(13, 2))), 5),
        (law_of(Pareto("a", 1, 3)), 2),
        (law_of(StudentT("a", Rational(9, 2))), 4),
        (DensityLaw(x, 1 / (x**4 * sp.log(x) ** 2), 2, sp.oo), 3),
        (DensityLaw(x, 1 / (x**4 * sp.log(x)), 2, sp.oo), 2),
    ],
)
def test_the_tail_says_which_moments_exist(law, highest):
    assert exists(law, highest) and not exists(law, highest + 1)
    with pytest.raises(DerivationError, match=f"order {highest + 1} does not exist"):
        law.cumulants(highest + 1)
    assert exists(law_of(LogNormal("a", 0, 10)), 12)


@pytest.mark.parametrize("seed", range(4))
def test_random_masses_with_power_tails(seed):
    """A mixture of zeta laws: its moments are quotients of zeta functions."""
    rng = random.Random(seed)
    first, second = rng.randint(9, 12), Rational(rng.randint(13, 19), 2)
    share = Rational(rng.randint(1, 99), 100)
    mass = share / (k**first * sp.zeta(first)) + (1 - share) / (k**second * sp.zeta(second))
    law = LatticeLaw(k, mass, 1, sp.oo)
    highest = int(np.ceil(float(second) - 1)) - 1
    assert exists(law, highest) and not exists(law, highest + 1)
    with mp.workdps(30):
        p, q, w = mp.mpf(first), mp.mpf(second.p) / second.q, mp.mpf(share.p) / share.q
        m = [w * mp.zeta(p - j) / mp.zeta(p) + (1 - w) * mp.zeta(q - j) / mp.zeta(q) for j in range(4)]
        wanted = [m[1], m[2] - m[1] ** 2, m[3] - 3 * m[2] * m[1] + 2 * m[1] ** 3]
    for found, error, value in zip(law.cumulants(3), law.cumulant_errors(3), wanted, strict=True):
        assert abs(mp.mpf(str(found)) - value) <= error + mp.mpf(10) ** -15 * value and error < 1e-12


# Limits in d, and time.


def test_what_falls_faster_than_powers_has_the_limit_zero():
    with pytest.raises(NegligibleError, match="faster than every power"):
        leading_power(sp.exp(-d), "a mean")
    assert limit_in_dimension(sp.exp(-d) + 1, "a mean") == 1 and limit_in_dimension(sp.exp(-d), "a mean") == 0
    assert leading_power((1 + 1 / d) ** d, "a mean") == (sp.E, 0)
    with pytest.raises(DerivationError, match="no real value"):
        leading_power(sp.sqrt(1 - d), "a mean")


def test_a_step_without_an_end_is_stopped(monkeypatch):
    monkeypatch.setenv("SYMSCHED_SECONDS_PER_STEP", "0.2")

    def endless():
        while True:
            with contextlib.suppress(Exception):  # as libraries do
                time.sleep(0.001)

    with pytest.raises(DerivationError, match=r"endless.*not done after 0\.2 seconds.*SYMSCHED_SECONDS_PER_STEP"):
        within_budget("endless", endless)
    assert within_budget("quick", lambda: 3) == 3
    found = []
    other = threading.Thread(target=lambda: found.append(within_budget("endless", endless, lambda: "instead")))
    other.start()
    other.join()
    assert found == ["instead"]
    monkeypatch.setenv("SYMSCHED_SECONDS_PER_STEP", "soon")
    with pytest.raises(ValueError, match="must be a positive number of seconds, got 'soon'"):
        within_budget("quick", lambda: 3)


@pytest.mark.parametrize(
    ("rv", "mean", "variance"),
    [
        (Gamma("a", 20000, 1), 20000, 20000),
        (Beta("a", 10**4, 10**4), Rational(1, 2), Rational(1, 4 * 20001)),
        (BetaBinomial("a", 5000, 2, 3), 2000, 1001000),
        (Poisson("a", 10**6), 10**6, 10**6),
    ],
    ids=["gamma", "beta", "beta-binomial", "poisson"],
)
def test_large_parameters_stay_logarithms(rv, mean, variance):
    law = law_of(rv)
    for found, error, wanted in zip(law.cumulants(2), law.cumulant_errors(2), (mean, variance), strict=True):
        assert abs(sp.N(found - wanted, 20)) <= error <= 1e-10 * float(variance)
    assert law.site().mean == pytest.approx(float(mean), rel=1e-11)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (-1 - d ** -sp.Rational(1, 5), sp.Integer(2)),
        (-1 + d ** -sp.Rational(1, 5), 1 + d ** -sp.Rational(1, 5)),
        (-sp.sqrt(6), sp.sqrt(6) + d ** -sp.Rational(1, 5) / 3),
    ],
)
def test_uniform_laws_whose_ends_move_with_the_dimension_keep_their_closed_form(low, high):
    """c_2, c_4, c_6, c_8 = w^k B_k/k, by Bernoulli numbers: "no closed form of the moments was found", it said."""
    law = law_of(Uniform("a", low, high))
    found = law.cumulants(8)
    width = high - low
    for order in (2, 4, 6, 8):
        assert sp.expand(found[order - 1] - width**order * sp.bernoulli(order) / order) == 0
    assert sp.expand(found[0] - (low + high) / 2) == 0
    assert all(sp.expand(found[order - 1]) == 0 for order in (3, 5, 7))


def test_atoms_that_move_with_the_dimension_keep_their_closed_form():
    """Three atoms by three powers of d each: at d = 10⁸ against sums in many digits."""
    shifts = [d ** -sp.Rational(k, 20) / 3 for k in (1, 5, 12)]
    table = {
        sp.sqrt(6) * (k - 1) / 2 + shifts[k] - shifts[0] * k: sp.Rational(1, 6) * (4 if k == 1 else 1) for k in range(3)
    }
    found = law_of(FiniteRV("a", table)).cumulants(8)
    with mp.workdps(50):
        numbers = [(mp.mpf(sp.N(value.subs(d, 10**8), 60)), mp.mpf(sp.N(w, 60))) for value, w in table.items()]
        moments = [mp.fsum(w * a**k for a, w in numbers) for k in range(9)]
        cumulants = [mp.mpf(0)]
        for n in range(1, 9):
            lower = sum(mp.binomial(n - 1, k - 1) * cumulants[k] * moments[n - k] for k in range(1, n))
            cumulants.append(moments[n] - lower)
        for value, exact in zip(found, cumulants[1:], strict=True):
            assert abs(mp.mpf(sp.N(value.subs(d, 10**8), 40)) - exact) < 1e-20
