"""What a limit shows beside its equations: initial laws, order parameters, clocks, and solutions in numbers."""

import dataclasses
import functools
import math
import re

import numpy as np
import pytest
import sympy as sp
from sympy.stats import Normal

import symsched
from symsched.algebra.formulas import formula_latex
from symsched.distributions.cascade import Branch, CanonicalPhase
from symsched.laws import AtomLaw
from symsched.limits.initial import initial_laws
from symsched.limits.order_parameter import order_parameters
from symsched.schedules.window import Position, Window
from symsched.symbols import d, kappa, psi, t
from symsched.zoo import find

R = sp.Rational
HALF, QUARTER = R(1, 2), R(1, 4)
NORMAL = sp.Function("Normal")
POINTS = [(1, 0, 0), (0, 2, 0), (0, 0, 1), (1, 1, 1)]


def weak_tree():
    """Means 1 ± d^(−1/4), which are told apart after the third mode at −1."""
    shift = d**-QUARTER
    modes = [(R(3, 8), 1 + shift), (R(1, 8), 1 - shift), (HALF, -1)]
    return symsched.ProductMixture([(weight, Normal("a", mean, 1)) for weight, mean in modes])


MADE = {
    "mixture": lambda: symsched.GaussianMixture(R(4, 5), 1, HALF),
    "weak tree": weak_tree,
    "variances": lambda: symsched.ProductMixture(
        [(R(3, 10), Normal("a", 0, R(3, 2))), (R(7, 10), Normal("a", 0, HALF))]
    ),
    "directions": lambda: symsched.GaussianModes(
        [QUARTER] * 4, [[sum(x * y for x, y in zip(p, q, strict=True)) for q in POINTS] for p in POINTS], 1
    ),
    "line": lambda: symsched.GaussianModes([HALF, HALF], [[1, -1], [-1, 1]], 1),
    "hot": lambda: symsched.CurieWeiss(HALF, 0),
}


@functools.cache
def limit(name, path="VP"):
    return symsched.derive(MADE[name](), getattr(symsched, path))


def step(name, path, rule):
    (found,) = [step for step in limit(name, path).derivation.steps if rule in step.rule]
    return found


def passes(step, after):
    return all(check.passed for check in dataclasses.replace(step, after=after).check())


# Initial laws.


def test_each_mode_enters_the_data_phase_around_its_own_mean():
    phase = limit("mixture", "VE").phases[1]
    assert [str(law) for law in phase.initials] == [
        "Eq(x_1(1/2), Normal(1, kappa**2))",
        "Eq(x_2(1/2), Normal(-1, kappa**2))",
    ]
    assert phase.initial == phase.initials[0]
    assert [law.rhs for law in limit("mixture").phases[1].initials] == [NORMAL(0, 1)] * 2


def test_a_group_enters_its_own_speciation_around_what_it_has_in_common():
    # ν is centred on the common 1; what is left is s E g = (3 − 1)/4 at s = 1/κ, times α = κ.
    second = limit("weak tree", "VE").phases[1]
    assert [law.rhs for law in second.initials] == [NORMAL(HALF, kappa**2)]
    assert [str(law.lhs) for law in second.initials] == ["mu(1/3)"]
    assert [law.rhs.args[0] for law in limit("weak tree", "VE").phases[2].initials] == [1, 1, -1]


def test_several_directions_start_from_a_vector():
    law = limit("directions").phases[0].initial
    assert law.lhs == sp.Tuple(*(sp.Function(f"mu_{k}")(0) for k in (1, 2, 3)))
    assert law.rhs == NORMAL(sp.zeros(3, 1).as_immutable(), sp.eye(3).as_immutable())


@pytest.mark.parametrize(
    ("name", "shown"), [("variances", "Eq(nu(0), Normal(0, 1))"), ("hot", "Eq(y(0), Normal(0, 1))")]
)
def test_where_alpha_is_infinite_the_canonical_coordinate_has_the_law(name, shown):
    assert str(limit(name, "VE").phases[0].initial) == shown


def canonical(order, *laws):
    branches = tuple(Branch((k,), sp.S.One, law) for k, law in enumerate(laws))
    return CanonicalPhase("speciation", R(1, 2 * order), order, branches)


@pytest.mark.parametrize(
    ("order", "mean", "variance"), [(1, sp.S.One, kappa**2), (2, sp.S.Zero, kappa**4), (3, 0, kappa**6)]
)
def test_noise_enters_with_the_power_of_its_order(order, mean, variance):
    here = sp.S.Zero
    window = Window("speciation", QUARTER, HALF, Position(here, here, here, here))
    law = AtomLaw((2, -2), (R(3, 4), QUARTER))
    (found,) = initial_laws(canonical(order, law), window, kappa * (2 - 4 * t), 4 * t / kappa)
    assert found.rhs == NORMAL(mean, variance)


