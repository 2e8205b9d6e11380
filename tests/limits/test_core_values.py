"""The formulas of the derivation core one by one, against the same formulas written out or worked by hand."""

from itertools import pairwise

import pytest
import sympy as sp
from sympy.stats import Bernoulli, Normal, Rademacher, Uniform

from symsched.algebra import asymptotics
from symsched.algebra.asymptotics import leading_power, limit_in_dimension
from symsched.distributions.cascade import Branch, CanonicalPhase, ModeLaw
from symsched.distributions.mean_field.saddles import find_saddles, legendre_derivatives
from symsched.distributions.product.cascade import difference_of, limiting_law, product_cascade
from symsched.errors import DerivationError
from symsched.laws import AtomLaw, law_of
from symsched.laws.moments import (
    cumulants_of_generating_function,
    cumulants_of_moments,
    moments_of_cumulants,
    tidy,
    tidy_ratio,
)
from symsched.limits.equations import equations, unknowns
from symsched.limits.initial import initial_laws
from symsched.limits.order_parameter import coordinate, direction, index, order_parameters
from symsched.schedules.dilation import custom_windows, dilated_windows
from symsched.schedules.interpolant import VE, VE_TRIG, VP, VP_TRIG, Interpolant
from symsched.schedules.window import Position, Window, elapsed, remaining
from symsched.symbols import d, kappa, m, psi, t, tau, u

R = sp.Rational
HALF, QUARTER = R(1, 2), R(1, 4)
SIGNS = AtomLaw((sp.S(-1), sp.S(1)), (HALF, HALF))
THREE = AtomLaw((sp.S(-1), sp.S(0), sp.S(2)), (QUARTER, QUARTER, HALF))


def same(left, right):
    return sp.simplify(left - right) == 0


# Powers of d.


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (sp.log(d), "not a power of d"),
        (d / sp.log(d), "not a power of d"),
        (sp.S.Zero, "identically zero"),
        (sp.sqrt(1 - d), "no real value"),
    ],
)
def test_what_is_no_power_is_refused(expression, message):
    with pytest.raises(DerivationError, match=message):
        leading_power(expression, "example")


def test_powers_with_constants():
    k = sp.Symbol("k", positive=True)
    assert leading_power(sp.S(7), "example") == (7, 0)
    assert leading_power(k * d ** R(3, 7), "example") == (k, R(3, 7))
    assert leading_power(-2 / d**2 + d**-3, "example") == (-2, -2)
    assert leading_power(sp.Max(k, d ** R(1, 3)) + 1, "example") == (1, R(1, 3))
    assert leading_power(sp.Max(d ** -R(1, 3), k / d), "example") == (1, -R(1, 3))
    assert leading_power((1 - 2 * k) * d, "example", {k: R(1, 3)}) == (1 - 2 * k, 1)


def test_what_is_left_of_sums_that_cancel():
    k, share, rest = sp.symbols("k v r", positive=True)
    assert leading_power(sp.sqrt(d**2 + k * d) - d, "example") == (k / 2, 0)
    assert leading_power(d ** R(3, 2) * (sp.sqrt(1 + 1 / d) - 1 - 1 / (2 * d)), "example") == (-R(1, 8), -R(1, 2))
    root = d ** R(1, 4) * share * (sp.sqrt(1 + 4 * k / d ** R(1, 4)) - 1) / (2 * k)
    assert leading_power(root + rest, "example") == (share + rest, 0)


@pytest.mark.parametrize("wanted", [3 * sp.Symbol("k", positive=True) ** 2 / 2, sp.S(1)])
def test_a_limit_from_numbers_is_a_multiple_of_powers(wanted, monkeypatch):
    monkeypatch.setattr(asymptotics, "_symbolic_limit", lambda expression: None)
    with pytest.warns(UserWarning, match="taken from numbers"):
        assert leading_power(wanted * sp.sqrt(d + sp.Symbol("v", positive=True)), "example") == (wanted, R(1, 2))


def test_a_limit_from_numbers_of_another_form_is_refused(monkeypatch):
    monkeypatch.setattr(asymptotics, "_symbolic_limit", lambda expression: None)
    with pytest.raises(DerivationError, match=r"no limit of example .* while k are symbols"):
        leading_power((1 + sp.Symbol("k", positive=True)) * sp.sqrt(d + 1), "example")


