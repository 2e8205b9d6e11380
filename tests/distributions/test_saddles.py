"""Saddle points, weights and critical laws of mean-field measures against mpmath and exact sums over the spin mean."""

import mpmath
import numpy as np
import pytest
import sympy as sp
from scipy import special
from sympy.stats import Bernoulli, FiniteRV, Normal, Poisson, Rademacher, StudentT, Uniform

import symsched
from symsched.algebra.asymptotics import leading_power
from symsched.distributions.mean_field.saddles import _bending, legendre_derivatives
from symsched.laws import DensityLaw, law_of
from symsched.symbols import a, d, m

HALF, QUARTER = sp.Rational(1, 2), sp.Rational(1, 4)
SOFT = DensityLaw(a, sp.exp(-(a**4)), -sp.oo, sp.oo)


def three_state(vacancy):
    side = (1 - vacancy) / 2
    return FiniteRV("a", {-1: side, 0: vacancy, 1: side})


def values(expressions):
    return [float(sp.N(e, 20)) for e in expressions]


# Regular maxima.


def test_curie_weiss_below_the_critical_temperature():
    found = symsched.CurieWeiss(2, sp.log(2)).cascade
    low, high = symsched.CurieWeiss(2, sp.log(2)).saddles
    with mpmath.workdps(40):
        expected = mpmath.findroot(lambda x: x - mpmath.tanh(2 * x), 0.95)
        assert abs(mpmath.mpf(str(sp.N(high.magnetisation, 35))) - expected) < mpmath.mpf(10) ** -33
    assert low.magnetisation == -high.magnetisation
    assert float(found.modes[1].weight) == pytest.approx(0.790407328279, abs=1e-12)
    assert float(sp.N(high.variance / high.chi)) == pytest.approx(0.099787978130, abs=1e-12)
    assert high.exact
    assert [float(sp.N(mode.law.cumulants(1)[0])) for mode in found.modes] == pytest.approx(
        [-float(expected), float(expected)], abs=1e-14
    )
    assert [(phase.name, phase.exponent) for phase in found.phases] == [("speciation", HALF), ("data", 0)]


def test_curie_weiss_above_the_critical_temperature_has_no_speciation():
    measure = symsched.CurieWeiss(HALF)
    (saddle,) = measure.saddles
    assert (saddle.magnetisation, saddle.chi, saddle.bend) == (0, HALF, 2)
    assert [phase.name for phase in measure.cascade.phases] == ["data"]
    assert symsched.derive(measure, symsched.VP).speciation_time is None


def test_uniform_spin():
    measure = symsched.MeanField(Uniform("a", -1, 1), 5 * m**2 / 2, m / 2)
    low, high = measure.saddles

    def cumulant(u):
        return mpmath.log(mpmath.sinh(u) / u)

    expected = float(mpmath.findroot(lambda x: x - mpmath.diff(cumulant, 5 * x), 0.7))
    variance = float(mpmath.diff(cumulant, 5 * expected, 2))
    assert float(sp.N(high.magnetisation)) == pytest.approx(expected, abs=1e-12)
    assert float(sp.N(high.chi)) == pytest.approx(1 - 5 * variance, abs=1e-10)
    assert float(sp.N(low.chi)) == pytest.approx(1 - 5 * variance, abs=1e-10)
    share = 1 / (1 + float(mpmath.exp(-expected)))
    assert float(sp.N(measure.cascade.modes[1].weight)) == pytest.approx(share, abs=1e-12)


def test_a_spin_without_closed_form_is_solved_by_quadrature():
    measure = symsched.MeanField(SOFT, 2 * m**2, m / 5)
    low, high = measure.saddles

    def moment(u, power):
        return mpmath.quad(lambda x: x**power * mpmath.exp(u * x - x**4), [-8, -3, 0, 3, 8])

    expected = mpmath.findroot(lambda x: x - moment(4 * x, 1) / moment(4 * x, 0), 0.8)
    variance = moment(4 * expected, 2) / moment(4 * expected, 0) - expected**2
    assert values([low.magnetisation, high.magnetisation]) == pytest.approx([-expected, expected], abs=1e-10)
    assert float(high.chi) == pytest.approx(float(1 - 4 * variance), abs=1e-8)
    assert not high.exact
    share = float(1 / (1 + mpmath.exp(-2 * expected / 5)))
    assert float(measure.cascade.modes[1].weight) == pytest.approx(share, abs=1e-9)


