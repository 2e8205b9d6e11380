"""Critical points that a tilt above their own fluctuations shifts or splits, against roots at finite d and by sums."""

import dataclasses

import mpmath
import numpy as np
import pytest
import sympy as sp
from random_cases import seeds
from scipy import special
from sympy.stats import Normal

import symsched
from symsched.symbols import a, d, m

R = sp.Rational
QUARTER = d ** R(-1, 4)


def spin_mean_law(size, coupling, field):
    """The spin mean of d spins and its exact law."""
    ups = np.arange(size + 1)
    mean = (2 * ups - size) / size
    log = special.gammaln(size + 1) - special.gammaln(ups + 1) - special.gammaln(size - ups + 1)
    log += size * coupling * mean**2 / 2 + field * mean
    law = np.exp(log - log.max())
    return mean, law / law.sum()


def test_a_coupling_just_above_criticality_splits_the_critical_point():
    """β = 1 + d^(−1/4): −u⁴/12 + u²/2 at u = m d^(1/8), so m = ±√3 d^(−1/8) and γ = 1/2 − 1/8."""
    limit = symsched.derive(symsched.CurieWeiss(1 + QUARTER), symsched.VP)
    assert [phase.exponent for phase in limit.phases] == [R(3, 8), 0]
    assert limit.phases[0].law.atoms == {-sp.sqrt(3): R(1, 2), sp.sqrt(3): R(1, 2)}
    assert all(check.passed for check in limit.derivation.check())
    errors = []
    for power in (8, 16, 32):
        with mpmath.workdps(50):
            beta = 1 + mpmath.mpf(10) ** (-mpmath.mpf(power) / 4)
            root = mpmath.findroot(lambda x, b=beta: mpmath.atanh(x) / x - b, mpmath.sqrt(3 * (beta - 1)))
            errors.append(abs(float(root * mpmath.mpf(10) ** (mpmath.mpf(power) / 8)) - 3**0.5))
    assert errors[0] < 0.1
    assert errors[2] < 1e-6  # corrections fall like d^(−1/4)


@pytest.mark.parametrize(("power", "kept"), [(R(1, 5), [1]), (R(1, 10), [0, 1]), (R(1, 6), [0, 1])])
def test_a_field_beside_the_splitting(power, kept):
    """At m ~ d^(−1/6) a field d^a m is of order d^(a − 1/6): it decides, is forgotten, or leaves a ratio."""
    limit = symsched.derive(symsched.CurieWeiss(1 + 2 * d ** R(-1, 3), d**power), symsched.VP)
    assert len(limit.cascade.modes) == len(kept)
    weights = [float(sp.N(mode.weight)) for mode in limit.cascade.modes]
    expected = 1 / (1 + np.exp(-2 * 6**0.5)) if power == R(1, 6) else 1.0 if len(kept) == 1 else 0.5
    assert weights[-1] == pytest.approx(expected)
    assert all(check.passed for check in limit.derivation.check())


def test_a_field_beyond_the_critical_fluctuations_shifts_the_mean():
    """h = d^(1/3) at β = 1: m = (3 h/d)^(1/3) = 3^(1/3) d^(−2/9), one mode."""
    limit = symsched.derive(symsched.CurieWeiss(1, d ** R(1, 3)), symsched.VP)
    assert [phase.order for phase in limit.phases] == [None]
    assert all(check.passed for check in limit.derivation.check())
    (mode,) = symsched.predict(limit, 20, d=10**8, kappa=3, scheme="canonical")
    # By large deviations: exp(d (m²/2 − I) + h m) √I'', with I' = artanh m.
    mean = np.linspace(-0.3, 0.3, 600_001)
    rate = mean * np.arctanh(mean) + np.log1p(-(mean**2)) / 2
    log = 1e8 * (mean**2 / 2 - rate) + 1e8 ** (1 / 3) * mean - np.log1p(-(mean**2)) / 2
    law = np.exp(log - log.max())
    assert mode.site_mean == pytest.approx(float(mean @ law / law.sum()), rel=0.15)  # of a sampler of 20 steps
    assert pytest.approx(float(mean @ law / law.sum()), rel=0.04) == 3 ** (1 / 3) * 1e8 ** (-2 / 9)


