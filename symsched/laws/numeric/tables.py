"""A kernel that is expensive to evaluate, tabulated once per ψ by piecewise polynomials."""

import functools
import math
from dataclasses import dataclass, field
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, Index
from symsched.laws.numeric import AbstractSite, chebyshev
from symsched.laws.numeric.kernels import AbstractKernel, SiteKernel, kernel

_NODES = 20
"""Of the polynomial of a panel."""
_TAIL = 1e-14
"""Size of the last coefficients, relative to the scale of the mean, at which a panel is resolved."""
_DEEPEST = 14
"""Halvings of a panel: to 6e−5 of it."""
_PANEL = 4.0
"""Width of the lattice's panels, in standard deviations of the field."""


@final
@dataclass
class TableKernel(AbstractKernel):
    """Another kernel on panels of a fixed lattice, each halved until its polynomial resolves the tilted mean.

    The log normaliser is the primitive of the mean. A panel's table depends on the panel alone, so that results do not
    depend on what was asked for before.
    """

    exact: AbstractKernel
    panel: float
    scale: float
    edges: Array = field(default_factory=lambda: np.empty(0))
    ends: Array = field(default_factory=lambda: np.empty(0))
    means: Array = field(default_factory=lambda: np.empty((0, _NODES)))
    logs: Array = field(default_factory=lambda: np.empty((0, _NODES + 1)))
    slopes: Array = field(default_factory=lambda: np.empty((0, _NODES)))

    def mean(self, v: Array) -> Array:
        """Return the tilted mean."""
        (mean,) = self._read(v, "means")
        return mean

    def both(self, v: Array) -> tuple[Array, Array]:
        """Return the log normaliser and the tilted mean."""
        log_normaliser, mean = self._read(v, "logs", "means")
        return log_normaliser, mean

    def spread(self, v: Array) -> tuple[Array, Array]:
        """Return the tilted mean and variance."""
        mean, variance = self._read(v, "means", "slopes")
        return mean, variance

    def _read(self, v: Array, *tables: str) -> list[Array]:
        cell, t = self._locate(v)
        return [chebyshev.clenshaw(getattr(self, table), cell, t).reshape(v.shape) for table in tables]

    def _locate(self, v: Array) -> tuple[Index, Array]:
        """Return each field's panel and its place in [−1, 1], after building what is missing."""
        flat = v.reshape(-1)
        if not np.all(np.isfinite(flat)):
            raise ArithmeticError("a path left the range of float64; take more steps or a smaller dimension")
        cell = np.searchsorted(self.edges, flat, side="right") - 1
        known = cell >= 0
        known[known] = flat[known] < self.ends[cell[known]]
        if not known.all():
            self._build(np.unique(np.floor(flat[~known] / self.panel)))
            cell = np.searchsorted(self.edges, flat, side="right") - 1
        left, right = self.edges[cell], self.ends[cell]
        return cell, (2 * flat - left - right) / (right - left)

    def _build(self, numbers: Array) -> None:
        """Tabulate the lattice's panels with these numbers, one by one: grouping would change the last bits."""
        panels = [self._panel(number * self.panel, (number + 1) * self.panel) for number in numbers]
        left, right, means, middles = (np.concatenate(parts) for parts in zip(*panels, strict=True))
        half = (right - left)[:, None] / 2
        logs = half * np.polynomial.chebyshev.chebint(means, axis=1)
        logs[:, 0] += middles
        slopes = np.zeros_like(means)
        slopes[:, :-1] = np.polynomial.chebyshev.chebder(means, axis=1) / half
        order = np.argsort(np.concatenate([self.edges, left]))
        new = {"edges": left, "ends": right, "means": means, "logs": logs, "slopes": slopes}
        for name, rows in new.items():
            setattr(self, name, np.concatenate([getattr(self, name), rows])[order])

    def _panel(self, low: float, high: float) -> tuple[Array, Array, Array, Array]:
        """Return the ends of the parts of a panel, their Chebyshev series of the mean, and log Z at their middles."""
        left, right = np.array([low]), np.array([high])
        parts: list[tuple[Array, Array, Array, Array]] = []
        for depth in range(_DEEPEST + 1):
            middle = (left + right) / 2
            values = self.exact.mean(middle[:, None] + (right - left)[:, None] / 2 * chebyshev.nodes(_NODES))
            series = values @ chebyshev.coefficients(_NODES)
            tail = np.abs(series[:, -3:]).max(axis=1)
            done = (tail < _TAIL * (self.scale + np.abs(values).max(axis=1))) | (depth == _DEEPEST)
            if done.any():
                parts.append((left[done], right[done], series[done], self.exact.both(middle[done])[0]))
            if done.all():
                break
            left, middle, right = left[~done], middle[~done], right[~done]
            left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
        ends, others, means, logs = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return ends, others, means, logs


@functools.lru_cache(maxsize=1024)
def fast_kernel(site: AbstractSite, psi: float, fields: float = 0.0) -> AbstractKernel:
    """Return the kernel of a site, tabulated if it is one that integrates numerically.

    ``fields``: scale of the collective fields that are added to ψ y; without any, tables stay within the reach of ψ y,
    which matters where the site's moment generating function is not defined everywhere.
    """
    exact = kernel(site, psi)
    width = _PANEL * math.hypot(fields, psi)
    if not isinstance(exact, SiteKernel) or width == 0:
        return exact
    return TableKernel(exact, width, math.sqrt(site.variance))
