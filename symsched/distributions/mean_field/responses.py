"""How much the exponent d (g − I) + f gains around a maximum of g − I that a tilt f growing with d moves.

With P = g − I, K = −P''(m_0) and ε = f/d the exponent is highest at m_0 + δ, P'(m_0 + δ) + ε'(m_0 + δ) = 0, and has
gained f(m_0) + f'²/(2Kd) + … there: the term of order n in ε grows like d^{1 − n(1 − a)} where f ~ d^a.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import factorial
from typing import Any

import sympy as sp

from symsched.algebra.asymptotics import leading_power, trial_values
from symsched.algebra.forms import simplified
from symsched.distributions.mean_field.saddles import MAX_BEND, Saddle, legendre_derivatives
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw
from symsched.symbols import d, m, u

_DIGITS = 60
_LOST = sp.Float("1e-40")
"""Part of the terms of one power of d below which their sum counts as zero; of rounded numbers _ROUNDED."""
_ROUNDED = sp.Float("1e-9")

Lead = tuple[sp.Expr, sp.Rational]
"""(c, e) of c d^e."""
Powers = tuple[tuple[sp.Expr, sp.Expr], ...]
"""(factor, power of d) of the terms of a sum."""
_LONG = 60
"""Operations of a coefficient beyond which it is not simplified."""


@dataclass(frozen=True)
class Response:
    """``gain``: what the exponent gains; ``unknown``: the power of d of what is left out, None if that vanishes.

    ``below``: what is left out is smaller than that power.
    """

    gain: Powers
    unknown: sp.Rational | None
    below: bool = False

    def knows(self, growth: sp.Rational) -> bool:
        """Return whether the terms of a power of d, and all larger ones, are in the gain."""
        return self.unknown is None or growth > self.unknown or (self.below and growth == self.unknown)


@lru_cache(maxsize=64)
def response(law: AbstractLaw, interaction: sp.Expr, tilt: sp.Expr, saddle: Saddle, orders: int) -> Response:
    """Return what a maximum of g − I gains by a tilt, up to an order in f/d."""
    level = _powers(tilt, {m: saddle.magnetisation})
    growth = _growth(tilt, saddle)
    if growth is None or growth <= 0:
        return Response(level, None)
    if saddle.bend > 2:
        return _of_critical(level, tilt, saddle)
    if growth >= 1:
        raise DerivationError(
            "weights", f"the tilt {tilt} is not small beside d g(m)", "Put what grows like d into the interaction."
        )
    left = 1 - (orders + 1) * (1 - growth)
    return Response(_series(law, interaction, tilt, saddle, orders), left if left >= 0 else None)


def _growth(tilt: sp.Expr, saddle: Saddle) -> sp.Rational | None:
    """Return the largest power of d in the derivatives of the tilt at a maximum, None if all vanish or none has d."""
    if not tilt.has(d):
        return None
    powers = []
    for order in range(1, MAX_BEND + 1):
        slope = simplified(sp.diff(tilt, m, order).subs(m, saddle.magnetisation))
        if slope != 0:
            powers.append(leading_power(slope, f"the tilt's derivative of order {order}")[1])
    return max(powers, default=None)


def _powers(expression: sp.Expr, values: Mapping[sp.Symbol, sp.Expr]) -> Powers:
    """Return the terms of a sum by their powers of d, with values put in afterwards: they would be expanded too."""
    plain = {symbol: sp.Dummy(symbol.name, positive=True) for symbol in values}
    back = {plain[symbol]: value for symbol, value in values.items()}
    terms = (term.as_independent(d, as_Add=False) for term in sp.Add.make_args(sp.expand(expression.xreplace(plain))))
    return tuple((factor.xreplace(back), power.xreplace(back)) for factor, power in terms)


def _of_critical(level: Powers, tilt: sp.Expr, saddle: Saddle) -> Response:
    """Return the gain of a critical maximum: d^{1 − nσ} max P(v) beside f(m_0), known to leading order."""
    terms = []
    for power in range(1, saddle.bend):
        slope = simplified(sp.diff(tilt, m, power).subs(m, saddle.magnetisation) / sp.factorial(power))
        if slope != 0:
            coefficient, growth = leading_power(slope, f"the tilt's derivative of order {power}")
            terms.append(((1 - growth) / (saddle.bend - power), coefficient * u**power))
    if not terms:
        return Response(level, None)
    scale = min(place for place, _ in terms)
    left = 1 - saddle.bend * scale
    if left <= 0:
        return Response(level, None)
    profile = sp.Add(-saddle.stiffness * u**saddle.bend, *(term for place, term in terms if place == scale))
    if profile.free_symbols != {u}:
        return Response(level, left)  # whose sign depends on a symbol
    roots = sp.Poly(sp.N(sp.diff(profile, u), _DIGITS), u).nroots(n=_DIGITS // 2, maxsteps=500)
    top = max(profile.subs(u, root) for root in roots if root.is_real)
    # What is left out is smaller by some power of d.
    return Response((*level, (sp.Float(sp.N(top, 25), 20), d**left)), left, below=True)


def _series(law: AbstractLaw, interaction: sp.Expr, tilt: sp.Expr, saddle: Saddle, orders: int) -> Powers:
    """Return d P + f at its maximum less d P(m_0), up to an order in f/d."""
    at = saddle.magnetisation
    if orders == 1:
        return _powers(tilt, {m: at})
    pushes = [sp.diff(tilt, m, k) / d for k in range(orders)]
    rate = _rate(law.tilt(saddle.tilt).cumulants(orders)) if orders > 2 else {}
    shape = [1 / (2 * saddle.stiffness)]
    shape += [sp.diff(interaction, m, k).subs(m, at) - rate[k] for k in range(3, orders + 1)]
    names = sp.symbols(f"k0:{len(shape)}")
    values = [*pushes, *names]
    terms = [
        sp.Mul(d, factor, *(value**power for value, power in zip(values, powers, strict=True)))
        for powers, factor in _height(orders)
    ]
    return _powers(sp.Add(*terms), {m: at, **dict(zip(names, shape, strict=True))})


def _rate(cumulants: Sequence[sp.Expr]) -> dict[int, sp.Expr]:
    """Return {n: I^(n)}, without the simplification of long cumulants, which takes minutes."""
    plain = tuple(sp.Symbol(f"c{k}") for k in range(len(cumulants)))
    values = dict(zip(plain, cumulants, strict=True))
    return {order: formula.xreplace(values) for order, formula in _generic_rate(plain).items()}


@lru_cache(maxsize=MAX_BEND)
def _generic_rate(cumulants: tuple[sp.Symbol, ...]) -> dict[int, sp.Expr]:
    return legendre_derivatives(cumulants)


@lru_cache(maxsize=MAX_BEND)
def _height(orders: int) -> tuple[tuple[tuple[int, ...], sp.Rational], ...]:
    """Return max_δ P + ε up to an order n in ε, as (powers, factor) of ε, …, ε^(n−1), 1/K, P^(3), …, P^(n)."""
    names = [*(f"e{k}" for k in range(orders)), "r", *(f"p{k}" for k in range(3, orders + 1))]
    field, *generators = sp.ring(names, sp.QQ)
    pushes, softness, bends = generators[:orders], generators[orders], generators[orders + 1 :]

    def powers_of(place: list[Any]) -> list[list[Any]]:
        """Return 1, δ, δ², … by powers of ε."""
        found = [[field.one, *[field.zero] * orders]]
        for _ in range(orders):
            last = found[-1]
            found.append([sum((last[i] * place[n - i] for i in range(n + 1)), field.zero) for n in range(orders + 1)])
        return found

    place = [field.zero] * (orders + 1)
    for _ in range(orders - 1):
        # K δ = ε'(δ) + P'(δ) + K δ gives an order more each time.
        powers, slope = powers_of(place), [field.zero] * (orders + 1)
        for n in range(orders + 1):
            slope[n] += sum((powers[k - 1][n] * bend / factorial(k - 1) for k, bend in enumerate(bends, 3)), field.zero)
            if n > 0:
                slope[n] += sum(
                    (powers[k][n - 1] * pushes[k + 1] / factorial(k) for k in range(orders - 1)), field.zero
                )
        place = [softness * term for term in slope]
    # The envelope theorem: max (P + λ ε) changes with λ by ε at δ(λ).
    powers, total = powers_of(place), field.zero
    for n in range(orders):
        total += sum((powers[k][n] * pushes[k] / (factorial(k) * (n + 1)) for k in range(orders)), field.zero)
    return tuple((exponents, sp.Rational(int(c.numerator), int(c.denominator))) for exponents, c in total.terms())


def lead(law: AbstractLaw, interaction: sp.Expr, tilt: sp.Expr, one: Saddle, other: Saddle) -> Lead:
    """Return (c, e) with the difference of the gains of two maxima ~ c d^e; c = 0, e = 0 where it vanishes as d → ∞.

    Raises DerivationError where what is left out of the gains decides.
    """
    for orders in range(1, MAX_BEND + 1):
        first, second = (response(law, interaction, tilt, saddle, orders) for saddle in (one, other))
        coefficient, growth = _leading((*first.gain, *((-factor, power) for factor, power in second.gain)))
        if first.knows(growth) and second.knows(growth) and (coefficient != 0 or _complete(first, second)):
            return (coefficient, growth) if growth >= 0 else (sp.S.Zero, sp.S.Zero)
        if all(saddle.bend > 2 for saddle in (one, other)):
            break
    raise DerivationError(
        "weights",
        f"the tilt {tilt} moves the maxima so far that what is left out of their gains decides their weights",
        "Scale the field by a lower power of d.",
    )


def _complete(*responses: Response) -> bool:
    return all(each.unknown is None for each in responses)


def _leading(difference: Powers) -> Lead:
    """Return (c, e); symbols do not always show that the terms of one power cancel, numbers do."""
    groups: dict[sp.Expr, list[sp.Expr]] = {}
    for factor, power in difference:
        groups.setdefault(power, []).append(factor)
    kept = {power: factors for power, factors in groups.items() if not _cancel(factors)}
    if not kept:
        return sp.S.Zero, sp.S.Zero
    if all(power.as_base_exp()[0] in (d, 1) and power.as_base_exp()[1].is_Rational for power in kept):
        exponents = {power.as_base_exp()[1] if power.has(d) else sp.S.Zero: power for power in kept}
        first = max(exponents)
        coefficient = sp.Add(*kept[exponents[first]])
        return (coefficient if sp.count_ops(coefficient) > _LONG else simplified(coefficient)), first
    return leading_power(sp.Add(*(sp.Add(*f) * power for power, f in kept.items())), "the tilt between two maxima")


def _cancel(factors: list[sp.Expr]) -> bool:
    at = trial_values(frozenset().union(*(factor.free_symbols for factor in factors)))
    numbers = [sp.N(factor.subs(at), _DIGITS) for factor in factors]
    rounded = any(factor.has(sp.Float) for factor in factors)
    return bool(abs(sp.Add(*numbers)) <= (_ROUNDED if rounded else _LOST) * max(map(abs, numbers)))
