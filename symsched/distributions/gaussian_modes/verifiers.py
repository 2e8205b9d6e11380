"""Independent numbers for the steps of Gaussian modes: scalar products, one by one."""

import math
from collections.abc import Sequence

import mpmath
import sympy as sp

from symsched.algebra.asymptotics import trial_values
from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier
from symsched.laws import AbstractLaw
from symsched.symbols import nu, s


def gram(matrix: sp.ImmutableMatrix) -> Verifier:
    """Return a verifier of points with a given Gram matrix."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        values = trial_values(matrix.free_symbols)
        points = [[number(entry.subs(values), "a point") for entry in row] for row in sp.Matrix(after).tolist()]
        return tuple(
            Check(
                f"r_{k}·r_{j}/d",
                math.fsum(one * other for one, other in zip(points[k], points[j], strict=True)),
                number(matrix[k, j].subs(values), "a product"),
                1e-10,
                "sum of products",
            )
            for k in range(len(points))
            for j in range(k + 1)
        )

    return verify


def rests(points: Sequence[Sequence[sp.Expr]], noise: AbstractLaw) -> Verifier:
    """Return a verifier of d R_k, what is left of a likelihood ratio: Gaussian densities in 60 digits at d = 10^12."""
    size = len(points[0])
    places = [nu] if size == 1 else list(sp.symbols(f"nu1:{size + 1}", real=True))
    tried = [mpmath.mpf(7 - 4 * k) / 10 for k in range(size)]

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        variance = noise.cumulants(2)[1]
        free = variance.free_symbols.union(*(sp.sympify(c).free_symbols for point in points for c in point))
        values = trial_values(free)
        numbers = [[mpmath.mpf(sp.N(sp.sympify(c).subs(values), 60)) for c in point] for point in points]
        checks = []
        with mpmath.workdps(60):
            dimension, strength = mpmath.mpf(10) ** 12, mpmath.mpf("1.1")
            spread = 1 + strength**2 / dimension * mpmath.mpf(sp.N(variance.subs(values), 60))

            def log_density(point: Sequence[mpmath.mpf]) -> mpmath.mpf:
                return -sum((at - strength * c) ** 2 for at, c in zip(tried, point, strict=True)) / (2 * spread)

            for k, (claimed, point) in enumerate(zip(after.args, numbers[1:], strict=True), 2):
                limit = sum(
                    strength * (c - c_1) * at - strength**2 * (c**2 - c_1**2) / 2
                    for c, c_1, at in zip(point, numbers[0], tried, strict=True)
                )
                left = dimension * (log_density(point) - log_density(numbers[0]) - limit)
                here = {s: sp.Rational(11, 10), **dict(zip(places, map(sp.Float, tried), strict=True)), **values}
                shown = number(claimed.subs(here), "a rest")
                checks.append(Check(f"d R_{k} at s = 1.1", shown, float(left), 1e-9, "Gaussian densities at d = 10^12"))
        return tuple(checks)

    return verify