def test_limits_in_dimension():
    assert limit_in_dimension(sp.S(3), "example") == 3
    assert limit_in_dimension((2 * d + 1) / (d + 5), "example") == 2
    assert limit_in_dimension(5 / d, "example") == 0
    assert limit_in_dimension(sp.S.Zero, "example") == 0
    with pytest.raises(DerivationError, match="grows like"):
        limit_in_dimension(d**QUARTER, "example")


# Cumulants.


def test_cumulants_and_moments_of_a_poisson_law():
    """All cumulants are 2; the moments are the Touchard polynomials at 2."""
    moments = [2, 6, 22, 94, 454]
    assert cumulants_of_moments([sp.Integer(x) for x in moments]) == (2,) * 5
    assert moments_of_cumulants([sp.Integer(2)] * 5) == tuple(moments)
    assert cumulants_of_generating_function(sp.exp(2 * (sp.exp(u) - 1)), u, 5) == (2,) * 5


def test_tidy_forms():
    k = sp.Symbol("k", positive=True)
    assert tidy((k**2 - 1) * (k + 1) - 2 * (k + 1) ** 2) == (k - 3) * (k + 1) ** 2
    assert tidy(sp.Float("0.1") * 3) == sp.Float("0.1") * 3
    assert tidy(sp.sqrt(2) * sp.sqrt(3) - sp.sqrt(6)) == 0
    assert tidy_ratio(k**2 - 1, k + 1) == k - 1
    assert tidy_ratio(k * sp.erf(k), k).has(sp.erf)


def test_legendre_derivatives_by_the_formulas():
    c = sp.symbols("c2:6", positive=True)
    found = legendre_derivatives((sp.S.Zero, *c))
    assert sorted(found) == [2, 3, 4, 5]
    assert same(found[2], 1 / c[0])
    assert same(found[3], -c[1] / c[0] ** 3)
    assert same(found[4], (3 * c[1] ** 2 - c[0] * c[2]) / c[0] ** 5)
    assert same(found[5], -(15 * c[1] ** 3 - 10 * c[0] * c[1] * c[2] + c[0] ** 2 * c[3]) / c[0] ** 7)


# Order parameters, equations and initial laws.


def phase(order, laws, common=((),), references=(sp.S.Zero,), **more):
    branches = tuple(Branch((k,), sp.S.One, law) for k, law in enumerate(laws))
    return CanonicalPhase("speciation", HALF, order, branches, common, references, **more)


def test_order_parameters_written_out():
    noise = sp.Symbol("alpha", positive=True)
    c1, c2, c3 = sp.symbols("c1:4", positive=True)
    summed = sp.Sum(coordinate - psi * c1, (index, 1, d))
    (first,) = order_parameters(phase(1, [SIGNS], references=(c1,)), noise)
    assert same(first.doit(), (noise * summed / sp.sqrt(d)).doit())
    (second,) = order_parameters(phase(2, [SIGNS], ((c1,),), (c2,)), noise)
    written = sp.Sum((coordinate - psi * c1) ** 2 - 1, (index, 1, d)) / sp.sqrt(2 * d) - sp.sqrt(d / 2) * psi**2 * c2
    assert same(sp.expand(second.subs(d, 3).doit()), sp.expand((noise**2 * written).subs(d, 3).doit()))
    (third,) = order_parameters(phase(3, [SIGNS], ((c1, c2),), (c3,)), noise)
    spread = sp.sqrt(1 + psi**2 * c2)
    hat = (coordinate - psi * c1) / spread
    written = sp.Sum(hat**3 - 3 * hat, (index, 1, d)) / sp.sqrt(6 * d) - sp.sqrt(d / 6) * (psi / spread) ** 3 * c3
    assert same(third.subs(d, 2).doit(), (noise**3 * written).subs(d, 2).doit())
    data = CanonicalPhase("data", sp.S.Zero, None, (Branch((0,), sp.S.One, SIGNS),))
    assert order_parameters(data, noise) == (sp.Indexed("x", index),)
    assert direction(2) == sp.Indexed("e", 2, index)


def test_unknowns_are_named_and_numbered():
    assert [str(f) for f in unknowns(phase(2, [SIGNS]), 0)] == ["mu"]
    assert [str(f) for f in unknowns(phase(2, [SIGNS]), 0, lifted=False)] == ["nu"]
    assert [str(f) for f in unknowns(phase(2, [SIGNS] * 2), 1)] == ["mu_2"]
    data = phase(None, [SIGNS] * 2)
    assert [str(unknowns(data, k)[0]) for k in (0, 1)] == ["x_1", "x_2"]
    assert str(unknowns(data, 0, lifted=False)[0]) == "y_1"


