"""Independent numbers for the expansion of a likelihood ratio: the rest at growing d, by quadrature.

Coordinates are independent given a mode: the sum R of d terms r has E R² = d Var r + (d E r)².
"""

import math
from collections.abc import Sequence

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array
from symsched.algebra.asymptotics import trial_values
from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier
from symsched.distributions.normality import Normality, standard
from symsched.distributions.verifiers import cumulant, extrapolated
from symsched.laws import AbstractLaw
from symsched.laws.numeric import AbstractSite
from symsched.symbols import d, psi, s

_FIRST = 0.16
"""First ψ, in units of one over a site's width, of the sequence that is halved towards 0."""
_LEAST = 1e4
"""d, for coordinates of width one, from which on the next term is small beside a first one that is small itself."""
_NEAR = 1e-2
_REFINED, _REFINED_SLOWLY = 4, 7
"""Tolerance of what four halvings leave, relative to 1 + the number."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(240)
_PLACE = 1.3
"""ŷ at which λ itself is looked at: no root of the Hermite polynomials of orders 1 to 8."""


class _Pair:
    """One coordinate of two modes at one d, at ψ = d^−γ: s = 1."""

    def __init__(self, sites: Sequence[AbstractSite], order: int, ratio: float, reference: float) -> None:
        first, other = sites
        own = [cumulant(first, n) for n in range(1, order + 1)]
        gap = cumulant(other, order) - own[-1]
        centre = reference if order == 1 else own[0]
        spread = math.sqrt(1 + ratio**2 * own[1]) if order > 2 else 1.0
        self.order, self.ratio, self.small = order, ratio, ratio / spread
        self.places, self.weights = 14 * _NODES, 14 * _WEIGHTS
        own_moment, held = (_moment([0.0] * min(2, order - 1) + own[2:-1], last) for last in (own[-1], reference))
        if order == 1:
            own_moment, held = own[0] - reference, 0.0
        scale = math.factorial(order)
        half = ((own[-1] + gap - reference) ** 2 - (own[-1] - reference) ** 2) * ratio ** (2 * order) / (2 * scale)
        slope = gap * ratio**order / scale
        at = ratio * (ratio * centre + spread * self.places)
        logs = [np.asarray(site.tilted(at, np.full_like(at, ratio**2))[0]) for site in sites]
        # The density of ŷ given the first mode.
        self.density = np.exp(logs[0] - (at / ratio) ** 2 / 2) * spread / math.sqrt(2 * math.pi) * self.weights
        self.exact = logs[1] - logs[0]
        self.main = slope * (_hermite(order, self.places) - self.small**order * held) - half
        rest = self.exact - self.main
        # E λ = E (λ − e^λ + 1): the mean of a likelihood ratio is 1, and no digits are lost.
        own_mean = float(np.sum(self.density * (self.exact - np.expm1(self.exact))))
        self.mean = own_mean - slope * self.small**order * (own_moment - held) + half
        self.variance = float(np.sum(self.density * rest**2)) - float(np.sum(self.density * rest)) ** 2

    def square(self, dimension: float, power: float) -> float:
        """Return E R² over d^−2 power: a series in ψ, as its root is not where the first term is small."""
        return (dimension * max(self.variance, 0.0) + (dimension * self.mean) ** 2) * dimension ** (2 * power)

    def scaled(self, values: Array) -> float:
        """Return λ/ψ^q at one place."""
        return float(np.interp(_PLACE, self.places, values)) / self.ratio**self.order


def _is_sized(found: Normality) -> bool:
    """Whether a rest is left and its size known."""
    return found.size is not None and found.exponent is not None


def expansions(
    laws: Sequence[AbstractLaw], found: Sequence[Normality], order: int, exponent: sp.Rational, reference: sp.Expr
) -> Verifier:
    """Return a verifier of λ_k of the modes beside the first, and of the sizes of their rests where these are known."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        count = len(found)
        ratios, sizes = after.args[:count], list(after.args[count:])
        if len(sizes) != sum(_is_sized(one) for one in found):
            raise ValueError(f"{count} ratios and their sizes are expected, got {len(after.args)} expressions")
        free = frozenset[sp.Symbol]().union(*(law.free_symbols for law in laws)) - {d}
        values = trial_values(free | after.free_symbols - {d, psi, s, standard})
        checks = []
        for k, (one, claimed) in enumerate(zip(found, ratios, strict=True), 2):
            size = sizes.pop(0) if _is_sized(one) else None
            setting = (order, exponent, reference, values)
            checks += _checks(f"λ_{k}", [laws[0], laws[k - 1]], one, (claimed, size), setting)
        return tuple(checks)

    return verify


