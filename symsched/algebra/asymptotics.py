"""Leading behaviour in d: an expression as coefficient × d^exponent, found by numbers and fixed by a symbolic limit."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import mpmath
import sympy as sp
from sympy.functions.elementary.trigonometric import InverseTrigonometricFunction

from symsched.algebra.budget import within_budget
from symsched.algebra.constants import ImplicitConstant
from symsched.algebra.escapes import brief
from symsched.errors import DerivationError
from symsched.symbols import d

# (log10 d, digits): so large that corrections d^(-1/100) and logarithms cannot be mistaken for a change of exponent;
# where sums cancel, √(d² + d) − d, with digits enough for what is left;
# and where d stands in an exponent or a special function, with digits enough for (1 + 1/d)^d.
_ALGEBRAIC = ((mpmath.mpf(10) ** 5, 2 * mpmath.mpf(10) ** 5), 60)
_CANCELLING = ((mpmath.mpf(2000), mpmath.mpf(4000)), 10_000)
_TRANSCENDENTAL = ((mpmath.mpf(100), mpmath.mpf(200), mpmath.mpf(400)), 1000)
_SETTLED = mpmath.mpf(10) ** -25
"""Relative difference of two values of a limit that is read from numbers."""
_AGREES = mpmath.mpf(10) ** -12
"""Relative difference of a symbolic limit and the numbers that bear it out."""
_SHORT = 1000
"""Denominator of a number that is taken for a fraction."""
# Multiples of 1/2q for every order q up to 10, among others; a logarithm moves the slope by 3e-6 only.
_DENOMINATOR = 5040


class NegligibleError(DerivationError):
    """Raised where a quantity falls faster than every power of d: it has no exponent, and its limit is 0."""


def leading_power(
    expression: sp.Expr, what: str, at: Mapping[sp.Symbol, sp.Rational] | None = None
) -> tuple[sp.Expr, sp.Rational]:
    """Return (c, e) with expression ~ c d^e as d → ∞, c free of d and e rational.

    The exponent is the slope of log|expression| between two astronomically large d (mpmath), rationalised; the
    coefficient is SymPy's limit of expression/d^e where the same numbers bear it out, up to the sign of a root, and is
    read from them elsewhere. ``at`` gives symbols the numbers at which this is done, where not every number in (0, 1)
    will do.

    Raises DerivationError when the expression has no such power law (a logarithm, an exponential, an oscillation).

    >>> leading_power(sp.sqrt(d + 3) / 2, "example")
    (1/2, 1/2)
    """
    expression = sp.sympify(expression)
    if expression == 0:
        raise DerivationError("leading power", f"{what} is identically zero", "A zero quantity has no exponent.")
    if not expression.has(d):
        return expression, sp.S.Zero
    sample: dict[sp.Basic, sp.Expr] = {**trial_values(expression.free_symbols), **(at or {})}
    expression = _without_maxima(expression, sample)
    sample |= {constant: sp.N(constant, 60) for constant in expression.atoms(ImplicitConstant)}
    logs, digits = _TRANSCENDENTAL if _is_transcendental(expression) else _ALGEBRAIC
    if digits == _ALGEBRAIC[1] and _cancels(expression.subs(sample), logs[-1]):
        logs, digits = _CANCELLING
    with mpmath.workdps(digits):
        values = within_budget("leading power", lambda: _values(expression.subs(sample), logs, what))
        exponent = _exponent(expression, values, logs, what)
        scaled = [
            value / mpmath.power(10, log * exponent.p / exponent.q) for value, log in zip(values, logs, strict=True)
        ]
        trial = _Trial(sample, logs[-1], exponent)
        coefficient = _symbolic_limit(expression / d**exponent)
        if coefficient is not None and not _bears_out(scaled[-1], coefficient.subs(sample)):
            coefficient = _other_branch(expression, coefficient, what, trial)
        if coefficient is None:
            return _numeric_limit(expression, scaled, what, trial), exponent
    return coefficient, exponent


def _is_transcendental(expression: sp.Expr) -> bool:
    """Return whether d stands in an exponent or inside a function: then digits are lost at astronomically large d."""
    return any(
        (isinstance(part, sp.Pow) and part.exp.has(d)) or (isinstance(part, sp.Function) and part.has(d))
        for part in sp.preorder_traversal(expression)
    )


def _cancels(expression: sp.Expr, log: mpmath.mpf) -> bool:
    """Return whether some sum is so much smaller than its terms at d = 10^log that _ALGEBRAIC's digits do not hold it.

    A sum that is 0 there may be so as d → ∞ only: √(1 + 1/d) − 1.
    """
    digits = _ALGEBRAIC[1]
    sums = [part.args for part in expression.atoms(sp.Add) if part.has(d)]
    with mpmath.workdps(digits):
        try:
            found = sp.lambdify([d], sums, "mpmath")(mpmath.power(10, log))
        except (ArithmeticError, TypeError, ValueError):
            return True  # a quotient of such a sum has no value at all
        return any(
            not abs(mpmath.fsum(terms)) > mpmath.mpf(10) ** (-digits / 2) * max(map(abs, terms)) for terms in found
        )


def _number(value: sp.Expr) -> mpmath.mpf:
    found = mpmath.mpmathify(sp.N(value, 30))
    return mpmath.nan if abs(mpmath.im(found)) > mpmath.mpf(10) ** -25 * abs(found) else mpmath.re(found)


def _values(expression: sp.Expr, logs: Sequence[mpmath.mpf], what: str) -> list[mpmath.mpf]:
    """Return the values at the dimensions 10^log; DerivationError where there is no real one."""
    numeric = sp.lambdify([d], expression, "mpmath")
    try:
        values = [mpmath.mpmathify(numeric(mpmath.power(10, log))) for log in logs]
    except (ArithmeticError, MemoryError, TypeError, ValueError) as error:
        raise DerivationError(
            "leading power", f"{what} = {expression} has no value at large d ({error})", _REMEDY
        ) from error
    if any(abs(mpmath.im(value)) > mpmath.mpf(10) ** -30 * abs(value) for value in values):
        raise DerivationError("leading power", f"{what} = {expression} has no real value at large d", _REMEDY)
    if any(value == 0 or not mpmath.isfinite(value) for value in values):
        raise DerivationError("leading power", f"{what} = {expression} vanishes or overflows at large d", _REMEDY)
    return [mpmath.re(value) for value in values]


def _exponent(expression: sp.Expr, values: Sequence[mpmath.mpf], logs: Sequence[mpmath.mpf], what: str) -> sp.Rational:
    """Return the slope of log|value|, rationalised; DerivationError unless it is that of a power."""
    slopes = [
        (mpmath.log10(abs(high)) - mpmath.log10(abs(low))) / (far - near)
        for (low, near), (high, far) in pairwise(zip(values, logs, strict=True))
    ]
    slope = slopes[-1]
    if slope < -1 and slope < 1.5 * slopes[0]:
        raise NegligibleError(
            "leading power", f"{what} = {expression} falls faster than every power of d", "Put 0 in its place."
        )
    exponent = sp.Rational(int(mpmath.nint(slope * _DENOMINATOR)), _DENOMINATOR)
    if abs(slope - mpmath.mpf(exponent.p) / exponent.q) > mpmath.mpf(10) ** -5:
        raise DerivationError(
            "leading power", f"{what} = {expression} is not a power of d (slope {mpmath.nstr(slope, 8)})", _REMEDY
        )
    return exponent


def _symbolic_limit(expression: sp.Expr) -> sp.Expr | None:
    """Return SymPy's limit d → ∞, or None where it finds none in time."""

    def limit() -> sp.Expr | None:
        try:
            reduced = _in_inverse_root(expression)
            found = sp.simplify(sp.limit(reduced, _epsilon, 0, "+"))
            if found.has(sp.I):
                # SymPy takes an arc sine for a logarithm of complex numbers; leading_power holds either to numbers.
                found = sp.simplify(sp.limit(reduced.replace(_is_arc, _at_limit), _epsilon, 0, "+"))
        except (ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError):
            return None
        return None if found.has(d, _epsilon, sp.oo, -sp.oo, sp.zoo, sp.nan, sp.Limit) else found

    return within_budget("limit", limit, lambda: None)


