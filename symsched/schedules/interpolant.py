"""Interpolants I_τ = α(τ) z + β(τ) a: two expressions; everything else is derived from them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Literal

import mpmath
import numpy as np
import sympy as sp

from symsched.algebra.asymptotics import leading_power
from symsched.algebra.budget import within_budget
from symsched.algebra.forms import simplified
from symsched.algebra.notation.lines import display, equation, joined
from symsched.errors import DerivationError
from symsched.symbols import d, tau

_PROBE_DIMENSIONS = (100, 10**8)
"""Dimensions at which an interpolant and its inverses are tried: a small one and one beyond any use."""


@dataclass(frozen=True)
class Interpolant:
    """The path I_τ = α(τ) z + β(τ) a from noise z ~ N(0, I) at τ = 0 to data a at τ = 1.

    ``alpha`` and ``beta`` are expressions in ``symsched.symbols.tau`` and ``symsched.symbols.d``, with
    α(1) = 0, β(0) = 0, β(1) = 1, α > 0 before τ = 1 and ψ = β/α increasing. Anything else raises ValueError.

    >>> Interpolant(1 - tau, tau).psi
    tau/(1 - tau)
    """

    alpha: sp.Expr
    beta: sp.Expr
    name: str = "custom"

    def __post_init__(self) -> None:
        """Check symbols, end values, positivity and monotonicity."""
        if not isinstance(self.name, str):
            raise TypeError(f"name must be text, got {self.name!r}")
        for label in ("alpha", "beta"):
            value = getattr(self, label)
            if not isinstance(value, sp.Expr):
                raise TypeError(f"{label} must be a SymPy expression in symsched.symbols.tau and d, got {value!r}")
            _require_known_symbols(value, label)
            # 1.0 is not 1 to SymPy, and it inverts no power 2.0.
            exact = {found: sp.nsimplify(found, rational=True) for found in value.atoms(sp.Float)}
            object.__setattr__(self, label, value.xreplace(exact))
        ends = {"alpha": (self.alpha, 1, 0), "beta": (self.beta, 0, 0), "beta ": (self.beta, 1, 1)}
        for label, (expression, at, required) in ends.items():
            value = simplified(expression.subs(tau, at))
            if value != required:
                raise ValueError(f"{label.strip()}(tau={at}) must be {required}, got {value} from {expression}")
        self._require_increasing()

    def _require_increasing(self) -> None:
        alpha, beta = (sp.lambdify([tau, d], e, "mpmath") for e in (self.alpha, self.beta))
        for dimension in _PROBE_DIMENSIONS:
            previous = mpmath.mpf(-1)
            for k in range(64):
                at = mpmath.mpf(k) / 64
                noise, signal = alpha(at, dimension), beta(at, dimension)
                if mpmath.im(noise) != 0 or mpmath.im(signal) != 0 or not noise > 0:
                    raise ValueError(
                        f"alpha must be positive on 0 <= tau < 1, got {mpmath.nstr(noise, 6)} "
                        f"at tau = {k}/64, d = {dimension}"
                    )
                if not signal / noise > previous:
                    raise ValueError(
                        f"psi = beta/alpha must increase with tau; it does not near tau = {k}/64, d = {dimension}"
                    )
                previous = signal / noise

    def lines(self) -> list[str]:
        """Return I_τ = α z + β a with α and β in τ as lines of LaTeX, without delimiters."""
        found = [r"I_\tau = \alpha z + \beta a,\quad z \sim \mathcal{N}(0, I)"]
        sides = joined([*equation(r"\alpha", self.alpha), *equation(r"\beta", self.beta)])
        return [*found, *sides, r"\psi = \beta/\alpha,\quad y = x/\alpha,\quad x \text{ the state}"]

    def latex(self) -> str:
        """Return the interpolant as a display in LaTeX; it needs amsmath alone."""
        return display(self.lines())

    def _repr_latex_(self) -> str:
        return self.latex()

    @cached_property
    def psi(self) -> sp.Expr:
        """Root signal-to-noise ratio β/α."""
        return self.beta / self.alpha

    @cached_property
    def noise_rate(self) -> sp.Expr:
        """α̇/α, the factor of x in the velocity."""
        return simplified(sp.diff(self.alpha, tau) / self.alpha)

    @cached_property
    def signal_rate(self) -> sp.Expr:
        """β̇ − α̇β/α, the factor of E[a | I_τ = x] in the velocity."""
        return simplified(sp.diff(self.beta, tau) - sp.diff(self.alpha, tau) * self.beta / self.alpha)

    @cached_property
    def noise_scale(self) -> tuple[sp.Expr, sp.Rational]:
        """(c, e) with α(0) ~ c d^e: e = 0 preserves variance, e = 1/2 explodes it."""
        return leading_power(self.alpha.subs(tau, 0), "alpha(0)")

    def time_of(self, what: Literal["alpha", "beta", "psi"], level: sp.Expr) -> sp.Expr:
        """Return τ with α(τ), β(τ) or ψ(τ) = level."""
        return _inverse(getattr(self, what), level, what)


def _require_known_symbols(expression: sp.Expr, label: str) -> None:
    for symbol in sorted(expression.free_symbols, key=str):
        for known in (tau, d):
            if symbol.name == known.name and symbol != known:
                raise ValueError(
                    f"{label} uses a symbol {symbol.name} with assumptions {_assumed(symbol)}; "
                    f"use symsched.symbols.{known.name}, whose assumptions are {_assumed(known)}"
                )
        if symbol not in {tau, d}:
            raise ValueError(
                f"{label} has the free symbol {symbol}; only symsched.symbols.tau and d are allowed: give it a number"
            )


def _assumed(symbol: sp.Symbol) -> str:
    return ", ".join(f"{k}={v}" for k, v in sorted(symbol._assumptions_orig.items())) or "none"


_LEVELS = tuple(sp.Integer(10) ** power for power in (-8, -4, -1, 0, 1, 4, 8))
_INVERTING = "inverting the interpolant"
_KEPT = 1e-10
"""Relative error in floating point below which an inverse is good enough to look for no other."""
_level = sp.Symbol("v", positive=True)


def _inverse(expression: sp.Expr, level: sp.Expr, what: str) -> sp.Expr:
    """Return the branch of τ(level) that reproduces numbers inside (0, 1), in a form that keeps its digits if one does.

    Solved by half angles, sin/cos² = v is a difference of roots that has no digit left at v = 1e−6.
    """
    found: list[tuple[float, sp.Expr]] = []
    # As it stands, and simplified: sin/cos = v is solved by half angles, tan = v by an arc tangent.
    for form in dict.fromkeys((simplified(expression), expression)):
        for solve in (by_sine, _solutions, _by_rest):
            for candidate in within_budget(_INVERTING, partial(solve, form)):
                if not all(
                    _reproduces(expression, candidate, sp.Rational(k, 7), dim)
                    for k in (1, 3, 6)
                    for dim in _PROBE_DIMENSIONS
                ):
                    continue
                inverse = steady(simplified(candidate), _level)
                # Of α and β not every level is one: that of ψ is asked for at any.
                found.append((_lost(inverse, candidate, _level) if what == "psi" else 0.0, inverse))
                if found[-1][0] < _KEPT:
                    return inverse.subs(_level, level)
    if found:
        return min(found, key=lambda pair: pair[0])[1].subs(_level, level)
    raise DerivationError(
        _INVERTING,
        f"no closed form of tau for {what} = {expression} that holds on all of 0 < tau < 1",
        "Give alpha and beta that SymPy can invert.",
    )


def _solutions(form: sp.Expr) -> list[sp.Expr]:
    try:
        return list(sp.solve(sp.Eq(form, _level), tau))
    except NotImplementedError:
        return []


def _by_rest(form: sp.Expr) -> list[sp.Expr]:
    """Return the solutions found for 1 − τ, which is positive: roots of negative numbers are then none."""
    rest = sp.Dummy(positive=True)
    try:
        return [1 - root for root in sp.solve(sp.Eq(form.subs(tau, 1 - rest), _level), rest)]
    except NotImplementedError:
        return []


def by_sine(form: sp.Expr) -> list[sp.Expr]:
    """Return the solutions of a function of sine and cosine of one angle, found for the sine."""
    angles = {wave.args[0] for wave in form.atoms(sp.sin, sp.cos)}
    if len(angles) != 1:
        return []
    angle, sine = angles.pop(), sp.Dummy(positive=True)
    algebraic = form.subs({sp.sin(angle): sine, sp.cos(angle): sp.sqrt(1 - sine**2)})
    if algebraic.has(tau):
        return []
    try:
        sines = [steady(simplified(root), _level) for root in sp.solve(sp.Eq(algebraic, _level), sine)]
        return [time for value in sines for time in sp.solve(sp.Eq(angle, sp.asin(value)), tau)]
    except NotImplementedError:
        return []


def steady(expression: sp.Expr, level: sp.Symbol) -> sp.Expr:
    """Return the expression, or an equal one that keeps more of its digits in floating point at some level.

    (1 + 2v − √(1 + 4v))/2v has none left at v = 1e−8, and (√v − v)/(1 − v) is 0/0 at v = 1: a root is taken to the
    denominator.
    """
    above, below = sp.fraction(sp.together(expression))
    roots = {power for power in above.atoms(sp.Pow) if power.exp == sp.Rational(1, 2)}
    if len(roots) != 1 or not above.is_Add:
        return expression
    root = roots.pop()
    conjugate = above.xreplace({root: -root})
    sign = -1 if conjugate.could_extract_minus_sign() else 1
    other = sp.cancel(sp.expand(sign * above * conjugate) / below) / (sign * conjugate)
    # (1 − √(1 − v²))/v has no value at all where a path starts.
    return min(expression, other, key=lambda form: (not _starts(form, level), _lost(form, expression, level)))


def _starts(form: sp.Expr, level: sp.Symbol) -> bool:
    """Return whether a form has a value in floating point at the level 0."""
    return math.isfinite(abs(_in_floats(form, level, sp.S.Zero, _PROBE_DIMENSIONS[0])))


def _lost(form: sp.Expr, expression: sp.Expr, level: sp.Symbol) -> float:
    """Return the largest relative error of a form in floating point over a few levels."""
    errors = []
    for at in _LEVELS:
        for dimension in _PROBE_DIMENSIONS:
            near = at * (1 + sp.Rational(1, 10**9))  # at 1 itself the expression may have no value
            exact = complex(sp.N(expression.subs({level: near, d: dimension}), 30))
            error = abs(_in_floats(form, level, near, dimension) / exact - 1) if exact else math.inf
            errors.append(error if error >= 0 else math.inf)
    return max(errors)


def _in_floats(form: sp.Expr, level: sp.Symbol, at: sp.Expr, dimension: int) -> complex:
    """Return the value in floating point, NaN where it has none."""
    with np.errstate(all="ignore"):
        try:
            return complex(_function(form, level)(np.float64(at), np.float64(dimension)))
        except (ArithmeticError, ValueError, TypeError, NameError):
            return complex(math.nan)


@lru_cache(maxsize=64)
def _function(form: sp.Expr, level: sp.Symbol) -> Callable[[float, float], complex]:
    return sp.lambdify([level, d], form, ["scipy", "numpy"])


def _reproduces(expression: sp.Expr, candidate: sp.Expr, at: sp.Rational, dimension: int) -> bool:
    level = expression.subs({tau: at, d: dimension})
    back = sp.N(candidate.subs({_level: level, d: dimension}), 30)
    gap = abs(back - at)
    # A branch that SymPy knows on a part of the line only is NaN elsewhere.
    if not (gap.is_comparable and gap < sp.Float("1e-20")):
        return False
    # A real root written with roots of negative numbers has no value in real floating point.
    value = _in_floats(candidate, _level, sp.N(level, 30), dimension)
    return math.isfinite(value.real) and value.imag == 0


VP = Interpolant(1 - tau, tau, "VP (linear)")
VE = Interpolant(sp.sqrt(d) * (1 - tau), tau, "VE (linear)")
VP_TRIG = Interpolant(sp.sqrt(1 - tau**2), tau, "VP (trigonometric)")
VE_TRIG = Interpolant(sp.sqrt(d) * sp.sqrt(1 - tau**2), tau, "VE (trigonometric)")

INTERPOLANTS = {"vp": VP, "ve": VE, "vp-trig": VP_TRIG, "ve-trig": VE_TRIG}
"""The built-in interpolants by their command-line names."""