def test_an_asymmetric_measure_has_the_maximum_that_a_fine_grid_shows():
    law = symsched.law_of(FiniteRV("a", {-1: sp.Rational(1, 5), 0: HALF, 2: sp.Rational(3, 10)}))
    measure = symsched.MeanField(law, m**2 + m**3 / 7 - m / 3)
    atoms, masses = np.array([-1.0, 0.0, 2.0]), np.array([0.2, 0.5, 0.3])
    tilts = np.linspace(-8, 12, 2_000_001)
    powers = masses * np.exp(tilts[:, None] * atoms)
    mean = powers @ atoms / powers.sum(axis=1)
    height = mean**2 + mean**3 / 7 - mean / 3 - tilts * mean + np.log(powers.sum(axis=1))
    (saddle,) = measure.saddles
    assert float(sp.N(saddle.magnetisation)) == pytest.approx(mean[np.argmax(height)], abs=1e-4)


# Coexistence.


def coexistence(vacancy):
    """The coupling at which the wells of a three-state spin at −m, 0 and m are equally deep, to 40 digits."""
    with mpmath.workdps(50):
        side = 1 - mpmath.mpf(vacancy.p) / vacancy.q

        def cumulant(u):
            return mpmath.log(1 + side * (mpmath.cosh(u) - 1))

        def slope(u):
            return side * mpmath.sinh(u) / (1 + side * (mpmath.cosh(u) - 1))

        u = mpmath.findroot(lambda v: cumulant(v) - v * slope(v) / 2, 6)
        return sp.Float(u / slope(u), 45), float(slope(u))


def exact_masses(beta, vacancy, dimension, cuts):
    """Mass of the spin mean between ``cuts`` at finite d: a sum over numbers of up and down spins."""
    up, down = np.meshgrid(np.arange(dimension + 1), np.arange(dimension + 1), indexing="ij")
    allowed = up + down <= dimension
    up, down = up[allowed], down[allowed]
    empty = dimension - up - down
    logs = special.gammaln(dimension + 1) - sum(special.gammaln(k + 1) for k in (up, down, empty))
    logs += (up + down) * np.log((1 - vacancy) / 2) + empty * np.log(vacancy)
    mean = (up - down) / dimension
    mass = special.softmax(logs + dimension * beta * mean**2 / 2)
    return np.histogram(mean, [-2, *cuts, 2], weights=mass)[0]


def test_three_maxima_at_a_first_order_point():
    vacancy = sp.Rational(9, 10)
    beta, place = coexistence(vacancy)
    measure = symsched.MeanField(three_state(vacancy), beta * m**2 / 2)
    found = measure.cascade
    assert values([s.magnetisation for s in measure.saddles]) == pytest.approx([-place, 0, place], abs=1e-12)
    weights = np.array(values([mode.weight for mode in found.modes]))
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    cuts = (-place / 2, place / 2)
    coarse, fine = (exact_masses(float(beta), 0.9, dimension, cuts) for dimension in (300, 600))
    # Corrections are of order 1/d: extrapolated away, and seen to halve.
    np.testing.assert_allclose(2 * fine - coarse, weights, atol=2e-4)
    np.testing.assert_allclose((coarse - weights) / (fine - weights), 2, rtol=0.05)
    assert len(found.phases[0].branches[0].law.atoms) == 3
    # Off the line, one side wins.
    assert len(symsched.MeanField(three_state(vacancy), (beta + sp.Rational(1, 1000)) * m**2 / 2).saddles) == 2
    assert len(symsched.MeanField(three_state(vacancy), (beta - sp.Rational(1, 1000)) * m**2 / 2).saddles) == 1


# Critical points.


def test_curie_weiss_at_its_critical_point_in_a_scaled_field():
    found = symsched.CurieWeiss(1, sp.Rational(4, 5) * d ** sp.Rational(1, 4)).cascade
    speciation, data = found.phases
    assert (speciation.exponent, data.exponent) == (sp.Rational(1, 4), 0)
    shape = sp.simplify(sp.log(speciation.branches[0].law.weight) + a**4 / 12 - sp.Rational(4, 5) * a)
    assert shape.is_number
    site = speciation.branches[0].law.site()
    assert site.mean == pytest.approx(0.855582811839854, abs=1e-12)
    assert site.variance + site.mean**2 == pytest.approx(1.6280975720316795, abs=1e-12)


def test_a_coupling_that_is_critical_up_to_a_window_keeps_its_quadratic_term():
    """β = 1 + c d^−1/2 adds c u²/2 to −u⁴/12: the finite-size scaling window of the transition."""
    found = symsched.MeanField(Rademacher("a"), (1 + 3 / sp.sqrt(d)) * m**2 / 2).cascade
    density = found.phases[0].branches[0].law.weight
    assert sp.simplify(sp.log(density) + a**4 / 12 - 3 * a**2 / 2).is_number


