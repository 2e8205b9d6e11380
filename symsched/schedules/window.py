"""A window: a stretch of t on which the interpolant moves from one position to another.

A position carries τ, 1 − τ, α and β as four expressions, so that nothing is ever found as a difference of nearly equal
numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array
from symsched.algebra.asymptotics import leading_power
from symsched.algebra.codegen import compiled
from symsched.algebra.forms import factored, simplified
from symsched.schedules.interpolant import Interpolant
from symsched.symbols import d, kappa, t, tau

elapsed = sp.Symbol("v", nonnegative=True)
"""Share of a window that has passed, from 0 to 1."""
remaining = sp.Symbol("r", nonnegative=True)
"""1 − elapsed, a symbol of its own: written out, the difference would cost digits in floating point."""


@dataclass(frozen=True)
class Position:
    """Where the interpolant is: time τ, remaining time 1 − τ, and the amplitudes α(τ), β(τ).

    A knot between two windows is a position in d and κ; a motion is one that also depends on the elapsed share.
    """

    tau: sp.Expr
    rest: sp.Expr
    alpha: sp.Expr
    beta: sp.Expr


@dataclass(frozen=True)
class Crossing:
    """What the modes share that a window leaves undecided: cumulants below ``order``, and of these the ``variance``.

    It is what the scheme "edgeworth" crosses the gap behind the window by. ``variance`` may hold d; it is 0 for
    ``order`` 2, where variances tell the modes apart. ``distance`` is the smallest between two atoms, in units in which
    ν has variance 1 and mean s g; ``settled`` is γ of the phase before, if there is one.
    """

    order: int
    variance: sp.Expr
    distance: sp.Expr
    settled: sp.Rational | None = None


@dataclass(frozen=True)
class Window:
    """A stretch of t on which τ, α and β each have one expression.

    ``motion`` holds them in the elapsed and the remaining share of the window (two symbols of this module), in a form
    free of cancellation at every d; ``tau``, ``alpha`` and ``beta`` are the same in t, d and κ. With a ``crossing`` one
    step leads from its end over the window behind it, the gap.
    """

    name: str
    start: sp.Rational
    end: sp.Rational
    motion: Position
    crossing: Crossing | None = None

    def _in_time(self, expression: sp.Expr) -> sp.Expr:
        passed = (t - self.start) / (self.end - self.start)
        left = (self.end - t) / (self.end - self.start)
        return _shortest(expression.subs({elapsed: sp.expand(passed), remaining: sp.expand(left)}))

    @cached_property
    def tau(self) -> sp.Expr:
        """τ on this window."""
        return self._in_time(self.motion.tau)

    @cached_property
    def alpha(self) -> sp.Expr:
        """α on this window."""
        return self._in_time(self.motion.alpha)

    @cached_property
    def beta(self) -> sp.Expr:
        """β on this window."""
        return self._in_time(self.motion.beta)

    @cached_property
    def psi(self) -> sp.Expr:
        """β/α on this window."""
        return simplified(self.beta / self.alpha)

    @cached_property
    def noise_exponent(self) -> sp.Rational:
        """e in α ~ d^e on this window."""
        # In the middle of the window: elsewhere a trigonometric path has no real amplitude.
        return leading_power(self.alpha, "alpha", {t: (self.start + self.end) / 2})[1]

    def steps_in_tau(self, interpolant: Interpolant) -> bool:
        """Return whether Euler steps in τ on this window: where ψ runs, t is no time of the interpolant.

        On an interpolant that is linear in τ such a step is exact for the amplitudes.
        """
        if self.is_straight(self.motion.alpha) or self.is_straight(self.motion.beta):
            return False
        return _is_straight_in_tau(interpolant)

    def rate(self, expression: sp.Expr) -> sp.Expr:
        """Return d/dt of an expression in the elapsed and the remaining share."""
        return _rate(expression, self.end - self.start)

    def is_straight(self, expression: sp.Expr) -> bool:
        """Whether an expression of the motion is linear in t on this window."""
        return _is_linear(expression)


@lru_cache(maxsize=64)
def _is_straight_in_tau(interpolant: Interpolant) -> bool:
    return bool(sp.diff(interpolant.alpha, tau, 2) == 0 == sp.diff(interpolant.beta, tau, 2))


@lru_cache(maxsize=1024)
def _rate(expression: sp.Expr, length: sp.Rational) -> sp.Expr:
    # A schedule is read on many grids: what does not depend on the grid is found once.
    return (sp.diff(expression, elapsed) - sp.diff(expression, remaining)) / length


@lru_cache(maxsize=1024)
def _is_linear(expression: sp.Expr) -> bool:
    return not sp.expand(_rate(expression, sp.S.One)).has(elapsed, remaining)


def _shortest(expression: sp.Expr) -> sp.Expr:
    """Return the shortest of a few equal forms, for reading; numbers come from the motion itself."""
    forms = (sp.factor_terms(expression), factored(expression), simplified(expression))
    return min(forms, key=lambda form: (sp.count_ops(form), len(str(form)), str(form)))


def evaluate(expression: sp.Expr, passed: Array, dimension: float, constant: float) -> Array:
    """Return an expression of a window's motion at elapsed shares ``passed``."""
    with np.errstate(invalid="ignore"):
        return _function(expression)(passed, 1.0 - passed, dimension, constant)


@lru_cache(maxsize=1024)
def _function(expression: sp.Expr) -> Callable[..., Array]:
    # Compiling costs far more than evaluating, and a schedule is read on many grids.
    return compiled(expression, (elapsed, remaining, d, kappa), "the schedule")
