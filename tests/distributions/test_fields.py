"""Fields that grow with d, and tilts that outgrow a measure: which maxima are left, and what each weighs."""

import numpy as np
import pytest
import sympy as sp
from scipy import special
from sympy.stats import Laplace, Normal, Poisson, Rademacher

import symsched
from symsched.symbols import d, m

HALF, QUARTER = sp.Rational(1, 2), sp.Rational(1, 4)
COMPETING = m**2 / 2 - m**4 * (m**2 - 1) ** 2
"""With N(0, 1) sites g − I has a critical maximum at 0 and regular ones at ±1, all of height 0."""


@pytest.mark.parametrize("power", [sp.Rational(1, 4), sp.Rational(3, 10), sp.Rational(3, 4)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_field_that_grows_with_the_dimension_leaves_one_mode(power, sign):
    for measure, place in (
        (symsched.CurieWeiss(2, sign * d**power), 0.9575040240772687),
        (symsched.MeanField(Normal("a", 0, 1), COMPETING, sign * d**power * m / 2), 1.0),
    ):
        limit = symsched.derive(measure, symsched.VP)
        assert [phase.order for phase in limit.phases] == [None]
        assert float(sp.N(limit.distribution.saddles[0].magnetisation)) == pytest.approx(sign * place, abs=1e-12)
        assert all(check.passed for check in limit.derivation.check())


def test_among_maxima_of_one_height_the_critical_one_is_wider_by_a_power_of_d():
    limit = symsched.derive(symsched.MeanField(Normal("a", 0, 1), COMPETING, m / 3), symsched.VP)
    assert [phase.exponent for phase in limit.phases] == [sp.Rational(1, 4), 0]
    assert all(check.passed for check in limit.derivation.check())
    # The mass near 0 at d = 10^8 and 10^12, by quadrature of exp(d (g − I) + f) √I'' (here I'' = 1).
    mean = np.linspace(-1.3, 1.3, 2_000_001)
    for dimension, share in ((1e8, 0.9), (1e12, 0.99)):
        log = -dimension * mean**4 * (mean**2 - 1) ** 2 + mean / 3
        mass = np.exp(log - log.max())
        assert mass[abs(mean) < 0.5].sum() / mass.sum() > share


def test_a_field_of_unknown_sign_that_grows_decides_nothing():
    h = sp.Symbol("h", real=True)
    with pytest.raises(symsched.DerivationError, match=r"depends on its sign"):
        _ = symsched.CurieWeiss(2, h * d ** sp.Rational(1, 4)).cascade
    positive = sp.Symbol("h", positive=True)
    assert len(symsched.CurieWeiss(2, positive * d**QUARTER).cascade.modes) == 1


TWO_WELLS = -((m**2 - QUARTER) ** 2)
UNEVEN_WELLS = -((m - 1) ** 2) * (m + HALF) ** 2 * (1 + m**2)
WIDE_AND_NARROW = -(m**4) * (m**2 - 1) ** 2


def masses_of_normal_spins(profile, tilt, dimension, cuts):
    """Masses of m between cuts: with spins N(0, 1) and g = m²/2 + P its density is exp(d P + f), by a plain sum."""
    mean = np.linspace(-4, 4, 4_000_001)
    log = sp.lambdify(m, (d * profile + tilt).subs(d, dimension), "numpy")(mean)
    mass = np.exp(log - log.max())
    return np.bincount(np.digitize(mean, cuts), mass, len(cuts) + 1) / mass.sum()


@pytest.mark.parametrize(
    ("profile", "tilt"),
    [
        # f is equal at ±1/2, f' is not: f'²/(2Kd) stays. It was 1/2, 1/2.
        (TWO_WELLS, d**HALF * (m**2 - QUARTER) * (m + 1)),
        (TWO_WELLS, d**HALF * (m**2 - QUARTER) * (m + 1) / 3 + m),
        (UNEVEN_WELLS, d**HALF * (m - 1) * (m + HALF)),
    ],
)
def test_a_field_of_root_d_moves_the_maxima_and_what_they_gain_weighs(profile, tilt):
    measure = symsched.MeanField(Normal("a", 0, 1), sp.expand(m**2 / 2 + profile), sp.expand(tilt))
    weights = np.array([float(sp.N(mode.weight)) for mode in measure.cascade.modes])
    exact = masses_of_normal_spins(profile, tilt, 10**8, [0.1])
    assert weights == pytest.approx(exact, abs=2e-3)
    assert weights != pytest.approx(exact[::-1], abs=2e-2)
    assert all(check.passed for step in measure.cascade.steps for check in step.check())


@pytest.mark.parametrize(
    ("profile", "tilt", "place"),
    [
        # The second order of the larger term outweighs the first of the smaller: it was -1/2 twice.
        (TWO_WELLS, d ** sp.Rational(9, 10) * (m**2 - QUARTER) * (m + 1) - d**HALF * m, HALF),
        (TWO_WELLS, d ** sp.Rational(3, 5) * (m**2 - QUARTER) * (m + 1) - d ** sp.Rational(1, 10) * m, HALF),
        # A critical maximum gains d^{2/3}, more than the d^{1/2} of the regular ones.
        (WIDE_AND_NARROW, d ** sp.Rational(3, 4) * m * (m**2 - 1) + d**HALF * m**2, 0),
        (WIDE_AND_NARROW, d ** sp.Rational(3, 4) * m * (m**2 - 1) * (m + 2) + d ** sp.Rational(9, 10) * m**2, 1),
    ],
)
def test_which_maximum_is_left_counts_what_each_gains_by_moving(profile, tilt, place):
    measure = symsched.MeanField(Normal("a", 0, 1), sp.expand(m**2 / 2 + profile), sp.expand(tilt))
    (saddle,) = measure.saddles
    assert saddle.magnetisation == pytest.approx(place)
    cuts = [float(place) - 0.26, float(place) + 0.26]
    assert masses_of_normal_spins(profile, tilt, 10**8, cuts)[1] > 0.99
    assert all(check.passed for step in measure.cascade.steps for check in step.check())


def test_a_field_of_root_d_on_spins():
    """Exact weights of 10⁶ spins by binomials; f is equal at ±m* and its slopes are not."""
    place = symsched.CurieWeiss(2).saddles[1].magnetisation
    measure = symsched.MeanField(Rademacher("a"), m**2, d**HALF * (m**2 - place**2) * (m + 2))
    size = 10**6
    up = np.arange(size + 1)
    mean, fixed = 2 * up / size - 1, float(place)
    log = special.gammaln(size + 1) - special.gammaln(up + 1) - special.gammaln(size - up + 1) + size * mean**2
    log += size**0.5 * (mean**2 - fixed**2) * (mean + 2)
    mass = np.exp(log - log.max())
    exact = mass[mean > 0].sum() / mass.sum()
    assert float(sp.N(measure.cascade.modes[1].weight)) == pytest.approx(exact, abs=5e-3)
    assert abs(exact - 0.5) > 0.1


@pytest.mark.parametrize(
    ("spin", "interaction", "tilt"),
    [
        (Normal("a", 0, 1), m**2 / 4, m**4),
        (Normal("a", 0, 1), m**2 / 4, sp.exp(m**2)),
        (Laplace("a", 0, 1), sp.S.Zero, m**2),
        (Poisson("a", 2), m / 2, m**2),
    ],
)
def test_a_tilt_that_outgrows_the_measure_at_every_dimension_is_refused(spin, interaction, tilt):
    with pytest.raises(symsched.DerivationError, match="cannot be normalised"):
        _ = symsched.MeanField(spin, interaction, tilt).cascade
    assert symsched.MeanField(spin, interaction, -tilt).cascade
    assert symsched.MeanField(Rademacher("a"), interaction, tilt).cascade


def test_an_interaction_with_the_entropy_in_it_has_its_maxima_inside():
    """g = I − (m² − 1/4)² is as steep as I at ±1, where it was refused as no measure; the sum over counts has ±1/2."""
    entropy = ((1 - m) * sp.log(1 - m) + (1 + m) * sp.log(1 + m)) / 2
    well = (m**2 - sp.Rational(1, 4)) ** 2
    measure = symsched.MeanField(Rademacher("a"), entropy - well)
    assert [saddle.magnetisation for saddle in measure.saddles] == [-HALF, HALF]
    d = 4000
    up = np.arange(1, d)
    mean = 2 * up / d - 1
    log_mass = -special.gammaln(up + 1) - special.gammaln(d - up + 1) + d * sp.lambdify(m, entropy - well)(mean)
    mass = special.softmax(log_mass)
    assert mass @ mean**2 == pytest.approx(0.25, abs=0.01)
    assert mass[mean > 0].sum() == pytest.approx(0.5, abs=1e-6)
    with pytest.raises(symsched.DerivationError, match="up to the end of the range"):
        _ = symsched.MeanField(Rademacher("a"), 2 * entropy).saddles