@pytest.mark.parametrize("order", [1, 2, 3])
def test_equations_written_out(order):
    """μ' = q (α'/α) μ + α^q (ψ^q)' tanh(ψ^q μ/α^q) for signs."""
    noise, ratio = 2 - t, 3 * t
    (found,) = equations(phase(order, [SIGNS]), noise, ratio)
    mu = sp.Function("mu")(t)
    written = -order / (2 - t) * mu + (2 - t) ** order * 3**order * order * t ** (order - 1) * sp.tanh(
        (3 * t / (2 - t)) ** order * mu
    )
    assert found.lhs == sp.Derivative(mu, t)
    for at, value in ((R(1, 5), HALF), (R(1, 2), -R(1, 3))):
        assert abs(sp.N((found.rhs - written).subs(mu, value).subs(t, at))) < 1e-12


def test_initial_laws_written_out():
    window = Window("data", HALF, sp.S.One, Position(t, t, t, t))
    mean = AtomLaw((sp.S(1), sp.S(4)), (QUARTER, 3 * QUARTER))
    (found,) = initial_laws(phase(1, [mean]), window, 3 - 2 * t, 5 * t)
    # α = 2 and ψ = 5/2 at the start, and the mean of the law is 13/4.
    assert found.lhs == sp.Function("mu")(HALF)
    assert found.rhs.args == (2 * R(5, 2) * R(13, 4), 4)
    (found,) = initial_laws(phase(2, [mean]), window, 3 - 2 * t, 5 * t)
    assert found.rhs.args == (0, 16)
    (found,) = initial_laws(phase(1, [mean]), window, 1 / (2 * t - 1), 5 * t)
    assert found.lhs == sp.Function("nu")(HALF)
    assert found.rhs.args == (R(65, 8), 1)
    (found,) = initial_laws(phase(1, [mean]), window, 3 - 2 * t, 2 * t - 1)
    assert found.rhs.args == (0, 4)


# Schedules.


def test_interpolants_written_out():
    assert VP.noise_scale == (1, 0)
    assert VE.noise_scale == (1, HALF)
    assert same(VP.noise_rate, -1 / (1 - tau))
    assert same(VP.signal_rate, 1 / (1 - tau))
    assert same(VP_TRIG.noise_rate, -tau / (1 - tau**2))
    assert same(VP_TRIG.signal_rate, 1 / (1 - tau**2))
    level = sp.Symbol("x", positive=True)
    assert same(VP.time_of("psi", level), level / (1 + level))
    assert same(VE.time_of("psi", level), sp.sqrt(d) * level / (1 + sp.sqrt(d) * level))
    assert same(VE_TRIG.time_of("alpha", level), sp.sqrt(1 - level**2 / d))
    assert VE.time_of("beta", level) == level


def test_an_interpolant_that_cannot_be_inverted_is_refused():
    with pytest.raises(DerivationError, match="no closed form of tau"):
        Interpolant(1 - tau, tau**5 / 2 + tau / 2).time_of("psi", sp.Symbol("x"))


@pytest.mark.parametrize(
    ("alpha", "beta", "message"),
    [
        (1 - tau, tau - sp.sin(2 * sp.pi * tau), "must increase with tau; it does not near tau = 1/64"),
        ((1 - tau) * (R(63, 64) - tau), tau, "tau = 63/64, d = 100$"),
        (1 - tau + (1 - tau) * tau * (10**4 - d) / 10**4, tau, "d = 100000000"),
    ],
)
def test_interpolants_are_tried_at_many_times_and_two_dimensions(alpha, beta, message):
    with pytest.raises(ValueError, match=message):
        Interpolant(alpha, beta)


def ends(window, quantity):
    """A motion's value at the window's two ends."""
    expression = getattr(window.motion, quantity)
    return [expression.subs({elapsed: share, remaining: 1 - share}) for share in (0, 1)]