def test_theory_and_runs_agree_at_finite_dimension():
    limit = symsched.derive(symsched.CurieWeiss(1 + QUARTER), symsched.VP)
    rows = symsched.validate(limit, dimensions=(10_000,), n=300, steps=20, kappa=3, rng=0).rows
    verdicts = {row.claim.startswith("speciation"): row.verdict.value for row in rows}
    # Log-odds at s = 1 are still a sixth from those as d → ∞: the sampler is decided, the limit's posterior is not.
    assert verdicts == {False: "agrees", True: "not yet"}
    assert {row.verdict.value for row in rows} == {"agrees", "not yet"}
    mean, law = spin_mean_law(10_000, 1.1, 0.0)
    modes = symsched.predict(limit, 40, d=10_000, kappa=3)
    assert modes[1].site_mean == pytest.approx(float(law @ abs(mean)), rel=0.05)


def test_what_decides_is_out_of_reach():
    with pytest.raises(symsched.DerivationError, match=r"what is smaller than d\^1/2 decides"):
        _ = symsched.MeanField(Normal("a", 0, 1), m**2 / 2 - m**4 + m**5 / 9 - m**6, d ** R(3, 4) * m**2).cascade
    with pytest.raises(symsched.DerivationError, match="flat at large"):
        _ = symsched.MeanField(Normal("a", 0, 1), m**2 / 2, -(m**4)).cascade


@pytest.mark.parametrize("place", [R(1, 3), R(1, 2), 1, 2])
@pytest.mark.parametrize("half", [2, 3])
def test_a_critical_maximum_away_from_zero(place, half):
    """g − I = −(m − r)^2k/4 for Gaussian sites: critical at r, with the law exp(−u^2k/4)."""
    limit = symsched.derive(
        symsched.MeanField(Normal("a", 0, 1), m**2 / 2 - (m - place) ** (2 * half) / 4), symsched.VP
    )
    (saddle,) = limit.distribution.saddles
    assert (saddle.magnetisation, saddle.bend) == (place, 2 * half)
    assert limit.phases[0].exponent == R(1, 2) - R(1, 2 * half)
    assert all(check.passed for check in limit.derivation.check())


@pytest.mark.parametrize("seed", seeds(6))
def test_random_maxima_with_a_tilt_against_the_law_of_the_mean(seed):
    """g − I = −Π (m − r_j)^2k_j with Gaussian sites: the mean's law is exp(d (g − I) + f), summed at d = 10^24."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 4))
    roots = [R(int(r), 2) for r in rng.choice(np.arange(-4, 5), count, replace=False)]
    halves = [int(rng.integers(1, 3)) for _ in roots]
    field = [d ** R(1, 4), sp.S.One, -(d ** R(2, 5)), sp.S.Zero][seed % 4] * R(int(rng.integers(1, 4)), 2)
    fall = sp.prod([(m - root) ** (2 * half) for root, half in zip(roots, halves, strict=True)])
    try:
        found = symsched.MeanField(Normal("a", 0, 1), m**2 / 2 - fall, field * m).cascade
    except symsched.DerivationError as error:
        assert "several critical points share the maximum" in str(error) or "outgrows" in str(error)
        return
    log_mass = []
    size = 10.0**24
    for root, half in zip(roots, halves, strict=True):
        others = sp.prod([(root - r) ** (2 * k) for r, k in zip(roots, halves, strict=True) if r != root])
        width = (float(others) * size) ** (-1 / (2 * half))
        v = np.linspace(-12, 12, 4001)
        push = float(field.subs(d, sp.Integer(10) ** 24))
        log = -(v ** (2 * half)) + push * width * v
        log_mass.append(push * float(root) + np.log(width) + special.logsumexp(log))
    share = special.softmax(log_mass)
    heavy = sorted(float(root) for root, part in zip(roots, share, strict=True) if part > 1e-3)
    assert len(found.modes) == len(heavy)
    if len(heavy) > 1:
        expected = [share[[float(root) for root in roots].index(place)] for place in heavy]
        assert [float(sp.N(mode.weight)) for mode in found.modes] == pytest.approx(expected, abs=1e-3)


def test_a_wrong_place_is_caught_whether_or_not_the_site_has_a_closed_form():
    quartic = symsched.laws.DensityLaw(a, sp.exp(-(a**4)), -sp.oo, sp.oo)
    variance = sp.Float(quartic.site().variance, 17)
    for spin, coupling in ((Normal("a", 0, 1), sp.S.One), (quartic, 1 / variance)):
        bent = -(m**4) if spin is not quartic else sp.S.Zero
        cascade = symsched.MeanField(spin, coupling * m**2 / 2 + bent, d ** R(1, 3) * m).cascade
        (step,) = [step for step in cascade.steps if "outgrows" in step.rule]
        assert all(check.passed for check in step.check())
        wrong = sp.Tuple(step.after[0], *(2 * place for place in step.after[1:]))
        assert not any(check.passed for check in dataclasses.replace(step, after=wrong).check())
