"""Schedules against the paper's dilations, and α against 60-digit arithmetic up to d = 10^100."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from symsched import GaussianMixture, derive
from symsched.errors import DerivationError
from symsched.schedules.interpolant import INTERPOLANTS, VE, VE_TRIG, VP, VP_TRIG, Interpolant, by_sine
from symsched.schedules.schedule import custom, dilate, plain
from symsched.symbols import d, kappa, t, tau

HALF = sp.Rational(1, 2)
PAPER = [("speciation", HALF, 1), ("data", sp.S.Zero, None)]
TREE = [("speciation 1", HALF, 1), ("speciation 2", sp.Rational(1, 4), 1), ("data", sp.S.Zero, None)]
SECOND = [("speciation", sp.Rational(1, 4), 2), ("data", sp.S.Zero, None)]
RATIO = kappa / sp.sqrt(d)
DILATIONS = {
    VP: (2 * RATIO * t, RATIO + (1 - RATIO) * (2 * t - 1)),
    VP_TRIG: (2 * RATIO * t, RATIO + (1 - RATIO) * (2 * t - 1)),
    VE: ((1 - RATIO) * 2 * t, 1 - RATIO + RATIO * (2 * t - 1)),
    VE_TRIG: (sp.sqrt(1 - RATIO**2) * 2 * t, sp.sqrt(1 - RATIO**2 * (2 - 2 * t) ** 2)),
}
OWN = {
    "squares": Interpolant((1 - tau) ** 2, tau**2),
    "roots": Interpolant(sp.sqrt(1 - tau), sp.sqrt(tau)),
    "circle": Interpolant(sp.cos(sp.pi * tau / 2), sp.sin(sp.pi * tau / 2)),
    "square": Interpolant((1 - tau) ** 2, tau),
    "half angle": Interpolant((1 - tau**2) / (1 + tau**2), 2 * tau / (1 + tau**2)),
    "between": Interpolant(d ** sp.Rational(3, 16) * (1 - tau), tau),
}


@pytest.mark.parametrize("interpolant", DILATIONS, ids=lambda i: i.name)
def test_the_rule_gives_the_dilations_of_the_paper(interpolant):
    schedule = dilate(interpolant, PAPER)
    for window, expected in zip(schedule.windows, DILATIONS[interpolant], strict=True):
        assert sp.simplify(window.tau - expected) == 0


@pytest.mark.parametrize(
    "scales", [PAPER, TREE, SECOND, [("data", sp.S.Zero, None)]], ids=["paper", "tree", "q=2", "data only"]
)
@pytest.mark.parametrize("interpolant", (INTERPOLANTS | OWN).values(), ids=list(INTERPOLANTS | OWN))
@pytest.mark.parametrize("dimension", [10**4, 10**12, 10**40])
def test_amplitudes_keep_their_digits(interpolant, scales, dimension):
    schedule = dilate(interpolant, scales)
    steps = 6 * len(schedule.windows)
    plan = schedule.plan(steps, dimension, 3.0, "canonical")
    with mpmath.workdps(120):
        for k, window in enumerate(w for w in schedule.windows for _ in range(6)):
            share = sp.Rational(k % 6, 6)
            moment = (
                (window.start + share * (window.end - window.start)).p,
                (window.start + share * (window.end - window.start)).q,
            )
            values = {t: sp.Rational(*moment), d: sp.Integer(dimension), kappa: 3}
            at = sp.N(window.tau.subs(values), 110)
            alpha = sp.N(interpolant.alpha.subs({tau: at, d: dimension}), 60)
            assert plan.alpha[k] == pytest.approx(float(alpha), rel=1e-13)
            assert plan.beta[k] == pytest.approx(float(sp.N(interpolant.beta.subs(tau, at), 60)), rel=1e-13)


def test_a_kappa_beyond_all_noise_is_refused_in_words():
    schedule = dilate(Interpolant(d ** sp.Rational(1, 8) * sp.sqrt(1 - tau**2), tau), PAPER)
    with pytest.raises(ValueError, match=r"kappa = 3 is too large for d = 100: .* nowhere between tau = 0 and 1"):
        schedule.plan(4, 100, 3.0)


@pytest.mark.parametrize("interpolant", INTERPOLANTS.values(), ids=list(INTERPOLANTS))
def test_euler_and_ddim_agree_exactly_when_the_path_is_linear_between_nodes(interpolant):
    schedule = dilate(interpolant, PAPER)
    one, other = (schedule.plan(40, 1e6, 3.0, scheme) for scheme in ("interpolant", "canonical"))
    same = np.allclose(one.A, other.A, rtol=1e-11, atol=1e-13) and np.allclose(
        one.B.toarray(), other.B.toarray(), rtol=1e-9, atol=1e-13
    )
    assert same == (interpolant in (VP, VE))


@pytest.mark.parametrize("interpolant", INTERPOLANTS.values(), ids=list(INTERPOLANTS))
def test_rates_are_the_derivatives_of_the_amplitudes(interpolant):
    schedule = dilate(interpolant, PAPER)
    for window in schedule.windows:
        at = {t: window.start + sp.Rational(1, 7), d: 10**6, kappa: 3}
        for motion, shown in ((window.motion.alpha, window.alpha), (window.motion.beta, window.beta)):
            share = (at[t] - window.start) / (window.end - window.start)
            inside = dict(zip(sorted(motion.free_symbols - {d, kappa}, key=str), (0, 0), strict=False))
            rate = (
                window.rate(motion)
                .subs({symbol: (share if symbol.name == "v" else 1 - share) for symbol in inside})
                .subs(at)
            )
            assert float(rate) == pytest.approx(float(sp.diff(shown, t).subs(at)), rel=1e-12)


def test_grids():
    schedule = dilate(VP, PAPER)
    assert np.allclose(schedule.times(8), np.linspace(0, 1, 9), atol=0)
    sigmas = schedule.sigmas(8, 1e4, 3.0)
    assert sigmas.shape == (9,)
    assert sigmas[-1] == 0
    assert np.all(np.diff(sigmas) < 0)
    assert np.allclose(sigmas[1:-1], 1 / schedule.psi(8, 1e4, 3.0)[1:])
    odd = schedule.times(7)
    assert odd.shape == (8,)
    assert 0.5 in odd


def test_bridge_follows_only_orders_above_one():
    assert [w.name for w in dilate(VP, SECOND).windows] == ["speciation", "bridge to data", "data"]
    assert [w.name for w in dilate(VP, TREE).windows] == ["speciation 1", "speciation 2", "data"]


@pytest.mark.parametrize("interpolant", [VP, VE_TRIG], ids=["vp", "ve-trig"])
def test_a_bridge_ends_below_the_next_scale(interpolant):
    """From κ d^(−1/4) to 1/κ, whatever runs before and after."""
    bridge = dilate(interpolant, SECOND).windows[1]
    numbers = {d: sp.Integer(10) ** 8, kappa: 3}
    ends = [float(bridge.psi.subs({t: at}).subs(numbers)) for at in (bridge.start, bridge.end)]
    assert ends == pytest.approx([0.03, 1 / 3])


def test_a_list_of_sigmas_starts_a_thousand_times_above_its_second_entry():
    schedule = dilate(VP, PAPER)
    first, second = schedule.sigmas(8, 1e4, 3.0)[:2]
    assert first / second == pytest.approx(1000)
    # t = 1/8 is a quarter of the window: ψ = τ/(1 − τ) at τ = .03/4.
    assert second == pytest.approx((1 - 0.0075) / 0.0075)


def test_custom_schedules():
    assert plain(VE).tau == t
    wrong = custom(
        VP, 2 * kappa * d ** sp.Rational(-1, 4) * t, kappa * d ** sp.Rational(-1, 4) * (2 - 2 * t) + 2 * t - 1
    )
    assert wrong.plan(10, 1e8, 3.0).alpha[-1] == 0
    with pytest.raises(ValueError, match="tau must be 1 at t = 1"):
        custom(VP, t / 2)
    with pytest.raises(ValueError, match="may hold"):
        custom(VP, t + sp.Symbol("q") * t * (1 - t))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 1, "d": 100, "kappa": 3}, "steps must be at least 2"),
        ({"steps": 0, "d": 100, "kappa": 3}, "steps must be at least 1"),
        ({"steps": 10, "d": 100}, "pass kappa"),
        ({"steps": 10, "d": 100, "kappa": 10}, "too large for d"),
        ({"steps": 10, "d": 100, "kappa": 12}, "too large for d"),
        ({"steps": 10, "d": 100, "kappa": -1}, "kappa must be a number above 0"),
        ({"steps": 10, "d": 0, "kappa": 3}, "d must be a number above 0"),
        ({"steps": 10, "d": float("nan"), "kappa": 3}, "finite"),
        ({"steps": 10, "d": 100, "kappa": 3, "scheme": "canonic"}, "did you mean 'canonical'"),
    ],
)
@pytest.mark.parametrize("interpolant", [VP, VE_TRIG], ids=["vp", "ve-trig"])
def test_bad_grids_are_refused(interpolant, arguments, message):
    with pytest.raises(ValueError, match=message):
        dilate(interpolant, PAPER).plan(**arguments)


@pytest.mark.parametrize(
    ("alpha", "beta", "message"),
    [
        (2 - tau, tau, r"alpha\(tau=1\) must be 0"),
        (1 - tau, tau + 1, r"beta\(tau=0\) must be 0"),
        (1 - tau, tau / 2, r"beta\(tau=1\) must be 1"),
        (1 - tau, tau * (1 + 4 * (1 - tau) * sp.sin(12 * tau)), "must increase"),
        ((1 - tau) * (sp.Rational(1, 2) - tau), tau, "alpha must be positive"),
        (1 - sp.Symbol("tau"), tau, "nonnegative=True"),
        (1 - tau, tau ** sp.Symbol("k"), "free symbol k"),
    ],
)
def test_bad_interpolants_are_refused(alpha, beta, message):
    with pytest.raises(ValueError, match=message):
        Interpolant(alpha, beta)


def test_interpolants_take_no_text():
    with pytest.raises(TypeError, match="SymPy expression"):
        Interpolant("1 - tau", tau)


def test_a_users_own_interpolant_gets_the_same_windows_in_psi():
    cosine = Interpolant(sp.cos(sp.pi * tau / 2), sp.sin(sp.pi * tau / 2))
    assert np.allclose(dilate(cosine, PAPER).psi(12, 1e6, 3.0), dilate(VP_TRIG, PAPER).psi(12, 1e6, 3.0))


def test_decimal_numbers_in_an_interpolant_are_what_they_say():
    assert Interpolant(0.5 * (1.0 - tau), tau**2.0) == Interpolant((1 - tau) / 2, tau**2)
    with pytest.raises(ValueError, match=r"beta\(tau=1\) must be 1, got 99/100"):
        Interpolant(1 - tau, 0.99 * tau)


def test_squares_of_the_cosine_and_the_sine_follow_linear_vp():
    """Noise and signal sum to 1 as those of 1 − τ and τ do, and β sets the dilation of both: one motion."""
    squares = Interpolant(sp.cos(sp.pi * tau / 2) ** 2, sp.sin(sp.pi * tau / 2) ** 2)
    pair = GaussianMixture(sp.Rational(4, 5))
    own, linear = (derive(pair, path).phases for path in (squares, VP))
    assert [phase.ode for phase in own] == [phase.ode for phase in linear]


def test_an_inverse_keeps_its_digits_where_half_angles_would_lose_them():
    """sin/cos² = v: sin = 2v/(1 + √(1 + 4v²)), by floats as by 60 digits."""
    angle = sp.pi * tau / 2
    (inverse,) = by_sine(sp.sin(angle) / sp.cos(angle) ** 2)
    function = sp.lambdify(list(inverse.free_symbols), inverse, "math")
    with mpmath.workdps(60):
        for level in (1e-12, 1e-6, 0.3, 1.0, 40.0, 1e6):
            sine = 2 * mpmath.mpf(level) / (1 + mpmath.sqrt(1 + 4 * mpmath.mpf(level) ** 2))
            assert function(level) == pytest.approx(float(2 * mpmath.asin(sine) / mpmath.pi), rel=1e-12)


def test_a_cube_root_is_real():
    inverse = Interpolant((1 - tau) ** 3, 1 - (1 - tau) ** 3).time_of("beta", t)
    assert sp.lambdify(t, inverse, "math")(0.875) == pytest.approx(0.5, rel=1e-12)


def test_an_inverse_by_lambert_s_function_reproduces_its_levels():
    path = Interpolant(sp.log(2 - tau), tau)
    inverse = sp.lambdify(t, path.time_of("psi", t), "mpmath")
    for level in (1e-6, 0.4, 3.0):
        time = inverse(mpmath.mpf(level))
        assert float(time / mpmath.log(2 - time)) == pytest.approx(level, rel=1e-9)


def test_an_interpolant_in_pieces_is_refused_where_it_is_inverted():
    bent = Interpolant(1 - tau, sp.Piecewise((tau / 2, tau < HALF), (3 * tau / 2 - HALF, True)))
    with pytest.raises(DerivationError, match=r"no closed form of tau for beta = .* on all of 0 < tau < 1"):
        dilate(bent, PAPER)


@pytest.mark.parametrize(("alpha", "beta"), [((1 - tau) ** 2, tau), (1 - tau, tau**2)], ids=["end", "infinite slope"])
def test_a_step_that_overshoots_however_short_is_not_told_to_be_shorter(alpha, beta):
    schedule = dilate(Interpolant(alpha, beta), PAPER)
    with pytest.raises(ValueError, match=r"scheme='canonical' or a linear interpolant$"):
        schedule.plan(4000, 1e4, 3.0, "interpolant")


def test_phases_at_one_scale_are_refused():
    with pytest.raises(DerivationError, match="share a scale"):
        dilate(VP, [("a", HALF, 1), ("b", HALF, 1), ("data", sp.S.Zero, None)])


@pytest.mark.parametrize("scales", [PAPER, SECOND], ids=["paper", "bridge"])
@pytest.mark.parametrize("interpolant", INTERPOLANTS.values(), ids=list(INTERPOLANTS))
def test_source_runs_on_its_own_and_agrees(interpolant, scales):
    schedule = dilate(interpolant, scales)
    names: dict = {}
    exec(compile(schedule.source("numpy"), "schedule", "exec"), names)  # our own text, not a user's
    times = schedule.times(30)[:-1]
    plan = schedule.plan(30, 1e6, 3.0, "canonical")
    _, alpha, beta = names["schedule"](times, 1e6, 3.0)
    assert np.allclose(alpha, plan.alpha[:-1], rtol=1e-12)
    assert np.allclose(beta, plan.beta[:-1], rtol=1e-12)
    with pytest.raises(ValueError, match="did you mean 'numpy'"):
        schedule.source("numppy")


@pytest.mark.parametrize("scales", [SECOND, [("data", sp.S.Zero, None)], TREE], ids=["q=2", "data only", "tree"])
@pytest.mark.parametrize("interpolant", [VP, VE], ids=["vp", "ve"])
def test_euler_on_a_linear_interpolant_is_ddim_in_every_window(interpolant, scales):
    schedule = dilate(interpolant, scales)
    for dimension in (1e4, 1e12):
        one, other = (schedule.plan(30, dimension, 3.0, scheme) for scheme in ("interpolant", "canonical"))
        assert np.allclose(one.A, other.A, rtol=1e-12)
        assert np.allclose(one.B.toarray(), other.B.toarray(), rtol=1e-9, atol=1e-15)


def test_an_euler_step_that_overshoots_the_noise_is_refused():
    schedule = dilate(VE_TRIG, [("data", sp.S.Zero, None)])
    with pytest.raises(ValueError, match="use scheme='canonical'"):
        schedule.plan(20, 1e4, 3.0)
    assert schedule.plan(20, 1e4, 3.0, "canonical").alpha[-1] == 0


@pytest.mark.parametrize(("interpolant", "expected"), list(zip(INTERPOLANTS.values(), (0, HALF, 0, HALF), strict=True)))
def test_the_noise_of_the_first_window_has_the_power_of_d_it_starts_with(interpolant, expected):
    assert dilate(interpolant, PAPER).noise_exponent == expected