def test_blume_capel_at_its_tricritical_point():
    measure = symsched.MeanField(three_state(sp.Rational(2, 3)), 3 * m**2 / 2)
    (saddle,) = measure.saddles
    assert (saddle.bend, saddle.chi) == (6, 0)
    found = measure.cascade
    assert found.phases[0].exponent == sp.Rational(1, 3)
    with mpmath.workdps(60):
        # g − I as a function of u through m = Λ'(u), expanded in m by finite differences of I'(m) = u.
        def cumulant(u):
            return mpmath.log((2 + mpmath.cosh(u)) / 3)

        def tilt(mean):
            return mpmath.findroot(lambda u: mpmath.diff(cumulant, u) - mean, 3 * mean)

        step = mpmath.mpf(10) ** -5
        # I'(m) − 3m ~ 6 c m⁵.
        stiffness = (tilt(step) - 3 * step) / (6 * step**5)
    assert float(saddle.stiffness) == pytest.approx(float(stiffness), rel=1e-8)
    assert saddle.stiffness == sp.Rational(9, 40)


def test_a_critical_mean_away_from_zero():
    """Bernoulli(0, 1) spins are shifted Curie–Weiss spins, critical at m = 1/2 in a field that keeps them there."""
    measure = symsched.MeanField(FiniteRV("a", {0: HALF, 1: HALF}), 2 * m**2 - 2 * m)
    (saddle,) = measure.saddles
    # m = (1 + m')/2, so u' = 2u and c' u'^4 = c u^4 with c' = 1/12.
    assert (sp.nsimplify(sp.N(saddle.magnetisation, 15)), saddle.bend) == (HALF, 4)
    assert float(saddle.stiffness) == pytest.approx(16 / 12, rel=1e-9)


# Measures that do not exist or that no rule covers.


@pytest.mark.parametrize(
    ("spin", "interaction"),
    [
        (Normal("a", 0, 1), m**2 / 2),
        (Normal("a", 0, 1), m**2),
        (Normal("a", 0, 1), m**4),
        (Normal("a", 0, 2), m**2 / 8),
        (Normal("a", 0, 1), m**3 / 100),
        (SOFT, 2 * m**4),
        (Poisson("a", 1), m**2),
    ],
    ids=["critical normal", "normal", "quartic", "wide normal", "cubic", "soft", "Poisson"],
)
def test_an_interaction_that_outgrows_the_site_law_is_refused(spin, interaction):
    measure = symsched.MeanField(spin, interaction)
    with pytest.raises(symsched.DerivationError, match=r"saddle points: .*(cannot be normalised|does not exist)"):
        symsched.derive(measure, symsched.VP)


def test_the_same_interactions_below_the_threshold_are_derived():
    assert len(symsched.MeanField(Normal("a", 0, 1), sp.Rational(49, 100) * m**2).saddles) == 1
    (saddle,) = symsched.MeanField(Normal("a", 0, 1), m**2 / 4 + m).saddles
    assert float(sp.N(saddle.magnetisation)) == pytest.approx(2, abs=1e-12)
    assert len(symsched.MeanField(SOFT, m**4 / 10).saddles) == 1


def test_a_site_law_without_exponential_moments_is_refused():
    with pytest.raises(symsched.DerivationError, match=r"E exp\(u a\).*infinite.*tails"):
        symsched.derive(symsched.MeanField(StudentT("a", 5), m**2 / 4), symsched.VP)


@pytest.mark.parametrize("distance", [6, 10, 20])
def test_just_above_criticality_there_are_two_modes(distance):
    """β = 1 + ε: m = √(3ε) to leading order, exactly the root of m = tanh βm; just below there is one."""
    epsilon = sp.Rational(1, 10**distance)
    limit = symsched.derive(symsched.CurieWeiss(1 + epsilon), symsched.VP)
    assert limit.phases[0].exponent == HALF
    low, high = (saddle.magnetisation for saddle in limit.distribution.saddles)
    with mpmath.workdps(80):
        start = mpmath.sqrt(3 * mpmath.mpf(10) ** -distance)
        root = mpmath.findroot(lambda x: mpmath.atanh(x) / x - 1 - mpmath.mpf(10) ** -distance, start)
        assert abs(sp.N(high, 40) / sp.Float(root, 40) - 1) < 1e-12
    assert sp.N(low + high, 30) == pytest.approx(0, abs=1e-20)
    assert [phase.order for phase in symsched.derive(symsched.CurieWeiss(1 - epsilon), symsched.VP).phases] == [None]


def test_floats_near_criticality_are_told_apart_to_their_rounding():
    assert symsched.derive(symsched.CurieWeiss(1.0), symsched.VP).phases[0].exponent == QUARTER
    assert symsched.derive(symsched.CurieWeiss(1 + 1e-9), symsched.VP).phases[0].exponent == HALF


