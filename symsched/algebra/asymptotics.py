"""Leading behaviour in d: an expression as coefficient × d^exponent, found by numbers and fixed by a symbolic limit."""

from collections.abc import Iterable, Mapping

import mpmath
import sympy as sp

from symsched.algebra.constants import ImplicitConstant
from symsched.errors import DerivationError
from symsched.symbols import d

# Two dimensions so large that corrections d^(-1/100) and logarithms cannot be mistaken for a change of exponent.
_LOGS = (mpmath.mpf(10) ** 5, 2 * mpmath.mpf(10) ** 5)
# Multiples of 1/2q for every order q up to 10, among others; a logarithm moves the slope by 3e-6 only.
_DENOMINATOR = 5040


def leading_power(
    expression: sp.Expr, what: str, at: Mapping[sp.Symbol, sp.Rational] | None = None
) -> tuple[sp.Expr, sp.Rational]:
    """Return (c, e) with expression ~ c d^e as d → ∞, c free of d and e rational.

    The exponent is the slope of log|expression| between two astronomically large d (mpmath), rationalised; the
    coefficient is SymPy's limit of expression/d^e, which is then held against the same numbers. ``at`` gives symbols
    the numbers at which this is done, where not every number in (0, 1) will do.

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
    numeric = sp.lambdify([d], expression.subs(sample), "mpmath")
    with mpmath.workdps(60):
        try:
            values = [mpmath.mpf(numeric(mpmath.power(10, log10_d))) for log10_d in _LOGS]
        except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
            raise DerivationError(
                "leading power", f"{what} = {expression} has no real value at large d ({error})", _REMEDY
            ) from error
        if any(value == 0 or not mpmath.isfinite(value) for value in values):
            raise DerivationError("leading power", f"{what} = {expression} vanishes or overflows at large d", _REMEDY)
        slope = (mpmath.log10(abs(values[1])) - mpmath.log10(abs(values[0]))) / (_LOGS[1] - _LOGS[0])
        exponent = sp.Rational(int(mpmath.nint(slope * _DENOMINATOR)), _DENOMINATOR)
        if abs(slope - mpmath.mpf(exponent.p) / exponent.q) > mpmath.mpf(10) ** -5:
            raise DerivationError(
                "leading power", f"{what} = {expression} is not a power of d (slope {mpmath.nstr(slope, 8)})", _REMEDY
            )
        coefficient = sp.limit(_in_inverse_root(expression / d**exponent), _epsilon, 0, "+")
        coefficient = sp.simplify(coefficient)
        seen = values[1] / mpmath.power(10, _LOGS[1] * exponent.p / exponent.q)
        lost = coefficient.has(d, sp.oo, -sp.oo, sp.zoo, sp.nan)
        claimed = mpmath.nan if lost else mpmath.mpf(sp.N(coefficient.subs(sample), 30))
        if not abs(seen - claimed) <= mpmath.mpf(10) ** -12 * abs(seen):
            raise DerivationError(
                "leading power",
                f"the limit of ({expression})/d**{exponent} came out as {coefficient}, but is {mpmath.nstr(seen, 15)}",
                _REMEDY,
            )
    return coefficient, exponent


def limit_in_dimension(expression: sp.Expr, what: str) -> sp.Expr:
    """Return lim_{d→∞} of an expression that converges; a diverging one raises DerivationError."""
    expression = sp.sympify(expression)
    if not expression.has(d) or expression == 0:
        return expression
    coefficient, exponent = leading_power(expression, what)
    if exponent > 0:
        raise DerivationError(
            "limit", f"{what} = {expression} grows like d^{exponent}", "Rescale it by that power first."
        )
    return coefficient if exponent == 0 else sp.S.Zero


_epsilon = sp.Symbol("epsilon", positive=True)
_REMEDY = "Give parameters that are powers of symsched.symbols.d times constants."


def _without_maxima(expression: sp.Expr, sample: dict[sp.Basic, sp.Expr]) -> sp.Expr:
    """Replace every Max by the argument that is largest at very large d."""
    at = {**sample, d: sp.Integer(10) ** int(_LOGS[0])}
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