@pytest.mark.parametrize(
    ("name", "path", "rule", "wrong"),
    [
        ("mixture", "VE", "law at t = 1/2", [NORMAL(1, kappa**2), NORMAL(1, kappa**2)]),
        ("mixture", "VE", "law at t = 1/2", [NORMAL(1, kappa), NORMAL(-1, kappa)]),
        ("mixture", "VE", "law at t = 0", [NORMAL(0, 2)]),
        ("mixture", "VE", "law at t = 0", [-NORMAL(0, 1)]),
        ("weak tree", "VE", "speciation 2: the law at", [NORMAL(0, kappa**2)]),
        ("variances", "VE", "law at t = 0", [NORMAL(0, sp.zoo)]),
        ("directions", "VP", "law at t = 0", [NORMAL(0, 1)]),
    ],
)
def test_a_wrong_initial_law_is_caught(name, path, rule, wrong):
    found = step(name, path, rule)
    assert passes(found, found.after)
    after = [sp.Eq(law.lhs, other, evaluate=False) for law, other in zip(found.after.args, wrong, strict=True)]
    assert not passes(found, sp.Tuple(*after))


# Order parameters.


def at(expression, y, ratio, dimension):
    """Value of an order parameter where every coordinate is ``y``."""
    summed = expression.replace(sp.Sum, lambda term, _: d * term.replace(sp.Indexed, lambda *_: y))
    return float(summed.subs({psi: ratio, d: dimension}))


def test_what_modes_share_is_no_part_of_the_order_parameter():
    second = limit("weak tree").phases[1].order_parameter
    assert at(second, 0.03, 0.03, 10**6) == pytest.approx(0, abs=1e-12)
    assert at(second, 0.031, 0.03, 10**6) == pytest.approx(1)
    phase = CanonicalPhase("speciation", QUARTER, 2, (), ((sp.S.One,),), (R(5),))
    (parameter,) = order_parameters(phase, sp.S.One)
    # (y − ψ)² − 1 = 5 ψ² is what five units of shared variance add.
    assert at(parameter, 0.1 + math.sqrt(1.05), 0.1, 800) == pytest.approx(0, abs=1e-12)
    assert at(parameter, 0.1 + math.sqrt(1.06), 0.1, 800) == pytest.approx(0.2)


def test_common_cumulants_of_order_three_are_no_part_of_order_six():
    """E He_6 of a coordinate with cumulants 0, 1, c_3, 0, 0, c_6 is c_6 + 10 c_3²."""
    shared = (sp.S.Zero, sp.S.One, sp.S(2), sp.S.Zero, sp.S.Zero)
    phase = CanonicalPhase("speciation", R(1, 12), 6, (), (shared,), (sp.S.Zero,))
    (parameter,) = order_parameters(phase, sp.S.One)
    left = parameter.replace(sp.Sum, lambda *_: sp.S.Zero)
    hat = psi / sp.sqrt(1 + psi**2)
    assert sp.simplify(left + sp.sqrt(d / 720) * hat**6 * 40) == 0


def test_gaussian_modes_on_a_line_are_told_apart_along_that_line():
    assert str(limit("line").phases[0].order_parameter) == "Sum(e[1, i]*y[i], (i, 1, d))"
    for name in ("line", "directions"):
        found = step(name, "VP", "the order parameter, α^q ν")
        assert passes(found, found.after)
        assert not passes(found, found.after.replace(sp.Sum, lambda *parts: sp.Sum(*parts) * R(101, 100)))


@pytest.mark.parametrize("wrong", ["shared part added", "half the sum", "a window of its own"])
def test_a_wrong_order_parameter_is_caught(wrong):
    found = step("weak tree", "VP", "speciation 2: the order parameter, α^q ν")
    (parameter,) = found.after.args
    other = {
        "shared part added": parameter.subs(psi, -psi),
        "half the sum": parameter / 2,
        "a window of its own": parameter * (2 * t + HALF),
    }[wrong]
    assert passes(found, found.after)
    assert not passes(found, sp.Tuple(other))


# Clocks.


