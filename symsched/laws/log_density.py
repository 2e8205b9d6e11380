"""From the expression of a density to a NumPy function of its logarithm that keeps its precision in the tails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import compiled

Function = Callable[[Array], Array]

_FACTORIAL = (sp.factorial, sp.gamma, sp.binomial)
_HYPERBOLIC = (sp.cosh, sp.sinh, sp.tanh, sp.sech, sp.csch, sp.coth)


@final
@dataclass(frozen=True)
class LogDensity:
    """a ↦ log(expression) for an expression in ``variable`` alone, positive where it is used.

    Products, powers and exponentials are taken apart, sums of positive terms become logaddexp, so exp(−a²) does not
    underflow and 1 + exp(−a) does not overflow. Other processes receive the expression and compile it themselves.
    """

    expression: sp.Expr
    variable: sp.Symbol

    def __post_init__(self) -> None:
        """Refuse other symbols; compile."""
        free = self.expression.free_symbols - {self.variable}
        if free:
            raise TypeError(f"{self.expression} still depends on {sorted(map(str, free))}; substitute numbers first")
        _ = self._function

    def __call__(self, points: Array) -> Array:
        """Return the logarithm at each point."""
        return self._function(points)

    def __reduce__(self) -> tuple[type[LogDensity], tuple[sp.Expr, sp.Symbol]]:
        """Rebuild from the expression."""
        return LogDensity, (self.expression, self.variable)

    @cached_property
    def _function(self) -> Function:
        explicit = self.expression.replace(
            lambda part: isinstance(part, _HYPERBOLIC), lambda part: part.rewrite(sp.exp)
        )
        return _log(explicit, self.variable)


@final
@dataclass(frozen=True)
class LogStretches:
    """A log density by stretches (low, high, function), −∞ between them."""

    stretches: tuple[tuple[float, float, LogDensity], ...]

    def __call__(self, a: Array) -> Array:
        """Return the logarithm at each point."""
        points = np.asarray(a, dtype=np.float64)
        least, most = points.min(initial=np.inf), points.max(initial=-np.inf)
        for low, high, function in self.stretches:
            if len(self.stretches) == 1 or (low <= least and most <= high):
                return function(points)
        result = np.full(points.shape, -np.inf)
        for low, high, function in self.stretches:
            inside = (points >= low) & (points <= high)
            result[inside] = function(points[inside])
        return result


def constants_to_floats(expression: sp.Expr, digits: int) -> sp.Expr:
    """Return the expression with every irrational constant as a Float: only the variable is left to compile."""
    return expression.xreplace(
        {
            part: sp.N(part, digits)
            for part in sp.preorder_traversal(expression)
            if isinstance(part, sp.Expr) and part.is_number and not part.is_Rational
        }
    )


def _log(expression: sp.Expr, a: sp.Symbol) -> Function:
    if not expression.has(a):
        value = float(sp.N(expression, 20))
        constant = float(np.log(value)) if value > 0 else (-np.inf if value == 0 else np.nan)
        return lambda points: np.full(np.shape(points), constant)
    if isinstance(expression, (sp.exp, *_FACTORIAL)):
        is_power = isinstance(expression, sp.exp)
        # Constants as numbers: NumPy has no logarithm of integers beyond 64 bits.
        power = expression.args[0] if is_power else constants_to_floats(_log_factorial(expression), 20)
        return compiled(power, (a,), "a density")
    if isinstance(expression, sp.Mul):
        return _log_product(expression, a)
    if isinstance(expression, sp.Pow):
        base, exponent = expression.as_base_exp()
        if not exponent.has(a):
            inner = _log(base, a) if _is_positive(base, a) or _is_factorial(base) else _absolute(base, a)
            degree = float(sp.N(exponent, 20))
            return lambda points: degree * inner(points)
        if not base.has(a):
            return compiled(constants_to_floats(exponent * sp.log(base), 20), (a,), "a density")
    return _log_other(expression, a)


def _is_factorial(expression: sp.Expr) -> bool:
    return isinstance(expression.as_base_exp()[0], _FACTORIAL) and expression.as_base_exp()[1].is_number


def _log_factorial(expression: sp.Expr) -> sp.Expr:
    """Return log |expression| for a factorial, Γ or a binomial coefficient, by log |Γ|."""
    if isinstance(expression, sp.factorial):
        return sp.loggamma(expression.args[0] + 1)
    if isinstance(expression, sp.gamma):
        return sp.loggamma(expression.args[0])
    top, bottom = expression.args
    return sp.loggamma(top + 1) - sp.loggamma(bottom + 1) - sp.loggamma(top - bottom + 1)


def _log_product(expression: sp.Expr, a: sp.Symbol) -> Function:
    """Return the logarithm of a product as a sum."""
    constant, dependent = expression.as_independent(a, as_Add=False)
    factors = list(sp.Mul.make_args(dependent))
    # Factorials overflow long before their quotients do.
    positive = [factor for factor in factors if _is_positive(factor, a) or _is_factorial(factor)]
    others = [factor for factor in factors if factor not in positive]
    parts = [_log(factor, a) for factor in positive]
    # Of factors with unknown sign only the product is known to be positive.
    parts.append(_absolute(sp.Mul(constant, *others), a) if others else _log(constant, a))
    return _sum(parts)


def _log_other(expression: sp.Expr, a: sp.Symbol) -> Function:
    """Return the logarithm of a sum or of a function."""
    if isinstance(expression, sp.Add) and all(_is_positive(term, a) for term in expression.args):
        terms = [_log(term, a) for term in expression.args]
        return lambda points: np.logaddexp.reduce([term(points) for term in terms])
    return _absolute(expression, a, signed=True)


def _absolute(expression: sp.Expr, a: sp.Symbol, signed: bool = False) -> Function:
    """Return log |expression|, or with ``signed`` log(expression), not a number where it is negative."""
    inner = compiled(expression, (a,), "a density")
    if signed:
        return lambda points: np.log(inner(points))
    return lambda points: np.log(np.abs(inner(points)))


def _sum(parts: list[Function]) -> Function:
    def total(points: Array) -> Array:
        result = parts[0](points)
        for part in parts[1:]:
            result = result + part(points)
        return result

    return total


def _is_positive(expression: sp.Expr, a: sp.Symbol) -> bool:
    """Return whether an expression is known to be positive (or 0) for every real a."""
    value = expression.subs(a, sp.Dummy(real=True))
    return bool(value.is_positive or value.is_nonnegative)