def _checks(
    name: str,
    laws: Sequence[AbstractLaw],
    found: Normality,
    claims: tuple[sp.Expr, sp.Expr | None],
    setting: tuple[int, sp.Rational, sp.Expr, dict[sp.Symbol, sp.Expr]],
) -> list[Check]:
    (claimed, size), (order, exponent, reference, values) = claims, setting
    power = float(found.exponent or 0)
    unit = max(math.sqrt(law.subs({**values, d: sp.Integer(10) ** 16}).site().variance) for law in laws)
    exact, told, squares, rests = [], [], [], []
    grain = _grain(claimed, exponent)
    for refinement in range(_REFINED if grain == 1 else _REFINED_SLOWLY):
        ratio = min(_FIRST, _LEAST ** -float(exponent)) / max(unit, 0.5) / 2**refinement
        dimension = ratio ** (-1 / float(exponent))
        here = {**values, d: sp.Float(dimension, 30)}
        pair = _Pair([law.subs(here).site() for law in laws], order, ratio, number(reference.subs(here), "a reference"))
        shown = _evaluated(claimed.subs(here), ratio, pair.places)
        exact.append(pair.scaled(pair.exact))
        told.append(pair.scaled(shown))
        squares.append(pair.square(dimension, power))
        rest = _evaluated(sp.expand(claimed - found.decides).subs(here), ratio, pair.places)
        mean = float(np.sum(pair.density * rest))
        spread = float(np.sum(pair.density * (rest - mean) ** 2))
        rests.append((dimension * spread + (dimension * mean) ** 2) * dimension ** (2 * power))
    scale = max(1e-12, abs(exact[-1]))
    checks = [Check(f"{name}/ψ^{order} at ŷ = {_PLACE}", told[-1] / scale, exact[-1] / scale, 5e-2, "quadrature")]
    if size is None:
        return checks
    largest = number(size.subs(values).subs(s, 1), "the size of a rest")
    method = "quadrature at growing d"
    rule = f"root mean square of the rest of {name} over d^-{power:g}"
    checks.append(Check(rule, largest, _root(squares, grain), _NEAR, method))
    checks.append(Check(f"the same of what is shown of {name}", _root(rests, grain), largest, _NEAR, "quadrature"))
    return checks


def _root(squares: Sequence[float], grain: float) -> float:
    return math.sqrt(max(0.0, extrapolated(squares, grain)))


def _grain(claimed: sp.Expr, exponent: sp.Rational) -> float:
    """Return the power of ψ in which the ratio is a series: 1, or less where it holds smaller powers of d than ψ."""
    powers = [abs(power.exp) for power in claimed.atoms(sp.Pow) if power.base == d and power.exp.is_Rational]
    return float(min([exponent, *powers]) / exponent)


def _evaluated(claimed: sp.Expr, ratio: float, places: Array) -> Array:
    """Return λ in numbers, the Hermite polynomials by their recursion."""
    named = {
        part: sp.hermite_prob(int(str(part.func).rpartition("_")[2]), standard)
        for part in claimed.atoms(sp.core.function.AppliedUndef)
    }
    found = sp.lambdify(standard, claimed.xreplace(named).subs(psi, ratio), "numpy")(places)
    return np.asarray(found, dtype=float) * np.ones_like(places)


def _hermite(order: int, places: Array) -> Array:
    before, now = np.ones_like(places), places
    for n in range(1, order):
        before, now = now, places * now - n * before
    return now


def _moment(lower: Sequence[float], last: float) -> float:
    """Return the last moment of a law with the cumulants ``lower`` and then ``last``."""
    cumulants, moments = [*lower, last], [1.0]
    for n in range(1, len(cumulants) + 1):
        moments.append(sum(math.comb(n - 1, k - 1) * cumulants[k - 1] * moments[n - k] for k in range(1, n + 1)))
    return moments[-1]