@pytest.mark.parametrize("interpolant", [VP, VE, VP_TRIG, VE_TRIG], ids=["vp", "ve", "vp-trig", "ve-trig"])
@pytest.mark.parametrize(("exponent", "order"), [(HALF, 1), (QUARTER, 1), (QUARTER, 2)])
def test_windows_join_and_hold_positions_of_the_path(interpolant, exponent, order):
    numbers = {d: sp.Integer(10) ** 8, kappa: sp.Integer(2)}
    windows = dilated_windows(interpolant, [("speciation", exponent, order), ("data", sp.S.Zero, None)])
    count = 2 if order == 1 else 3
    assert [(w.start, w.end) for w in windows] == [(R(k, count), R(k + 1, count)) for k in range(count)]
    path = {"tau": tau, "rest": 1 - tau, "alpha": interpolant.alpha, "beta": interpolant.beta}
    for before, after in pairwise(windows):
        for quantity in path:
            left, right = sp.N(ends(before, quantity)[1].subs(numbers)), sp.N(ends(after, quantity)[0].subs(numbers))
            assert float(left) == pytest.approx(float(right), rel=1e-9), quantity
    for window in windows:
        at = {elapsed: R(1, 3), remaining: R(2, 3), **numbers}
        here = sp.N(window.motion.tau.subs(at), 40)
        for quantity, expression in path.items():
            expected = sp.N(expression.subs(numbers).subs(tau, here), 30)
            assert float(getattr(window.motion, quantity).subs(at)) == pytest.approx(float(expected), rel=1e-9)
    assert float(ends(windows[0], "tau")[0].subs(numbers)) == 0
    assert float(ends(windows[-1], "tau")[1].subs(numbers)) == 1
    # The knot: κ above this phase's scale where β runs on, κ below the next one's where α does.
    begin, finish = (sp.N((ends(windows[0], "beta")[k] / ends(windows[0], "alpha")[k]).subs(numbers)) for k in (0, 1))
    assert begin == 0
    above = float(2 * sp.Integer(10) ** (-8 * exponent))
    alpha_end = float(ends(windows[0], "alpha")[1].subs(numbers))
    if order > 1:
        assert float(finish) == pytest.approx(above)
    elif interpolant in {VE, VE_TRIG}:
        assert alpha_end == pytest.approx(2)
    else:
        assert float(ends(windows[0], "beta")[1].subs(numbers)) == pytest.approx(above)


def test_windows_need_a_data_phase_at_the_end():
    for scales in ([], [("speciation", HALF, 1)]):
        with pytest.raises(DerivationError, match="last phase must be the data phase"):
            dilated_windows(VP, scales)


def test_windows_of_ones_own():
    (whole,) = custom_windows(VE, [t**2], "mine")
    assert (whole.name, whole.start, whole.end) == ("mine", 0, 1)
    assert [same(getattr(whole, q), e) for q, e in (("tau", t**2), ("beta", t**2))] == [True, True]
    assert same(whole.alpha, sp.sqrt(d) * (1 - t**2))
    first, second = custom_windows(VP, [t / 2, QUARTER + (t - HALF) * R(3, 2)], "mine")
    assert (first.name, second.name, first.end, second.start, second.end) == ("mine 1", "mine 2", HALF, HALF, 1)
    assert same(first.tau, t / 2)
    assert same(second.tau, (6 * t - 2) / 4)
    assert same(second.alpha, (6 - 6 * t) / 4)
    assert same(second.motion.rest, R(3, 4) * remaining)
    assert same(first.rate(first.motion.tau), HALF)
    assert first.is_straight(first.motion.tau)
    assert not whole.is_straight(whole.motion.tau)


@pytest.mark.parametrize(
    ("dilations", "message"),
    [
        ([], "at least one"),
        ([t + 1], "must be 0 at t = 0, got 1"),
        ([t / 2], "must be 1 at t = 1, got 1/2"),
        ([t, t**2], "must be 1/2 at t = 1/2, got 1/4"),
        ([t * sp.Symbol("z")], "found"),
    ],
)
def test_windows_that_jump_are_refused(dilations, message):
    with pytest.raises(ValueError, match=message):
        custom_windows(VP, dilations, "mine")


# Cascades of product mixtures.


def modes(*laws, weights=None):
    weights = weights or [R(1, len(laws))] * len(laws)
    return [ModeLaw(weight, law_of(law)) for weight, law in zip(weights, laws, strict=True)]


def test_a_cascade_worked_by_hand():
    """Means 1 ± d^(−1/8) and −1: γ = 1/2 for −1 against the others, and 3/8 between the two."""
    shift = d ** -R(1, 8)
    cascade = product_cascade(
        modes(
            Normal("a", 1 + shift, 1), Normal("a", 1 - shift, 1), Normal("a", -1, 1), weights=[R(1, 8), R(3, 8), HALF]
        )
    )
    assert [p.exponent for p in cascade.phases] == [HALF, R(3, 8), 0]
    assert [p.order for p in cascade.phases] == [1, 1, None]
    assert [b.modes for b in cascade.phases[0].branches] == [(0, 1, 2)]
    assert [b.modes for b in cascade.phases[1].branches] == [(0, 1)]
    assert cascade.phases[0].branches[0].law.atoms == {1: HALF, -1: HALF}
    assert cascade.phases[1].branches[0].law.atoms == {1: QUARTER, -1: R(3, 4)}
    assert cascade.phases[1].branches[0].weight == HALF
    assert cascade.phases[1].references == (1,)


