"""Independent numbers for the steps of a cascade: quadrature and brute-force sums, never the rule that is being
checked."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from scipy import integrate

from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier
from symsched.laws import AbstractLaw, AtomLaw
from symsched.laws.log_density import constants_to_floats
from symsched.laws.numeric import AbstractSite, AtomSite
from symsched.symbols import d as d_symbol
from symsched.symbols import nu, s

_LARGE_D = 10**16
_MARKS = (-12, -4, -1.5, 0, 1.5, 4, 12)
_POINTS = ((0.4, -0.7), (1.1, 0.3), (2.3, 1.9))


def sample_values(symbols: set[sp.Symbol] | frozenset[sp.Symbol]) -> dict[sp.Symbol, sp.Expr]:
    """Return fixed numbers in (0, 1) for symbols that are still free, so that a formula with parameters can be
    checked."""
    names = sorted(symbols - {s, nu, d_symbol}, key=str)
    return {symbol: sp.Rational(13 + 6 * k, 29 + 7 * k) for k, symbol in enumerate(names)}


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


def _at_sample(law: AbstractLaw) -> AbstractLaw:
    values: dict[sp.Symbol, Any] = {**sample_values(frozenset(law.free_symbols)), d_symbol: sp.Integer(_LARGE_D)}
    return law.subs(values)


def _moment(site: AbstractSite, power: int) -> float:
    """E a^power by quadrature over the density (a sum over atoms)."""
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


def _cumulant(site: AbstractSite, order: int) -> float:
    moments = [1.0] + [_moment(site, k) for k in range(1, order + 1)]
    found: list[float] = []
    for n in range(1, order + 1):
        found.append(
            moments[n] - math.fsum(math.comb(n - 1, k - 1) * found[k - 1] * moments[n - k] for k in range(1, n))
        )
    return found[-1]


def cumulants(laws: Sequence[AbstractLaw]) -> Verifier:
    """Return a verifier of a table of cumulants: row k holds c_1 … c_q of law k."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        values = _samples_of(laws)
        checks = []
        for row, law in enumerate(laws):
            site = _at_sample(law).site()
            for column in range(after.shape[1]):
                claimed = number(after[row, column].subs(values), "cumulant")
                checks.append(
                    Check(
                        f"cumulant {column + 1} of mode {row}",
                        claimed,
                        _cumulant(site, column + 1),
                        1e-6,
                        "moments by quadrature",
                    )
                )
        return tuple(checks)

    return verify


def _samples_of(laws: Sequence[AbstractLaw]) -> Mapping[sp.Symbol, sp.Expr]:
    free: set[sp.Symbol] = set()
    for law in laws:
        free |= set(law.free_symbols)
    return {**sample_values(free), d_symbol: sp.Integer(_LARGE_D)}


def jeffreys(left: AbstractSite, right: AbstractSite, psi: float) -> float:
    """Return half the symmetrised Kullback–Leibler divergence of z + ψa under two laws, for one coordinate.

    ½ ∫ φ (Z_k − Z_j) log(Z_k/Z_j), which loses no digits as ψ → 0: its integrand is a product of two small factors.
    """

    def integrand(y: float) -> float:
        at, curvature = np.asarray(psi * y), np.asarray(psi * psi)
        first, second = float(left.tilted(at, curvature)[0]), float(right.tilted(at, curvature)[0])
        return (
            0.5 * math.exp(-y * y / 2 + second) * math.expm1(first - second) * (first - second) / math.sqrt(2 * math.pi)
        )

    nodes, weights = np.polynomial.legendre.leggauss(160)
    return float(math.fsum(12 * w * integrand(12 * x) for x, w in zip(nodes, weights, strict=True)))