def test_a_field_as_large_as_the_interaction_is_refused_at_a_critical_point():
    with pytest.raises(symsched.DerivationError, match="is not small beside d g"):
        _ = symsched.CurieWeiss(1, d).cascade
    # A field that tends to a constant is that constant.
    assert (
        symsched.CurieWeiss(2, sp.log(2) + d ** -sp.Rational(3, 10))
        .cascade.modes[1]
        .weight.equals(symsched.CurieWeiss(2, sp.log(2)).cascade.modes[1].weight)
    )


def test_symbols_where_the_number_of_maxima_depends_on_them():
    coupling = sp.Symbol("J", positive=True)
    with pytest.raises(symsched.DerivationError, match=r"depends on J.*Give J a number"):
        _ = symsched.MeanField(Rademacher("a"), coupling * m**2).cascade
    # A tilt may keep its symbol.
    h = sp.Symbol("h", real=True)
    weight = symsched.CurieWeiss(2, h).cascade.modes[1].weight
    assert weight.free_symbols == {h}
    assert float(sp.N(weight.subs(h, sp.log(2)))) == pytest.approx(0.790407328279, abs=1e-12)


# Legendre derivatives.


@pytest.mark.parametrize(
    ("spin", "interaction", "mean"),
    [
        (Bernoulli("a", sp.Rational(1, 3)), sp.Rational(9, 4) * (m - sp.Rational(1, 3)) ** 2, sp.Rational(1, 3)),
        (Bernoulli("a", sp.Rational(2, 3)), sp.Rational(9, 4) * (m - sp.Rational(2, 3)) ** 2, sp.Rational(2, 3)),
        (Rademacher("a"), m**2 / 2 + m**4, sp.S.Zero),
    ],
    ids=["rises at order three", "falls at order three", "bends upwards"],
)
def test_a_critical_point_that_is_no_maximum_is_refused(spin, interaction, mean):
    with pytest.raises(symsched.DerivationError, match="this is no maximum"):
        _bending(law_of(spin), interaction, mean, sp.S.Zero, exact=True)


def test_legendre_derivatives_against_finite_differences():
    law = symsched.law_of(FiniteRV("a", {0: HALF, 1: sp.Rational(3, 10), 3: sp.Rational(1, 5)}))
    found = legendre_derivatives(law.cumulants(7))
    with mpmath.workdps(80):

        def mean(u):
            weights = [mpmath.mpf(1) / 2, 3 * mpmath.exp(u) / 10, mpmath.exp(3 * u) / 5]
            return (weights[1] + 3 * weights[2]) / mpmath.fsum(weights)

        def slope(x):
            return mpmath.findroot(lambda u: mean(u) - x, 0)

        at = mean(mpmath.mpf(0))
        for order, claimed in found.items():
            independent = mpmath.diff(slope, at, order - 1, h=mpmath.mpf(10) ** -8)
            assert abs(mpmath.mpf(sp.N(claimed, 40)) - independent) < mpmath.mpf(10) ** -5 * abs(independent)
    assert sorted(found) == [2, 3, 4, 5, 6, 7]


def test_legendre_derivatives_of_a_normal_law_stop_at_two():
    found = legendre_derivatives(symsched.law_of(Normal("a", 1, 3)).cumulants(6))
    assert found == {2: sp.Rational(1, 9), 3: 0, 4: 0, 5: 0, 6: 0}


# The collective direction.


def test_the_collective_variance_against_an_exact_sum():
    """d Var(m | m > 0) of Curie–Weiss at finite d tends to Λ''/χ at rate 1/d."""
    high = symsched.CurieWeiss(2, sp.log(2)).saddles[1]
    expected = float(sp.N(high.variance / high.chi))
    found = []
    for dimension in (1000, 2000):
        up = np.arange(dimension + 1)
        mean = 2 * up / dimension - 1
        logs = special.gammaln(dimension + 1) - special.gammaln(up + 1) - special.gammaln(dimension - up + 1)
        mass = np.where(mean > 0, special.softmax(logs + dimension * mean**2 + np.log(2) * mean), 0)
        mass /= mass.sum()
        found.append(dimension * (mass @ mean**2 - (mass @ mean) ** 2))
    assert 2 * found[1] - found[0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("expression", "coefficient", "exponent"),
    [
        (3 * sp.sqrt(d) + d ** sp.Rational(1, 3), 3, HALF),
        (2 * sp.log(2) / d ** sp.Rational(2, 7) - 1 / d, 2 * sp.log(2), -sp.Rational(2, 7)),
        ((d + 1) / (2 * d**2), HALF, -1),
    ],
)
def test_leading_powers(expression, coefficient, exponent):
    found = leading_power(expression, "example")
    assert sp.simplify(found[0] - coefficient) == 0
    assert found[1] == exponent


def test_the_one_positive_maximum_is_called_m_star():
    low, high = symsched.CurieWeiss(2).saddles
    assert (str(low.magnetisation), str(high.magnetisation)) == ("-m_star", "m_star")