@pytest.mark.parametrize(
    ("distribution", "means", "weights", "sigma"),
    [
        (symsched.GaussianMixture(R(1, 2), 3, 2), [[3] * 6, [-3] * 6], [0.5, 0.5], 2),
        (symsched.GaussianMixture(R(4, 5), 2, R(1, 2)), [[2] * 6, [-2] * 6], [0.8, 0.2], 0.5),
        (
            symsched.GaussianModes([R(1, 2), R(1, 4), R(1, 4)], [[1, 0, 0], [0, 1, 0], [0, 0, 2]], 1),
            np.sqrt(6) * np.diag([1, 1, np.sqrt(2), 0, 0, 0])[:3],
            [0.5, 0.25, 0.25],
            1,
        ),
    ],
    ids=["equal weights", "weights .8, .2", "three directions"],
)
def test_the_time_of_the_literature_is_half_the_log_of_the_largest_variance(distribution, means, weights, sigma):
    """Of the covariance matrix written out at d = 6 and diagonalised."""
    covariance = sigma**2 * np.eye(6) + np.cov(np.array(means).T, aweights=weights, bias=True)
    largest = np.linalg.eigvalsh(covariance)[-1]
    found = symsched.derive(distribution, symsched.VP)
    time = found.speciation_time_in("ou", convention="variance").subs(d, 6)
    assert float(time) == pytest.approx(math.log(largest) / 2, rel=1e-12)
    ratio = float(found.speciation_time_in("psi", convention="variance").subs(d, 6))
    assert ratio == pytest.approx((largest - 1) ** -0.5, rel=1e-12)


def test_the_largest_variance_says_nothing_of_modes_of_one_mean():
    found = symsched.derive(
        symsched.ProductMixture([(HALF, Normal("a", 0, 1)), (HALF, Normal("b", 0, 2))]), symsched.VP
    )
    with pytest.raises(symsched.DerivationError, match="is not where the largest variance"):
        found.speciation_time_in("ou", convention="variance")
    with pytest.raises(symsched.DerivationError, match="no formula of the covariance matrix of a MeanField"):
        symsched.derive(symsched.CurieWeiss(2), symsched.VP).speciation_time_in("ou", convention="variance")
    with pytest.raises(ValueError, match="unknown convention 'top'"):
        found.speciation_time_in("ou", convention="top")


def test_every_clock_reads_the_unit_signal():
    found = limit("mixture")
    numbers = {d: 10**4, kappa: 3}
    expected = {
        "t": 1 / (6 * 1.01),
        "tau": 1 / 101,
        "psi": 0.01,
        "sigma": 100.0,
        "logsnr": 2 * math.log(0.01),
        "ou": math.log(1 + 10**4) / 2,
    }
    for clock, value in expected.items():
        assert float(found.speciation_time_in(clock).subs(numbers)) == pytest.approx(value, rel=1e-12), clock
    assert found.speciation_time_in("psi", 1) is None
    second = limit("weak tree").speciation_time_in("psi", 1)
    assert second == d**-QUARTER


@pytest.mark.parametrize("clock", ["t", "tau", "psi", "sigma", "logsnr", "ou"])
def test_a_wrong_reading_is_caught(clock):
    found = step("mixture", "VE", "the time s = 1")
    assert passes(found, found.after)
    changed = [
        sp.Eq(e.lhs, e.rhs * R(21, 20) if str(e.lhs) == clock else e.rhs, evaluate=False) for e in found.after.args
    ]
    assert not passes(found, sp.Tuple(*changed))


# The windows.


def test_a_wrong_window_or_cut_is_caught():
    found = step("variances", "VP", "windows of equal length")
    assert passes(found, found.after)
    first, bridge, last = found.after.args
    for wrong in (
        (first * t * 3, bridge, last),
        (first, bridge.subs(kappa, 2 * kappa), last),
        (first, bridge, last**2),
    ):
        assert not passes(found, sp.Tuple(*wrong))
    cut = step("variances", "VP", "starts at a finite σ_0")
    assert passes(cut, cut.after)
    assert not passes(cut, cut.after * 100)


# Equations and solutions.


def test_equations_are_those_of_the_paper():
    mu = sp.Function("mu")(t)
    ode = limit("mixture").phases[0].ode
    assert ode.lhs == sp.Derivative(mu, t)
    assert sp.simplify(ode.rhs - 2 * kappa * sp.tanh(2 * kappa * t * mu + sp.log(2))) == 0
    first, second = limit("mixture", "VE").phases[1].odes
    x = sp.Function("x_1")(t)
    noise = 2 * kappa * (1 - t)
    drift = sp.diff(noise, t) * noise * (x - 1) / (noise**2 + QUARTER)
    assert sp.simplify(first.rhs - drift) == 0
    assert first.lhs == sp.Derivative(x, t)
    assert second.lhs == sp.Derivative(sp.Function("x_2")(t), t)
    assert limit("directions").phases[0].ode.lhs.shape == (3, 1)


@pytest.mark.parametrize(("start", "value"), [(0.3, 3.0561510899913), (-1.0, -2.1821596210623)])
def test_the_first_half_of_vp(start, value):
    assert limit("mixture").phases[0].solve(start, 0.5, 3) == pytest.approx(np.array([[value]]), abs=1e-10)