def divergence(laws: Sequence[AbstractLaw], growth: sp.Rational, reference: sp.Expr = sp.S.Zero) -> Verifier:
    """Return a verifier of (q, γ, atoms): the divergence of each pair over ψ^{2q} must tend to (Δg)²/2, γ must be
    (½+e)/q, and √q! g_k must be the q-th cumulant less ``reference`` over d^e.

    The divergence is blind to the sign of the atoms and to a shift of all of them, the cumulant to what it is for.
    """

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        order, exponent, *atoms = after.args
        sites = [_at_sample(law).site() for law in laws]
        scale = float(_LARGE_D) ** float(growth)
        width = max(math.sqrt(site.variance) + abs(site.mean) for site in sites)
        checks = [Check("exponent", float(exponent), (0.5 + float(growth)) / float(order), 1e-12, "(1/2 + e)/q")]
        shared = number(reference.subs(_samples_of(laws)), "a reference")
        unit = math.sqrt(math.factorial(int(order))) * scale
        for k, (atom, site) in enumerate(zip(atoms, sites, strict=True)):
            claimed = number(atom.subs(sample_values(atom.free_symbols)), "atom")
            independent = (_cumulant(site, int(order)) - shared) / unit
            checks.append(Check(f"atom of mode {k}", claimed, independent, 2e-3, "moments by quadrature"))
        for k, j in itertools.combinations(range(len(laws)), 2):
            gap = number(
                (atoms[k] - atoms[j]).subs(sample_values(atoms[k].free_symbols | atoms[j].free_symbols)), "atom"
            )
            ratios = []
            for refinement in range(4):
                psi = 0.16 / width / 2**refinement
                ratios.append(jeffreys(sites[k], sites[j], psi) / (scale**2 * psi ** (2 * int(order))))
            independent = _richardson(ratios)
            checks.append(
                Check(
                    f"divergence of modes {k}, {j} over ψ^{2 * order}",
                    gap**2 / 2,
                    independent,
                    2e-3 * max(1.0, gap**2 / 2),
                    "quadrature, ψ → 0",
                )
            )
        return tuple(checks)

    return verify


def _richardson(values: list[float]) -> float:
    """Extrapolate values at h, h/2, h/4, h/8 to h = 0, removing powers h, h² and h³."""
    level = list(values)
    power = 1
    while len(level) > 1:
        level = [(2**power * fine - coarse) / (2**power - 1) for coarse, fine in itertools.pairwise(level)]
        power += 1
    return level[0]


def partition(law: AbstractLaw) -> Verifier:
    """Return a verifier of an effective partition function in (s, ν): E exp(s g·ν − s²|g|²/2), by brute force."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        values = sample_values(after.free_symbols - order_parameters(law))
        checks = []
        for strength, position in _POINTS:
            coordinates = [position * (1 - 2 * (k % 2)) / (k + 1) for k in range(components(law))]
            at = {s: strength, **dict(zip(_coordinate_symbols(law), coordinates, strict=True))}
            claimed = evaluated(after.subs(values).subs(at))
            independent = _brute_partition(law.subs(values), strength, coordinates)
            checks.append(
                Check(
                    f"partition function at s = {strength}, ν = {position}",
                    claimed,
                    independent,
                    1e-8,
                    "direct sum or quadrature",
                )
            )
        return tuple(checks)

    return verify


def order_parameters(law: AbstractLaw) -> set[sp.Symbol]:
    """Return s and the symbols of the order parameter of ``law``."""
    return {s, *_coordinate_symbols(law)}


def _coordinate_symbols(law: AbstractLaw) -> tuple[sp.Symbol, ...]:
    count = components(law)
    return (nu,) if count == 1 else sp.symbols(f"nu1:{count + 1}", real=True)


def components(law: AbstractLaw) -> int:
    """Return the number of coordinates of a law's order parameter."""
    return (law.dimension or 1) if isinstance(law, AtomLaw) else 1


def _brute_partition(law: AbstractLaw, strength: float, coordinates: Sequence[float]) -> float:
    if isinstance(law, AtomLaw):
        total = mpmath.mpf(0)
        for value, weight in zip(law.values, law.weights, strict=True):
            point = [float(sp.N(c, 20)) for c in (value.args if isinstance(value, sp.Tuple) else (value,))]
            overlap = math.fsum(g * c for g, c in zip(point, coordinates, strict=True))
            total += float(sp.N(weight, 20)) * mpmath.exp(
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
            -30,
            30,
            limit=800,
            points=[0.0],
        )[0]
    )
