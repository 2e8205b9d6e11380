"""From the expression of a density to a NumPy function of its logarithm that keeps its precision in the tails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import mpmath as mp
import numpy as np
import sympy as sp
from scipy import special

from symsched.algebra.arrays import Array, Mask
from symsched.algebra.codegen import compiled

Function = Callable[..., Array]
"""Of as many arrays as there are arguments."""
Signed = tuple[Function, Function | None]
Arguments = tuple[sp.Symbol, ...]

_FACTORIAL = (sp.factorial, sp.gamma, sp.binomial, sp.beta)
_MAX_TERMS = 1 << 24
"""Of a sum over an index, at all points together."""
_TINY = 1e-290
"""A sum below this is taken from the logarithms of its terms: its value has lost digits to underflow."""
_HYPERBOLIC = (sp.cosh, sp.sinh, sp.tanh, sp.sech, sp.csch, sp.coth)


@final
@dataclass(frozen=True)
class LogDensity:
    """a ↦ log(expression) for an expression in ``variable`` alone, positive where it is used.

    Products, powers and exponentials are taken apart, sums of positive terms become logaddexp, so exp(−a²) does not
    underflow, a⁹⁹ does not overflow, and 1 + exp(−a) neither. Other processes receive the expression and compile it.
    """

    expression: sp.Expr
    variable: sp.Symbol

    def __post_init__(self) -> None:
        """Refuse other symbols; compile."""
        free = self.expression.free_symbols - {self.variable}
        if free:
            raise TypeError(f"{self.expression} still depends on {sorted(map(str, free))}; substitute numbers first")
        _ = self._parts

    def __call__(self, points: Array) -> Array:
        """Return the logarithm at each point, not a number where the expression is negative."""
        log, sign = self._parts
        values = log(points)
        return values if sign is None else np.where(sign(points) < 0, np.nan, values)

    def is_negative(self, points: Array) -> Mask:
        """Return where the expression is below 0."""
        sign = self._parts[1]
        return np.zeros(points.shape, dtype=bool) if sign is None else np.asarray(sign(points) < 0)

    def __reduce__(self) -> tuple[type[LogDensity], tuple[sp.Expr, sp.Symbol]]:
        """Rebuild from the expression."""
        return LogDensity, (self.expression, self.variable)

    @cached_property
    def _parts(self) -> Signed:
        explicit = self.expression.replace(
            lambda part: isinstance(part, _HYPERBOLIC), lambda part: part.rewrite(sp.exp)
        )
        return _signed(explicit, (self.variable,))


@final
@dataclass(frozen=True)
class LogStretches:
    """A log density by stretches (low, high, function), −∞ between them."""

    stretches: tuple[tuple[float, float, Function], ...]

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
    """Return the expression with every irrational or huge constant as a Float: only the variable is left to compile."""
    return expression.xreplace(
        {
            part: sp.N(part, digits)
            for part in sp.preorder_traversal(expression)
            if isinstance(part, sp.Expr)
            and part.is_number
            and not (part.is_Rational and max(abs(part.p), part.q) < 2**63)
        }
    )


def _signed(expression: sp.Expr, arguments: Arguments) -> Signed:
    """Return log |expression| and its sign, None where that is known to be + everywhere, as functions."""
    if not expression.has(*arguments):
        return _constant(expression)
    if isinstance(expression, (sp.exp, *_FACTORIAL)):
        # Factorials overflow long before their quotients do; they are taken to be positive where they are used.
        is_power = isinstance(expression, sp.exp)
        power = expression.args[0] if is_power else _log_factorial(expression)
        return _compiled(power, arguments), None
    if isinstance(expression, sp.Mul):
        parts = [_signed(factor, arguments) for factor in expression.args]
        signs = [sign for _, sign in parts if sign is not None]
        return _total([log for log, _ in parts], np.add), _total(signs, np.multiply) if signs else None
    if isinstance(expression, sp.Add):
        return _signed_sum(expression, arguments)
    return _signed_power(expression, arguments)


def _signed_power(expression: sp.Expr, arguments: Arguments) -> Signed:
    """Return the logarithm of a power, or of a function."""
    base, exponent = expression.as_base_exp()
    if exponent != 1 and not exponent.has(*arguments):
        log, sign = _signed(base, arguments)
        degree = float(sp.N(exponent, 20))
        return lambda *at: degree * log(*at), None if exponent.is_even else sign
    if exponent != 1 and not base.has(*arguments) and base.is_positive:
        return _compiled(exponent * sp.log(base), arguments), None
    if isinstance(expression, (sp.besseli, sp.erfc)):
        return _special(expression, arguments), None
    if isinstance(expression, sp.Sum):
        return _series(expression, arguments)
    return _direct(expression, arguments)


def _constant(expression: sp.Expr) -> Signed:
    """Return the logarithm of a constant, which itself may be far beyond the largest float."""
    value = sp.N(expression, 20)
    if not value.is_finite or value.is_real is False:
        raise ValueError(f"the factor {expression} of a density must be a finite real number, got {value}")
    constant = float(sp.N(sp.log(abs(value)), 20)) if value != 0 else -np.inf
    negative = bool(value.is_negative)
    return (
        lambda *at: np.full(np.broadcast_shapes(*(np.shape(x) for x in at)), constant),
        (lambda *at: np.full(np.broadcast_shapes(*(np.shape(x) for x in at)), -1.0)) if negative else None,
    )


def _compiled(expression: sp.Expr, arguments: Arguments) -> Function:
    # Constants as numbers: NumPy has no logarithm of integers beyond 64 bits.
    return compiled(constants_to_floats(expression, 20), arguments, "a density")


def _log_factorial(expression: sp.Expr) -> sp.Expr:
    """Return log |expression| for a factorial, Γ, B or a binomial coefficient, by log |Γ|."""
    signs, arguments = _gamma_arguments(expression)
    return sp.Add(*(sign * _log_gamma(argument) for sign, argument in zip(signs, arguments, strict=True)))


def _gamma_arguments(expression: sp.Expr) -> tuple[tuple[int, ...], tuple[sp.Expr, ...]]:
    """Return the signs and arguments of log Γ in the logarithm of a factorial, Γ, B or a binomial coefficient."""
    if isinstance(expression, sp.factorial):
        return (1,), (expression.args[0] + 1,)
    if isinstance(expression, sp.gamma):
        return (1,), (expression.args[0],)
    first, second = expression.args[:2]
    if isinstance(expression, sp.beta):
        return (1, 1, -1), (first, second, first + second)
    return (1, -1, -1), (first + 1, second + 1, first - second + 1)


def _log_gamma(argument: sp.Expr) -> sp.Expr:
    """Return log Γ, of a number in digits: SymPy would take the logarithm of the factorial, of a million digits."""
    if not (argument.is_Rational and argument > 0):
        return sp.loggamma(argument)
    with mp.workdps(40):
        return sp.Float(mp.loggamma(mp.mpf(argument.p) / argument.q), 40)


def log_gamma_size(expression: sp.Expr, variable: sp.Symbol, at: float) -> float:
    """Return the largest |log Γ| that a weight is a sum of at a point: its logarithm errs by that many roundings."""
    sizes = [1.0]
    for part in expression.atoms(*_FACTORIAL):
        for argument in _gamma_arguments(part)[1]:
            value = sp.N(argument.subs(variable, sp.Integer(round(at))), 20)
            if value.is_Float and value > 0:
                sizes.append(abs(float(special.gammaln(float(value)))))
    return max(sizes)


def _signed_sum(expression: sp.Expr, arguments: Arguments) -> Signed:
    """Return the logarithm of a sum: of positive terms by logaddexp, of others from the value where that is a float."""
    if all(_is_positive(term, arguments) for term in expression.args):
        logs = [_signed(term, arguments)[0] for term in expression.args]
        return lambda *at: np.logaddexp.reduce([log(*at) for log in logs]), None
    parts = [_signed(term, arguments) for term in expression.args]
    value = _compiled(expression, arguments)
    # 1 − exp(−x) loses its digits where x is small; the logarithms of its terms do not.
    apart = len(parts) == 2 and expression.has(sp.exp)

    def both(*at: Array) -> tuple[Array, Array]:
        with np.errstate(all="ignore"):
            direct = value(*at)
            bad = np.full(direct.shape, apart) | ~(np.isfinite(direct) & (np.abs(direct) > _TINY))
            log, sign = np.log(np.abs(direct)), np.sign(direct)
            if np.any(bad):
                points = [np.broadcast_to(x, direct.shape)[bad] for x in at]
                terms = np.stack([part(*points) for part, _ in parts])
                signs = np.stack([np.ones(terms.shape[1:]) if s is None else s(*points) for _, s in parts])
                log[bad], sign[bad] = _log_difference(terms, signs) if apart else _log_sum(terms, signs)
        return log, sign

    return lambda *at: both(*at)[0], lambda *at: both(*at)[1]


def _log_difference(logs: Array, signs: Array) -> tuple[Array, Array]:
    """Return log and sign of a sum of two terms, exact also where they almost cancel."""
    larger, gap = np.maximum(logs[0], logs[1]), -np.abs(logs[0] - logs[1])
    rest = np.where(signs[0] * signs[1] < 0, np.log(-np.expm1(gap)), np.log1p(np.exp(gap)))
    return larger + rest, np.where(logs[0] >= logs[1], signs[0], signs[1])


def _log_sum(logs: Array, signs: Array) -> tuple[Array, Array]:
    log, sign = special.logsumexp(logs, b=signs, axis=0, return_sign=True)
    return np.asarray(log), np.asarray(sign)


def _series(expression: sp.Expr, arguments: Arguments) -> Signed:
    """Return the logarithm of a finite sum over an index, whose ends may depend on the arguments."""
    (index, low, high), *more = expression.limits
    if more or not low.is_finite or high.is_infinite:
        raise ValueError(f"no closed form of {expression} is known; give the density without an infinite sum")
    log, sign = _signed(expression.function, (*arguments, index))
    ends = [_compiled(end, arguments) for end in (low, high)]

    def both(*at: Array) -> tuple[Array, Array]:
        first, last = (end(*at) for end in ends)
        least, most = np.min(first, initial=0.0), np.max(last, initial=0.0)
        if (most - least) * np.size(last) > _MAX_TERMS:
            raise ValueError(f"{expression} has too many terms where it is needed: {most - least:.3g}")
        reach = np.arange(least, most + 1)
        steps = reach.reshape(-1, *(1,) * np.ndim(last))
        with np.errstate(all="ignore"):
            terms = np.where((steps >= first) & (steps <= last), log(*at, steps), -np.inf)
            signs = np.ones(terms.shape) if sign is None else sign(*at, steps)
            return _log_sum(np.nan_to_num(terms, nan=-np.inf), np.broadcast_to(signs, terms.shape))

    return lambda *at: both(*at)[0], None if sign is None else lambda *at: both(*at)[1]


def _special(expression: sp.Expr, arguments: Arguments) -> Function:
    """Return log I_n(x) or log erfc(x), which leave the range of floats long before their logarithms do."""
    parts = [_compiled(part, arguments) for part in expression.args]
    if isinstance(expression, sp.erfc):
        return lambda *at: special.log_ndtr(-np.sqrt(2) * parts[0](*at)) + np.log(2)

    def log_bessel(*at: Array) -> Array:
        order, point = (part(*at) for part in parts)
        with np.errstate(all="ignore"):
            scaled = special.ive(order, point)
            log = np.log(scaled) + np.abs(point)
            return np.where(scaled > _TINY, log, _log_bessel_of_large_order(np.abs(order), point))

    return log_bessel


def _log_bessel_of_large_order(order: Array, point: Array) -> Array:
    """Return log I_n(x) by Debye's expansion in 1/n (DLMF 10.41.3): where I_n leaves the floats n is above 30."""
    root = np.hypot(order, point)
    p = order / root
    u = [
        (3 * p - 5 * p**3) / 24,
        (81 * p**2 - 462 * p**4 + 385 * p**6) / 1152,
        (30375 * p**3 - 369603 * p**5 + 765765 * p**7 - 425425 * p**9) / 414720,
    ]
    series = sum(term / order ** (k + 1) for k, term in enumerate(u))
    power = root + order * np.log(point / (order + root))
    return np.asarray(power - np.log(2 * np.pi * root) / 2 + np.log1p(series))


def _direct(expression: sp.Expr, arguments: Arguments) -> Signed:
    """Return log |value| and the sign of the value."""
    value = _compiled(expression, arguments)
    known = _is_positive(expression, arguments)

    def log(*at: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.log(np.abs(value(*at)))

    return log, None if known else lambda *at: np.sign(value(*at))


def _total(parts: Sequence[Function], operation: Callable[[Array, Array], Array]) -> Function:
    def total(*at: Array) -> Array:
        result = parts[0](*at)
        for part in parts[1:]:
            result = operation(result, part(*at))
        return result

    return total


def _is_positive(expression: sp.Expr, arguments: Arguments) -> bool:
    """Return whether an expression is known to be positive (or 0) for all real arguments."""
    value = expression.subs({argument: sp.Dummy(real=True) for argument in arguments})
    return bool(value.is_positive or value.is_nonnegative)