def _bears_out(seen: mpmath.mpf, limit: sp.Expr) -> bool:
    """Return whether a limit, with numbers for symbols, is the one that was seen."""
    return bool(abs(seen - _number(limit)) <= _AGREES * abs(seen))


def _is_arc(part: sp.Basic) -> bool:
    return isinstance(part, InverseTrigonometricFunction)


def _at_limit(arc: sp.Expr) -> sp.Expr:
    """Return a continuous function at the limit of its argument."""
    return arc.func(*(sp.limit(part, _epsilon, 0, "+") for part in arc.args))


@dataclass(frozen=True)
class _Trial:
    """The numbers that stood for symbols, and the dimension 10^log at which a limit was read."""

    sample: Mapping[sp.Basic, sp.Expr]
    log: mpmath.mpf
    exponent: sp.Rational

    def coefficient(self, expression: sp.Expr, values: Mapping[sp.Basic, sp.Expr], what: str) -> mpmath.mpf:
        """Return the expression over d^exponent with ``values`` for symbols."""
        (value,) = _values(expression.subs({**self.sample, **values}), (self.log,), what)
        return value / mpmath.power(10, self.log * self.exponent.p / self.exponent.q)


def _numeric_limit(expression: sp.Expr, scaled: Sequence[mpmath.mpf], what: str, trial: _Trial) -> sp.Expr:
    """Return the limit by numbers, and say so: a number times powers of the symbols.

    Raises DerivationError where the numbers have not settled, or depend on symbols otherwise.
    """
    if not abs(scaled[-1] - scaled[-2]) <= _SETTLED * abs(scaled[-1]):
        raise DerivationError("leading power", f"no limit of {what} = {brief(expression)} was found", _REMEDY)
    powers = _powers(expression, scaled[-1], what, trial)
    if powers is None:
        names = ", ".join(sorted(map(str, expression.free_symbols - {d})))
        raise DerivationError(
            "leading power",
            f"no limit of {what} = {brief(expression)} was found while {names} are symbols",
            "Give parameters numbers, or take an interpolant of which SymPy finds the limit.",
        )
    factor = sp.Mul(*(symbol**power for symbol, power in powers.items()))
    left = scaled[-1] / _number(factor.subs(trial.sample))
    value = sp.nsimplify(sp.Float(mpmath.nstr(left, 30), 25), rational=True, tolerance=1e-20)
    value = value if value.q <= _SHORT else sp.Float(mpmath.nstr(left, 30), 25)
    shown = value if value.is_Rational else sp.N(value, 12)
    warnings.warn(f"the limit of {what} = {brief(expression)} is taken from numbers: {shown * factor}", stacklevel=2)
    return value * factor