def test_variances_are_told_apart_by_half_their_difference_over_root_two():
    cascade = product_cascade(modes(Normal("a", 0, 1), Normal("a", 0, 2)))
    (branch,) = cascade.phases[0].branches
    assert (cascade.phases[0].exponent, cascade.phases[0].order) == (QUARTER, 2)
    assert branch.law.atoms == {1 / sp.sqrt(2): HALF, 4 / sp.sqrt(2): HALF}
    assert cascade.phases[0].common == ((0,),)


@pytest.mark.parametrize(
    ("laws", "message"),
    [
        ([Normal("a", 0, 1), Normal("a", 0, 1)], "same cumulants up to order 8"),
        ([Normal("a", 0, 1), Normal("a", 1 / d, 1)], "too fast to be told apart"),
        ([Normal("a", 0, 1), Normal("a", d**-QUARTER, sp.sqrt(2))], "at the same scale"),
        ([Normal("a", d, 1), Normal("a", 0, 1)], "no limit"),
    ],
)
def test_mixtures_without_a_cascade(laws, message):
    with pytest.raises(DerivationError, match=message):
        product_cascade(modes(*laws))


def test_weights_that_vanish_are_refused():
    with pytest.raises(DerivationError, match="tends to 0"):
        product_cascade(modes(Rademacher("a"), Bernoulli("a", HALF), weights=[1 / d, 1 - 1 / d]))
    cascade = product_cascade(modes(Rademacher("a"), Bernoulli("a", HALF), weights=[HALF + 1 / d, HALF - 1 / d]))
    assert [mode.weight for mode in cascade.modes] == [HALF, HALF]


def test_rounding_is_no_difference():
    def gap(left, right, order=1):
        return difference_of(law_of(Normal("a", left, 1)), law_of(Normal("b", right, 1)), order)

    assert gap(0.1 + 0.2, 0.3) == 0 and gap(sp.Float(100), sp.Float(100) + sp.Float("5e-13")) == 0
    assert gap(sp.Float(1), sp.Float(1) + sp.Float("1e-10")) != 0
    assert gap(sp.S(3), sp.S(1)) == 2 and gap(1, 1 + sp.Rational(1, 10**30)) != 0
    with pytest.raises(
        DerivationError, match=r"cannot be decided: 1\.0000000000000000 ± .*e-15 and 1\.0000000000010001 ±"
    ):
        gap(sp.Float(1), sp.Float(1) + sp.Float("1e-12"))


def test_limiting_laws():
    assert limiting_law(law_of(Normal("a", 1 + 1 / d, 2))).cumulants(2) == (1, 4)
    assert limiting_law(law_of(Normal("a", 1, 1 / d))) == AtomLaw((sp.S.One,), (sp.S.One,))


# Maxima of mean-field measures.


def test_maxima_of_three_valued_and_uniform_spins():
    (found,) = find_saddles(law_of(Uniform("a", -1, 1)), m**2 / 2)
    assert (found.magnetisation, found.tilt, found.bend) == (0, 0, 2)
    assert (found.variance, found.chi, found.stiffness) == (R(1, 3), R(2, 3), 1)
    assert found.exact
    low, high = find_saddles(law_of(Rademacher("a")), R(3, 4) * m**2)
    value = 0.8586
    assert float(high.magnetisation) == pytest.approx(value, abs=2e-4)
    assert float(low.magnetisation) == -float(high.magnetisation)
    assert float(high.tilt) == pytest.approx(1.5 * float(high.magnetisation))
    assert float(sp.N(high.variance)) == pytest.approx(1 - float(high.magnetisation) ** 2)
    assert float(sp.N(high.chi)) == pytest.approx(1 - 1.5 * (1 - float(high.magnetisation) ** 2))
    assert float(sp.N(high.stiffness)) == pytest.approx(float(sp.N(high.chi / high.variance)) / 2)
    (critical,) = find_saddles(law_of(Rademacher("a")), m**2 / 2)
    assert (critical.chi, critical.bend, critical.stiffness) == (0, 4, R(1, 12))
