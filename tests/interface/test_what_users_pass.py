"""What users pass, keep and send elsewhere: seeds, whole floats, pickles, plans of their own, names of parameters."""

import copy
import pickle

import numpy as np
import pytest
import sympy as sp
from refusals import refused
from sympy.stats import Rademacher

import symsched
from symsched.schedules.plan import Plan
from symsched.symbols import d, kappa, m, t

R = sp.Rational
MIXTURE = symsched.GaussianMixture(R(4, 5), m=1, sigma=R(1, 2))
LIMIT = symsched.derive(MIXTURE, symsched.VP)
EULER = LIMIT.schedule.plan(10, 400, 3.0)
RUN = symsched.simulate(MIXTURE, LIMIT, d=400, n=3, steps=10, kappa=3)


@pytest.mark.parametrize(
    "thing",
    [
        MIXTURE,
        symsched.CurieWeiss(2, R(1, 3)),
        symsched.MeanField(Rademacher("a"), m**4, 0),
        LIMIT,
        symsched.derive(symsched.CurieWeiss(2), symsched.VE),
        LIMIT.schedule,
        LIMIT.phases[0],
        symsched.VE_TRIG,
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_what_is_kept_comes_back_equal(thing):
    if isinstance(thing, symsched.Limit):
        assert thing.derivation.steps
    assert pickle.loads(pickle.dumps(thing)) == thing
    assert copy.deepcopy(thing) == thing


def test_a_run_and_its_plan_come_back_with_the_same_numbers():
    for copied in (pickle.loads(pickle.dumps(RUN)), copy.deepcopy(RUN)):
        np.testing.assert_array_equal(copied.x, RUN.x)
        np.testing.assert_array_equal(copied.plan.B.toarray(), RUN.plan.B.toarray())
        assert copied.weights == RUN.weights


def test_numpy_s_seeds_and_whole_floats():
    settings = {"kappa": 3, "steps": 10}
    sequence = np.random.SeedSequence(7)
    first, second = (symsched.simulate(MIXTURE, LIMIT, d=400, n=3, rng=sequence, **settings).x for _ in range(2))
    np.testing.assert_array_equal(first, second)
    other = symsched.simulate(MIXTURE, LIMIT, d=400, n=3, rng=np.random.SeedSequence(8), **settings).x
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(
        symsched.simulate(MIXTURE, LIMIT, d=4e2, n=np.float64(3), rng=0, kappa=3, steps=1e1).x, RUN.x
    )
    report = symsched.validate(LIMIT, dimensions=(1e2, 1e3), n=2e2, steps=10, kappa=3, rng=sequence)
    assert report.rows


def table(**changed):
    parts = {name: getattr(EULER, name) for name in ("times", "psi", "alpha", "beta", "A", "B", "shift")}
    return Plan(**{**parts, **changed})


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"A": EULER.A + 1j}, TypeError, "A of a plan must hold real numbers, got an array of complex128"),
        ({"B": EULER.B.toarray() * 1j}, TypeError, "B of a plan must hold real numbers"),
        ({"times": ["0"] * 11}, TypeError, "times of a plan must hold real numbers"),
        ({"psi": EULER.psi * 2}, ValueError, "psi must be beta/alpha at every node but the last"),
        ({"psi": 3.0}, ValueError, r"psi must have shape \(N,\), a number for each step, got \(\)"),
    ],
    ids=["complex A", "complex B", "text", "psi of another path", "a number"],
)
def test_a_plan_that_is_none_is_refused(changed, error, words):
    assert table().steps == 10
    refused(lambda: table(**changed), error, words)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"scheme": ["adams"]}, ValueError, "unknown scheme"),
        ({"method": ["full"]}, TypeError, "method must be the name of one, got"),
        ({"keep": ["x"]}, ValueError, "unknown keep"),
        ({"rows": 0}, ValueError, "rows must be at least 1, got 0"),
        ({"dtype": "foo"}, ValueError, "dtype must be float64 or float32, got 'foo'"),
        ({"dtype": int}, ValueError, "dtype must be float64 or float32, got <class 'int'>"),
        ({"rng": "seed"}, TypeError, "rng must be an integer of at least 0, got 'seed'"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_settings_of_a_run(settings, error, words):
    refused(
        lambda: symsched.simulate(MIXTURE, LIMIT, **{"d": 100, "n": 2, "steps": 4, "kappa": 3, **settings}),
        error,
        words,
    )


@pytest.mark.parametrize(
    "name", [sp.Symbol("t", positive=True), kappa, sp.Symbol("d"), sp.Symbol("psi", positive=True), sp.Symbol("mu")]
)
def test_a_parameter_called_like_a_symbol_of_the_equations_is_refused(name):
    refused(
        lambda: symsched.derive(symsched.GaussianMixture(R(4, 5), m=name), symsched.VP),
        ValueError,
        f"a parameter is called {name}, as is a symbol of the equations",
    )


def test_a_parameter_may_have_any_other_name_and_hurts_no_latex():
    share = sp.Symbol("50%", positive=True)
    shown = symsched.derive(symsched.GaussianMixture(R(4, 5), m=share), symsched.VP)
    for text in (shown.latex(), shown.derivation.latex()):
        assert "%" not in text
        assert r"\text{50?}" in text


SOURCES = {
    interpolant.name: symsched.derive(MIXTURE, interpolant).schedule
    for interpolant in (symsched.VP, symsched.VE, symsched.VP_TRIG, symsched.VE_TRIG)
}


def function(name):
    names = {}
    exec(compile(SOURCES[name].source("numpy"), "schedule", "exec"), names)  # our own text, not a user's
    return names["schedule"]


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(
    "arguments",
    [
        *((time, 1e4, 3.0) for time in (-0.5, 1.5, np.nan, [0.2, np.nan])),
        *((0.5, d, kappa) for d, kappa in ((-1.0, 3.0), (np.nan, 3.0), (1e4, 0.0), (1e4, np.inf))),
    ],
    ids=str,
)
def test_a_source_refuses_what_it_has_no_value_for(name, arguments):
    with pytest.raises(ValueError, match=r"^(t must lie in \[0, 1\]|d and kappa must be positive numbers)"):
        function(name)(*arguments)


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_refuses_a_kappa_beyond_the_scale(name):
    with pytest.raises(ValueError, match=r"does not fit below the scales of d = 4\.0"):
        function(name)(np.linspace(0, 1, 21), 4.0, 3.0)
    assert np.all(function(name)(np.linspace(0, 1, 21), 16.0, 3.0)[1] >= 0)


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("dimension", [10**4, 10**12])
def test_a_source_keeps_its_digits_where_windows_meet(name, dimension):
    schedule, source = SOURCES[name], function(name)
    for share in (R(1, 8), R(3, 8), R(1, 2) - R(1, 2**20), R(1, 2) - R(1, 2**40), R(3, 4)):
        values = {t: share, d: sp.Integer(dimension), kappa: 3}
        moment = sp.N(schedule.tau.subs(values), 80)
        alpha, beta = (
            sp.N(part.subs({symsched.symbols.tau: moment, d: dimension}), 40)
            for part in (schedule.interpolant.alpha, schedule.interpolant.beta)
        )
        found = source(float(share), float(dimension), 3.0)
        assert found[1] == pytest.approx(float(alpha), rel=1e-12)
        assert found[2] == pytest.approx(float(beta), rel=1e-12)
