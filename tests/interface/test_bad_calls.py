"""Functions refuse what they cannot work with by an error that names the argument and what came."""

import numpy as np
import pytest
import sympy as sp
from sympy.stats import Rademacher

import symsched
from symsched import VP, CurieWeiss, GaussianMixture, GaussianModes, Interpolant, MeanField
from symsched.simulation.sweeps import Cell
from symsched.symbols import m

MIXTURE = GaussianMixture(sp.Rational(4, 5))
LIMIT = symsched.derive(MIXTURE, VP)
SMALL = {"d": 10, "n": 3, "steps": 4, "kappa": 3.0}


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: symsched.derive("gm", VP), TypeError, "^distribution must be a .*got 'gm'"),
        (lambda: symsched.simulate("gm", LIMIT, **SMALL), TypeError, "^distribution must be a .*got 'gm'"),
        (lambda: symsched.simulate(MIXTURE, "vp", **SMALL), TypeError, "^schedule must be a Schedule, .*got 'vp'"),
        (lambda: symsched.predict(LIMIT, 4, schedule="vp"), TypeError, "^schedule must be a Schedule, .*got 'vp'"),
        (
            lambda: symsched.sweep(MIXTURE, "vp", dimensions=(5,), steps=(4,)),
            TypeError,
            "^schedule must be a Schedule, .*got 'vp'",
        ),
        (lambda: symsched.simulate(MIXTURE, LIMIT, executor=3, **SMALL), TypeError, "^executor must be a .*got 3"),
        (lambda: symsched.validate(MIXTURE), TypeError, r"^limit must come from derive\(\)"),
        (lambda: symsched.predict(MIXTURE, 5), TypeError, r"^limit must come from derive\(\)"),
        (lambda: symsched.predict(LIMIT, 5, kappa=3, d=float("nan")), ValueError, "^d must be a finite number"),
        (lambda: symsched.predict(LIMIT, 5, kappa=3, d=-10), ValueError, "^d must be a number above 0, got -10"),
        (lambda: symsched.sweep("gm", LIMIT, dimensions=[10], steps=[3]), TypeError, "^distribution must be a "),
        (lambda: LIMIT.speciation_time_in("t", 1.5), TypeError, "^phase must be an integer of at least 0, got 1.5"),
        (lambda: LIMIT.speciation_time_in("t", -1), ValueError, "^phase must be at least 0, got -1"),
        (lambda: LIMIT.speciation_time_in("seconds"), ValueError, "^unknown clock 'seconds'"),
        (lambda: Interpolant(VP.alpha, VP.beta, 3), TypeError, "^name must be text, got 3"),
    ],
)
def test_what_came_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    "distribution",
    [
        MIXTURE,
        GaussianModes([sp.Rational(1, 2)] * 2, [[1, 0], [0, 1]], 1),
        CurieWeiss(2),
        MeanField(Rademacher("a"), m**4),
        MeanField(Rademacher("a"), m**2 - m**4),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("psi", "error", "words"),
    [
        (-1.0, ValueError, "^psi must be a number of at least 0, got -1"),
        (float("nan"), ValueError, "^psi must be a finite number, got nan"),
        ("1", TypeError, "^psi must be a real number, got '1'"),
    ],
)
def test_a_posterior_needs_a_signal_to_noise_ratio(distribution, psi, error, words):
    with pytest.raises(error, match=words):
        distribution.model(5).posterior(psi, np.zeros((1, 5)))


def test_a_solution_at_the_start_alone_is_the_start():
    phase = LIMIT.phases[0]
    assert phase.solve([0.3], 0, 3.0).ravel() == pytest.approx([0.3])


@pytest.mark.parametrize("times", [2.0, [0.0, 0.5], [0.5, 0.2, 1.0], []])
def test_times_of_a_dilation_are_checked(times):
    with pytest.raises(ValueError, match="times must be numbers"):
        LIMIT.schedule.dilation(times, 100.0, 3.0)


@pytest.mark.parametrize("data", [np.array(2.0), np.float32(0.5), np.zeros((0, 3)), "a"])
def test_what_is_no_cell_is_named(data):
    with pytest.raises(ValueError, match="no cell of a sweep"):
        Cell.from_dict(data)
