"""K Gaussian modes with means in general directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.algebra.escapes import brief
from symsched.algebra.forms import simplified
from symsched.algebra.inputs import (
    require_expression,
    require_positive,
    require_sequence,
    require_substitution,
    require_weights,
)
from symsched.algebra.notation.lines import equation, joined, names
from symsched.distributions.base import AbstractDistribution
from symsched.distributions.cascade import Cascade
from symsched.distributions.gaussian_modes.cascade import gram_cascade
from symsched.distributions.gaussian_modes.model import DirectionModel
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw, DensityLaw
from symsched.laws.numeric import GaussianSite
from symsched.models.base import AbstractModel
from symsched.models.order_model import AbstractOrderModel, DiscreteOrderModel, Points
from symsched.symbols import a
from symsched.symbols import d as d_symbol

_ROUNDING = sp.Float("1e-12")
"""Relative to the largest square, what rounding of Floats leaves of 0."""
_EXACT = sp.Float("1e-45", 50)
"""The same for exact numbers whose zeros SymPy does not see."""


@dataclass(frozen=True, init=False, repr=False)
class GaussianModes(AbstractDistribution):
    """The mixture Σ_k w_k N(r_k, σ²I) with r_k·r_l = d · gram[k][l].

    ``weights`` (K,), ``gram`` a symmetric positive semi-definite K×K array (it may be singular: K points span fewer
    dimensions), σ > 0.
    Raises ValueError for weights that do not sum to 1, an indefinite or asymmetric Gram matrix, or two equal means.

    >>> c = -sp.Rational(1, 2)
    >>> triangle = GaussianModes([sp.Rational(1, 3)] * 3, [[1, c, c], [c, 1, c], [c, c, 1]], 1)
    >>> triangle.rank
    2
    """

    weights: tuple[sp.Expr, ...]
    gram: sp.ImmutableMatrix
    sigma: sp.Expr

    def __init__(
        self,
        weights: Sequence[sp.Expr | float],
        gram: Sequence[Sequence[sp.Expr | float]] | sp.MatrixBase,
        sigma: sp.Expr | float,
    ) -> None:
        """Check weights, the Gram matrix and σ."""
        shares = tuple(require_expression(w, f"weight {k}") for k, w in enumerate(_entries(weights, "weights")))
        if not shares:
            raise ValueError("weights must hold at least one mode")
        require_weights(shares)
        table = gram.tolist() if isinstance(gram, sp.MatrixBase) else _entries(gram, "gram")
        rows = [_entries(row, f"gram[{k}]") for k, row in enumerate(table)]
        if len(rows) != len(shares) or any(len(row) != len(shares) for row in rows):
            raise ValueError(
                f"gram must be {len(shares)} × {len(shares)}, one row per weight, got {[len(row) for row in rows]}"
            )
        matrix = sp.ImmutableMatrix(
            [
                [require_expression(entry, f"gram[{k}][{j}]") for j, entry in enumerate(row)]
                for k, row in enumerate(rows)
            ]
        )
        if not (matrix - matrix.T).applyfunc(simplified).is_zero_matrix:
            raise ValueError(f"gram must be symmetric, got {matrix.tolist()}")
        object.__setattr__(self, "weights", shares)
        object.__setattr__(self, "gram", matrix)
        object.__setattr__(self, "sigma", require_positive(sigma, "sigma"))
        # An indefinite matrix may look as if two means were one: the points come first.
        rank = self.rank
        for k in range(len(shares)):
            for j in range(k):
                if self._vanishes(simplified(matrix[k, k] + matrix[j, j] - 2 * matrix[k, j])):
                    raise ValueError(
                        f"modes {j} and {k} have the same mean{' up to rounding' if matrix.has(sp.Float) else ''}; "
                        f"merge them into one of weight {shares[j] + shares[k]}"
                    )
        if rank == 0 and len(shares) > 1:
            raise ValueError("all means vanish: the modes are the same law")

    @cached_property
    def centres(self) -> tuple[tuple[sp.Expr, ...], ...]:
        """K points in R^rank with the given Gram matrix, by a pivoted Cholesky factorisation."""
        size = self.gram.shape[0]
        rest = self.gram.as_mutable()
        columns: list[list[sp.Expr]] = []
        for _ in range(size):
            pivot = next((k for k in range(size) if not self._vanishes(rest[k, k])), None)
            if pivot is None:
                break
            height = rest[pivot, pivot]
            if height.is_negative or (height.is_number and not height > 0):
                raise ValueError(f"gram must be positive semi-definite: it has a direction of negative square {height}")
            column = [simplified(rest[k, pivot] / sp.sqrt(height)) for k in range(size)]
            columns.append(column)
            rest = (rest - sp.Matrix(column) * sp.Matrix(column).T).applyfunc(simplified)
        if any(not self._vanishes(entry) for entry in rest):
            raise ValueError(
                f"gram must be positive semi-definite; what is left after the positive directions is {rest.tolist()}"
            )
        return tuple(tuple(column[k] for column in columns) for k in range(size))

    def _vanishes(self, entry: sp.Expr) -> bool:
        """Return whether a square or product is 0: exactly, or of Floats up to rounding of the largest square."""
        if entry == 0 or not entry.is_number:
            return bool(entry == 0)
        scale = max((abs(sp.N(g)) for g in self.gram.diagonal() if g.is_number), default=sp.S.One)
        tolerance = _ROUNDING if self.gram.has(sp.Float) else _EXACT
        return bool(abs(sp.N(entry, 50)) <= tolerance * scale)

    def __repr__(self) -> str:
        """One line: weights, Gram matrix and σ."""
        told = f"weights {list(self.weights)}, gram {self.gram.tolist()}, sigma {self.sigma}"
        return brief(f"<GaussianModes: {told}", 250) + ">"

    def lines(self) -> list[str]:
        """Return Σ_k w_k N(r_k, σ²I) as LaTeX, with weights, the products r_k·r_l and σ."""
        fresh = names(self.free_symbols)
        count = len(self.weights)
        shares = [line for k, w in enumerate(self.weights, 1) for line in equation(f"w_{{{k}}}", w, fresh)]
        products = [
            line
            for k in range(count)
            for j in range(k + 1)
            for line in equation(rf"r_{{{j + 1}}} \cdot r_{{{k + 1}}}/d", self.gram[j, k], fresh)
        ]
        head = r"\rho_d = \sum_k w_k\, \mathcal{N}(r_k, \sigma^2 I)"
        return [head, *joined(shares), *joined(products), *equation(r"\sigma", self.sigma, fresh)]

    @property
    def rank(self) -> int:
        """Dimension of the span of the means: the number of order parameters."""
        return len(self.centres[0])

    def noise_law(self) -> AbstractLaw:
        """Return the law N(0, σ²) of a coordinate around its mode's mean."""
        return DensityLaw(a, sp.exp(-(a**2) / (2 * self.sigma**2)), -sp.oo, sp.oo)

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Those of weights, Gram matrix and σ."""
        free = set(self.gram.free_symbols) | set(self.sigma.free_symbols)
        for weight in self.weights:
            free |= weight.free_symbols
        return frozenset(free)

    def subs(self, values: Mapping[sp.Symbol, Any]) -> GaussianModes:
        """Return the mixture with some parameters replaced."""
        checked = require_substitution(values)
        return GaussianModes([w.subs(checked) for w in self.weights], self.gram.subs(checked), self.sigma.subs(checked))

    def leading_variance(self) -> sp.Expr:
        """Return d λ + σ², λ the largest eigenvalue of the covariance of the means over the modes: exact at every d."""
        points = sp.Matrix(self.centres)
        shares = sp.Matrix([self.weights])
        mean = shares * points
        spread = (points.T * sp.diag(*self.weights) * points - mean.T * mean).applyfunc(simplified)
        values = [simplified(value) for value in spread.eigenvals()]
        if len(values) > 1 and not all(value.is_number for value in values):
            raise DerivationError(
                "leading variance", f"which of {values} is the largest depends on symbols", "Substitute numbers."
            )
        largest = values[0] if len(values) == 1 else max(values, key=lambda value: float(sp.re(sp.N(value, 20))))
        return d_symbol * largest + self.sigma**2

    def _derive(self) -> Cascade:
        return gram_cascade(self.weights, self.gram, self.centres, self.sigma, self.noise_law())

    def _numeric(self, dimension: int) -> AbstractModel:
        modes = self.at(dimension)
        if dimension < modes.rank:
            raise ValueError(f"d must be at least {modes.rank}, the dimension that the means span, got {dimension}")
        return DirectionModel(dimension, *modes._points(), number(modes.sigma, "sigma"))

    def _order_numeric(self, dimension: float) -> AbstractOrderModel:
        weights, centres = self._points()
        site = GaussianSite(0.0, number(self.sigma, "sigma") ** 2)
        points = Points((1,) * self.rank, weights, centres)
        return DiscreteOrderModel(dimension, points, (site,) * len(weights), centred=True)

    def _points(self) -> tuple[Array, Array]:
        """Return weights (K,) and centres (K, rank) in numbers."""
        weights = np.array([number(w, "a weight") for w in self.weights])
        return weights, np.array([[number(c, "a centre") for c in row] for row in self.centres])


def _entries(value: object, name: str) -> list[Any]:
    return require_sequence(value, name, "a sequence: one weight per mode, and a row of products r_k·r_l/d for each")
