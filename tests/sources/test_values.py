"""What a source computes of a schedule, in every language, against mpmath."""

import functools

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

from symsched.schedules.interpolant import VE, VE_TRIG, VP, VP_TRIG, Interpolant
from symsched.schedules.schedule import dilate, plain
from symsched.schedules.window import elapsed, remaining
from symsched.symbols import d, kappa, tau

PAPER = [("speciation", sp.Rational(1, 2), 1), ("data", sp.S.Zero, None)]
SECOND = [("speciation", sp.Rational(1, 4), 2), ("data", sp.S.Zero, None)]
TREE = [("speciation 1", sp.Rational(1, 2), 1), ("speciation 2", sp.Rational(1, 4), 1), ("data", sp.S.Zero, None)]
OWN = Interpolant((1 - tau) ** 2, tau, "own")
TARGETS = ["numpy", "c", "torch", "jax"]
SINGLE = float(np.finfo(np.float32).eps)


@functools.cache
def schedules():
    return {
        "vp": dilate(VP, PAPER),
        "ve": dilate(VE, PAPER),
        "vp-trig": dilate(VP_TRIG, PAPER),
        "ve-trig": dilate(VE_TRIG, PAPER),
        "own": dilate(OWN, PAPER),
        "q2": dilate(VP, SECOND),
        "q2-ve-trig": dilate(VE_TRIG, SECOND),
        "tree": dilate(VP_TRIG, TREE),
        "plain": plain(VE_TRIG),
    }


NAMES = ("vp", "ve", "vp-trig", "ve-trig", "own", "q2", "q2-ve-trig", "tree", "plain")


class Exact:
    """τ, α, β and their rates in 60 digits: α and β from τ through the interpolant, rates as differences."""

    def __init__(self, schedule):
        self.schedule = schedule
        symbols = (elapsed, remaining, d, kappa)
        self.motions = [sp.lambdify(symbols, w.motion.tau, "mpmath") for w in schedule.windows]
        self.path = [
            sp.lambdify((tau, d), part, "mpmath") for part in (schedule.interpolant.alpha, schedule.interpolant.beta)
        ]

    def window(self, t):
        return next(k for k, w in enumerate(self.schedule.windows) if t <= mp.mpf(w.end.p) / w.end.q)

    def values(self, t, dimension, constant, window=None):
        k = self.window(t) if window is None else window
        w = self.schedule.windows[k]
        start, end = (mp.mpf(x.p) / x.q for x in (w.start, w.end))
        share = (t - start) / (end - start)
        time = self.motions[k](share, 1 - share, mp.mpf(dimension), mp.mpf(constant))
        return [time, *(part(time, mp.mpf(dimension)) for part in self.path)]

    def rates(self, t, dimension, constant):
        k = self.window(t)
        h = mp.mpf("1e-20")
        ends = [self.values(t + sign * h, dimension, constant, k) for sign in (-1, 1)]
        return [(after - before) / (2 * h) for before, after in zip(*ends, strict=True)]


def places(schedule, rng, real):
    """Random times, the ends, and every knot with both its neighbours, in one precision."""
    found = [real(0), real(1), np.nextafter(real(0), real(1)), np.nextafter(real(1), real(0))]
    for window in schedule.windows[1:]:
        knot = real(float(window.start))
        found += [np.nextafter(knot, real(0)), knot, np.nextafter(knot, real(1))]
    inner = rng.uniform(size=2 * len(schedule.windows))
    return np.array(found, dtype=real), inner.astype(real)


def _off(found, exact, unit=0.0):
    """The worst error relative to each value, or to ``unit`` where that is larger."""
    return max(
        float(abs(mp.mpf(float(one)) - other) / max(abs(other), unit)) if other else abs(float(one))
        for one, other in zip(np.ravel(found), exact, strict=True)
    )


CASES = [
    *((target, name, False) for target in ("numpy", "c") for name in NAMES),
    *((target, name, False) for target in ("torch", "jax") for name in ("ve-trig", "own", "q2", "tree")),
    *((target, name, True) for target in ("torch", "jax", "numpy") for name in ("ve", "vp-trig", "q2")),
]


@pytest.mark.parametrize(("target", "name", "single"), CASES)
def test_values_and_rates(run, target, name, single):
    schedule = schedules()[name]
    source = run(target, schedule.source(target), single=single)
    rng = np.random.default_rng(3)
    # NumPy computes in double precision whatever it is given.
    eps = 40 * SINGLE if single and target in {"torch", "jax"} else 4e-13
    smallest = 1e-36 if single else 1e-290  # what is denormal has lost its digits
    exact = Exact(schedule)
    with mp.workdps(60):
        for dimension in (1e2, float(np.exp(rng.uniform(np.log(1e3), np.log(1e11)))), 1e12):
            constant = float(rng.uniform(2, 3))
            ends, inner = places(schedule, rng, np.float32 if single else np.float64)
            times = np.concatenate([ends, inner])
            found = source.schedule(times, dimension, constant)
            wanted = list(zip(*(exact.values(mp.mpf(float(t)), dimension, constant) for t in times), strict=True))
            for part, values in zip(found, wanted, strict=True):
                assert part.shape == times.shape
                assert _off(part, values, smallest) < eps
            alone = source.schedule(times[-1], dimension, constant)
            assert [float(one) for one in alone] == pytest.approx([float(part[-1]) for part in found], rel=10 * eps)
            slopes = source.rates(inner, dimension, constant)
            noise = float(exact.values(mp.mpf(0), dimension, constant)[1])
            known = zip(*(exact.rates(mp.mpf(float(t)), dimension, constant) for t in inner), strict=True)
            for part, values, unit in zip(slopes, known, (1.0, noise, 1.0), strict=True):
                assert _off(part, values, unit) < 50 * eps