def test_the_first_half_of_ve():
    # τ = 1/2 is t = 1/4.
    assert limit("mixture", "VE").phases[0].solve([0.3], [0, 0.25], 3)[0] == pytest.approx(
        [0.3, 0.53413678194], abs=1e-10
    )


@pytest.mark.parametrize(
    ("name", "path", "place", "branch", "start"),
    [
        ("mixture", "VP", 1, 1, 0.4),
        ("weak tree", "VP", 1, 0, -0.6),
        ("variances", "VE", 0, 0, 0.8),
        ("hot", "VE", 0, 0, -0.3),
    ],
)
def test_solutions_are_the_quantile_flow(name, path, place, branch, start):
    """From ψ = 0 on, α^q times F_s^{-1}(Φ(ν_0)): no differential equation."""
    phase = limit(name, path).phases[place]
    length = float(phase.window.end - phase.window.start)
    times = float(phase.window.start) + length * np.array([0.3, 0.8])
    found = phase.solve([start, 0.1], times, 2.5, branch=branch)
    order = phase.order or 1
    for column, time in enumerate(times):
        noise, ratio = (float(part.subs({t: sp.Float(time), kappa: 2.5})) for part in (phase.alpha, phase.psi))
        law = phase.laws[branch]
        expected = [noise**order * law.flow(ratio**order, nu) for nu in (start, 0.1)]
        assert found[:, column] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("name", "path"), [("mixture", "VE"), ("directions", "VP")])
def test_solutions_obey_the_equation_that_is_shown(name, path):
    phase = limit(name, path).phases[0]
    size, step_size, now = phase.canonical.dimension, 1e-4, 0.3
    starts = np.array([[0.3, -0.2, 0.5][:size]]) if size > 1 else [0.3]
    paths = phase.solve(starts, now + step_size * np.array([-1, 0, 1]), 3).reshape(3, size)
    names = [sp.Function(f"mu_{k + 1}" if size > 1 else "mu")(t) for k in range(size)]
    right = phase.ode.rhs.subs(dict(zip(names, map(sp.Float, paths[1]), strict=True))).subs({t: now, kappa: 3})
    values = [float(side) for side in (right if isinstance(right, sp.MatrixBase) else [right])]
    assert (paths[2] - paths[0]) / (2 * step_size) == pytest.approx(values, rel=1e-5, abs=1e-6)
    assert phase.solve(starts, [0.1, now], 3).shape == ((1, 2) if size == 1 else (1, 2, size))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.3], [0.6], 3), "must lie in the speciation window, from 0 to 0.5"),
        (([0.3], [0.4, 0.2], 3), "times must be increasing"),
        (([[0.3, 1]], [0.2], 3), "starts must be finite numbers of shape"),
        (([math.nan], [0.2], 3), "starts must be finite"),
        (([0.3], [0.2], -1), "kappa must be a number above 0"),
        (([0.3], [0.5], 3), "no finite value at t = 0.5"),
    ],
)
def test_solutions_that_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        limit("mixture", "VE").phases[0].solve(*arguments)
    with pytest.raises(ValueError, match="branch must be below 1"):
        limit("mixture", "VE").phases[0].solve([0.3], [0.2], 3, branch=1)


def test_the_latex_of_a_limit_names_the_scale_of_every_phase_and_expanded_its_equations():
    weak = limit("weak tree")
    for expand in (False, True):
        text = weak.latex(expand=expand)
        scales = re.findall(r"\\psi (?:\\sim d\^\{([^}]*)\}|= (O\(1\)))", text)
        assert scales == [("-1/2", ""), ("-1/4", ""), ("", "O(1)")]
    for equation in (e for phase in weak.phases for e in phase.odes):
        assert formula_latex(equation) in text
    assert all(formula_latex(law) in text for phase in weak.phases[:-1] for law in phase.initials)


@pytest.mark.parametrize("name", ["gaussian-mixture", "curie-weiss", "curie-weiss-critical"])
def test_a_limit_is_told_in_a_line_and_its_steps_by_names(name):
    limit = symsched.derive(find(name).distribution(), symsched.VP)
    assert len(repr(limit)) < 200 and "\n" not in repr(limit)
    assert "speciation at ψ ~ d^-" in repr(limit)
    for step in limit.derivation.steps:
        for line in str(step).splitlines()[1:]:
            assert ": " in line or not line.startswith(("    in ", "    out ")), line
            assert "Eq(" not in line


def test_a_symbolic_weight_is_read_as_log_odds():
    p = sp.Symbol("p", positive=True)
    limit = symsched.derive(symsched.GaussianMixture(p, 1, sp.Rational(1, 2)), symsched.VP)
    assert "log(p/(1 - p))/2" in str(limit.phases[0].ode)