def _powers(expression: sp.Expr, value: mpmath.mpf, what: str, trial: _Trial) -> dict[sp.Symbol, sp.Rational] | None:
    """Return the powers of the symbols that a limit is a multiple of; None where it is no such thing."""
    powers: dict[sp.Symbol, sp.Rational] = {}
    symbols = sorted(expression.free_symbols - {d}, key=str)
    moved = {symbol: trial.sample[symbol] * sp.Rational(10 - k % 3, 11) for k, symbol in enumerate(symbols)}
    for symbol, at in moved.items():
        change = trial.coefficient(expression, {symbol: at}, what) / value
        if not change > 0:
            return None
        slope = mpmath.log(change) / mpmath.log(_number(at / trial.sample[symbol]))
        powers[symbol] = sp.Rational(int(mpmath.nint(12 * slope)), 12)
        if not abs(slope - mpmath.mpf(powers[symbol].p) / powers[symbol].q) <= _SETTLED:
            return None
    factor = sp.Mul(*((at / trial.sample[symbol]) ** powers[symbol] for symbol, at in moved.items()))
    together = trial.coefficient(expression, moved, what)
    return powers if abs(together / value / _number(factor) - 1) <= _SETTLED else None


def _other_branch(expression: sp.Expr, limit: sp.Expr, what: str, trial: _Trial) -> sp.Expr | None:
    """Return −limit if two points bear it out, else None: √(−x y) became i √x √y, which is −√(−x y) for x < 0.

    A limit that is continuous and does not vanish between the points has one sign there.
    """
    symbols = sorted(expression.free_symbols - {d}, key=str)
    for shrunk in (1, sp.Rational(10, 11)):
        values = {symbol: trial.sample[symbol] * shrunk for symbol in symbols}
        seen = trial.coefficient(expression, values, what)
        if not _bears_out(seen, -limit.subs({**trial.sample, **values})):
            return None
    return -limit


def limit_in_dimension(expression: sp.Expr, what: str) -> sp.Expr:
    """Return lim_{d→∞} of an expression that converges; a diverging one raises DerivationError."""
    expression = sp.sympify(expression)
    if not expression.has(d) or expression == 0:
        return expression
    try:
        coefficient, exponent = leading_power(expression, what)
    except NegligibleError:
        return sp.S.Zero
    if exponent > 0:
        raise DerivationError(
            "limit", f"{what} = {expression} grows like d^{exponent}", "Rescale it by that power first."
        )
    return coefficient if exponent == 0 else sp.S.Zero


_epsilon = sp.Symbol("epsilon", positive=True)
_REMEDY = "Give parameters that are powers of symsched.symbols.d times constants."


def _without_maxima(expression: sp.Expr, sample: dict[sp.Basic, sp.Expr]) -> sp.Expr:
    """Replace every Max by the argument that is largest at very large d."""
    at = {**sample, d: sp.Integer(10) ** int(_ALGEBRAIC[0][0])}
    return expression.replace(sp.Max, lambda *options: max(options, key=lambda option: sp.N(option.subs(at), 30)))


def _in_inverse_root(expression: sp.Expr) -> sp.Expr:
    # d = eps^(-n) with n clearing every fractional power keeps SymPy's limit on rational functions.
    denominators = [power.exp.q for power in expression.atoms(sp.Pow) if power.base == d and power.exp.is_Rational]
    n = sp.ilcm(*denominators, 1) if denominators else 1
    return sp.powdenest(sp.expand_power_base(expression.subs(d, _epsilon**-n), force=True), force=True)


def trial_values(symbols: Iterable[sp.Symbol]) -> dict[sp.Symbol, sp.Rational]:
    """Return fixed numbers in (0, 1), all different, for the symbols but the dimension: to try a formula with."""
    names = sorted(set(symbols) - {d}, key=str)
    return {symbol: sp.Rational(13 + 6 * k, 29 + 7 * k) for k, symbol in enumerate(names)}