@pytest.mark.parametrize("name", ["ve", "q2", "tree"])
@pytest.mark.parametrize("target", TARGETS)
def test_psi_and_its_inverse(run, target, name):
    schedule = schedules()[name]
    source = run(target, schedule.source(target))
    exact = Exact(schedule)
    inner = np.random.default_rng(5).uniform(size=9)
    for dimension in (1e2, 1e12):
        ratios = source.psi(np.array([0.0, 1.0, *inner]), dimension, 3.0)
        assert (ratios[0], ratios[1]) == (0, np.inf)
        with mp.workdps(40):
            for t, ratio in zip(inner, ratios[2:], strict=True):
                _, noise, signal = exact.values(mp.mpf(t), dimension, 3.0)
                assert ratio == pytest.approx(float(signal / noise), rel=1e-12)
        back = source.time_of(ratios, dimension, 3.0)
        assert source.psi(back, dimension, 3.0)[2:] == pytest.approx(ratios[2:], rel=1e-12)
        assert (back[0], back[1]) == (0, 1)
        if dimension > 1e2:  # below, the bridge between two scales stands still
            assert back[2:] == pytest.approx(inner, abs=1e-13)


@pytest.mark.parametrize("target", TARGETS)
def test_what_has_no_value_is_refused(run, target):
    source = run(target, schedules()["vp"].source(target))
    for t in (-1e-9, 1.0 + 1e-9, np.nan, np.inf):
        for ask in (source.schedule, source.rates, source.psi):
            with pytest.raises(ValueError):
                ask(np.array([0.5, t]), 1e4, 3.0)
    for size, constant in ((-1.0, 3.0), (np.nan, 3.0), (np.inf, 3.0), (1e4, 0.0), (1e4, np.nan), (4.0, 3.0)):
        for ask in (source.schedule, source.rates, source.psi, source.time_of):
            with pytest.raises(ValueError):
                ask(np.array([0.5]), size, constant)
        with pytest.raises(ValueError):
            source.plan(20, size, constant)
    with pytest.raises(ValueError):
        source.time_of(np.array([-1.0]), 1e4, 3.0)
    with pytest.raises(ValueError):
        source.plan(1, 1e4, 3.0)


@pytest.mark.parametrize(
    ("name", "scheme"), [("vp", None), ("ve", None), ("ve-trig", None), ("vp-trig", "canonical"), ("q2", None)]
)
@pytest.mark.parametrize("target", TARGETS)
def test_steps_are_those_of_the_plan(run, target, name, scheme):
    schedule = schedules()[name]
    source = run(target, schedule.source(target, scheme=scheme))
    chosen = "canonical" if name == "q2" else scheme
    for steps, dimension in ((7, 1e3), (20, 1e12)):
        plan, found = schedule.plan(steps, dimension, 3.0, chosen), source.plan(steps, dimension, 3.0)
        for key, values in (("t", plan.times), ("psi", plan.psi), ("alpha", plan.alpha), ("A", plan.A)):
            assert found[key] == pytest.approx(values, rel=1e-12)
        assert [row[0][1] for row in found["B"]] == pytest.approx(plan.B.diagonal(), rel=1e-10)
        assert [[j for j, _ in row] for row in found["B"]] == [[k] for k in range(steps)]


@pytest.mark.parametrize("target", TARGETS)
def test_a_step_that_overshoots_is_refused(run, target):
    source = run(target, schedules()["own"].source(target))
    with pytest.raises(ValueError, match=r"overshoots|5"):
        source.plan(20, 1e4, 3.0)


@pytest.mark.parametrize("target", TARGETS)
def test_steps_of_any_scheme_as_numbers(run, target):
    schedule = schedules()["q2"]
    for scheme in (None, "adams", "heun"):
        plan = schedule.plan(12, 1e6, 3.0, scheme)
        source = run(target, schedule.source(target, d=1e6, steps=12, kappa=3.0, scheme=scheme))
        found = source.table(1e6)
        dense = np.zeros((12, 12))
        for k, row in enumerate(found["B"]):
            for j, factor in row:
                dense[k, j] = factor
        assert np.array_equal(dense, plan.B.toarray())
        assert np.array_equal(found["A"], plan.A)
        assert np.array_equal(found["psi"], plan.psi)
        with pytest.raises(ValueError):
            source.table(1e7)
    with pytest.raises(ValueError, match="pass d and steps"):
        schedule.source(target, scheme="adams")
