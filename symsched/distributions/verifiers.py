"""Independent numbers that every family needs: moments by quadrature, and partition functions by brute force."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from scipy import integrate

from symsched.algebra.asymptotics import trial_values
from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier
from symsched.laws import AbstractLaw, AtomLaw
from symsched.laws.log_density import constants_to_floats
from symsched.laws.numeric import AbstractSite, AtomSite
from symsched.symbols import d, nu, s

LARGE_DIMENSION = 10**16
"""Where laws that depend on d are looked at: separations d^(-1/4) are small, and their differences keep 12 digits."""
_MARKS = (-12, -4, -1.5, 0, 1.5, 4, 12)
"""Where an integral over the line is cut, so that narrow and wide integrands are both seen."""
_REACH = 30
"""Effective laws are integrated over (-30, 30): their atoms and critical densities have width of order one."""
_TRIED = ((0.4, -0.7), (1.1, 0.3), (2.3, 1.9))
"""Pairs (s, ν) at which a partition function is tried: before, inside and after the choice of a mode."""


def evaluated(expression: sp.Expr) -> float:
    """Return an expression without free symbols as a float, its integrals by mpmath on compiled integrands.

    SymPy's own evaluation of an unevaluated integral interprets the integrand point by point, at 4 ms each.
    """
    done = {integral: _integrated(integral) for integral in expression.atoms(sp.Integral)}
    return number(expression.xreplace(done), "a claimed value")


def _integrated(integral: sp.Integral) -> sp.Float:
    ((variable, low, high),) = integral.limits
    with mpmath.workdps(20):
        function = sp.lambdify(variable, constants_to_floats(integral.function, 25), "mpmath")
        ends = [mpmath.mpf(str(sp.N(end, 25)).replace("oo", "inf")) for end in (low, high)]
        marks = [mpmath.mpf(mark) for mark in _MARKS if ends[0] < mark < ends[1]]
        return sp.Float(mpmath.quad(function, [ends[0], *marks, ends[1]]), 20)


def trial_site(law: AbstractLaw) -> AbstractSite:
    """Return the law in numbers, its parameters at their trial values and d = 10^16."""
    return law.subs(trial_values_of([law])).site()


def trial_values_of(laws: Sequence[AbstractLaw]) -> Mapping[sp.Symbol, Any]:
    """Return the trial values of all parameters of the laws, and d = 10^16."""
    free = frozenset[sp.Symbol]().union(*(law.free_symbols for law in laws))
    return {**trial_values(free), d: sp.Integer(LARGE_DIMENSION)}


def moment(site: AbstractSite, power: int) -> float:
    """Return E a^power by quadrature over the density (a sum over atoms)."""
    if isinstance(site, AtomSite):
        return float(np.sum(np.asarray(site.weights) * np.asarray(site.values) ** power))
    centre, width = site.mean, math.sqrt(site.variance)
    breaks = [centre + width * k for k in (-60, -12, -4, -1, 0, 1, 4, 12, 60)]
    parts = [
        integrate.quad(
            lambda a: a**power * float(np.exp(site.log_density(np.asarray(a)))),
            low,
            high,
            limit=400,
            epsabs=0,
            epsrel=1e-11,
        )[0]
        for low, high in itertools.pairwise(breaks)
    ]
    return float(math.fsum(parts))


def cumulant(site: AbstractSite, order: int) -> float:
    """Return the cumulant of an order from moments by quadrature."""
    moments = [1.0] + [moment(site, k) for k in range(1, order + 1)]
    found: list[float] = []
    for n in range(1, order + 1):
        found.append(
            moments[n] - math.fsum(math.comb(n - 1, k - 1) * found[k - 1] * moments[n - k] for k in range(1, n))
        )
    return found[-1]


def extrapolated(values: Sequence[float], unit: float = 1.0) -> float:
    """Return the limit h → 0 of values at h, h/2, h/4, …, by removing the powers h^u, h^2u, … (Richardson), u = 1."""
    level = list(values)
    power = unit
    while len(level) > 1:
        level = [(2**power * fine - coarse) / (2**power - 1) for coarse, fine in itertools.pairwise(level)]
        power += unit
    return level[0]


def partition(law: AbstractLaw) -> Verifier:
    """Return a verifier of an effective partition function in (s, ν): E exp(s g·ν − s²|g|²/2), by brute force."""
    count = law.dimension or 1 if isinstance(law, AtomLaw) else 1
    symbols = (nu,) if count == 1 else sp.symbols(f"nu1:{count + 1}", real=True)

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        values = trial_values(after.free_symbols - {s, *symbols})
        checks = []
        for strength, position in _TRIED:
            coordinates = [position * (1 - 2 * (k % 2)) / (k + 1) for k in range(count)]
            claimed = evaluated(after.subs(values).subs({s: strength, **dict(zip(symbols, coordinates, strict=True))}))
            independent = _brute_partition(law.subs(values), strength, coordinates)
            rule = f"partition function at s = {strength}, ν = {position}"
            checks.append(Check(rule, claimed, independent, 1e-8, "direct sum or quadrature"))
        return tuple(checks)

    return verify


def _brute_partition(law: AbstractLaw, strength: float, coordinates: Sequence[float]) -> float:
    if isinstance(law, AtomLaw):
        total = mpmath.mpf(0)
        for value, weight in zip(law.values, law.weights, strict=True):
            point = [number(c, "an atom") for c in (value.args if isinstance(value, sp.Tuple) else (value,))]
            overlap = math.fsum(g * c for g, c in zip(point, coordinates, strict=True))
            total += number(weight, "a weight") * mpmath.exp(
                strength * overlap - strength**2 * math.fsum(g * g for g in point) / 2
            )
        return float(total)
    site = law.site()
    (position,) = coordinates
    return float(
        integrate.quad(
            lambda g: math.exp(
                float(site.log_density(np.asarray(g))) + strength * g * position - strength**2 * g * g / 2
            ),
            -_REACH,
            _REACH,
            limit=800,
            points=[0.0],
        )[0]
    )
