"""Independent numbers for the steps of Gaussian modes: scalar products, one by one."""

import math

import sympy as sp

from symsched.algebra.asymptotics import trial_values
from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier


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
