"""Two modes at ±m under a table, at d = ∞: in closed form but for one integral over the order parameter.

A row of the window moves ν_j = ν_0 + c_j0 E + Σ_i c_ji T_i, with T_j = tanh(h + s_j ν_j) the posterior mean in units of
m, E = 2p − 1 and h = ½ log(p/(1 − p)). The first row of the data stands at ψ = O(1): there d coordinates decide at
once, by the sign of what the row adds to their mean. From there on a coordinate of a normal site N(±m, σ²) is affine in
its noise.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy import special

from symsched.algebra.arrays import Array

_REACH = 9.0  # beyond it lies 1e-19 of a normal number
_HALVINGS = 8
_NEWTON = 5  # steps that follow the halvings, each kept inside what they left
_LEGENDRE = np.polynomial.legendre.leggauss(12)


@final
@dataclass(frozen=True)
class Shape:
    """Which coefficients a table has: ``window`` and ``data`` nodes, and whether the output is a ``row`` in z and all D
    or the last D.
    """

    window: int
    data: int
    row: bool

    @property
    def evaluations(self) -> int:
        """Denoiser calls per sample; E a is free."""
        return self.window + self.data

    def table(self, point: Array) -> "Table":
        """Return the table of free numbers: every row's, and the output's but for the last.

        No row knows where the modes lie: its coefficients sum to its ψ, those of the output to 1.
        """
        total = self.evaluations
        rows, output = np.zeros((total, 1 + total)), np.zeros(2 + total)
        below = np.tril_indices(total)
        rows[below] = point[: len(below[0])]
        if self.row:
            output[:-1] = point[len(below[0]) :]
        output[-1] = 1 - output[1:-1].sum()
        return Table(self, rows.sum(axis=1), rows, output)

    def point(self, table: "Table") -> Array:
        """Return the free numbers of a table: the inverse of ``table``."""
        free = table.rows[np.tril_indices(self.evaluations)]
        return np.concatenate([free, table.output[:-1]]) if self.row else free


@final
@dataclass(frozen=True, eq=False)
class Table:
    """y_k = z + Σ c_ki D_i with D_0 = E a, and the output e_z z + Σ e_i D_i.

    ``nodes`` (N,) are s = √d m ψ in the window and ψ after it; ``rows`` (N, N + 1) the c_ki, those of the window in
    units of 1/(m √d); ``output`` (N + 2,) is e.
    """

    shape: Shape
    nodes: Array
    rows: Array
    output: Array


@final
@dataclass(frozen=True)
class TwoModes:
    """Errors of a table over a range of laws: weights ``p`` (P,) and ``widths`` (S,) of the sites, modes at ±``m``.

    ``ratio`` is the data's distance of the modes over the ``m`` that the table was made for, ``gain`` a factor on every
    D but E a: what a table does where it is wrong about either. ``tail`` is 1/√d: at finite d the path's own ν_0/√d is
    left in the mean of its coordinates, the largest correction there is.
    """

    m: float
    p: Array
    widths: Array
    ratio: float = 1.0
    gain: float = 1.0
    tail: float = 0.0

    def seen(self, table: Table, nu0: Array, p: Array) -> tuple[list[Array], list[Array]]:
        """Return D_0 = E a, D_1, … of the window at ν_0 (P, L), in units of m, and their derivatives in ν_0."""
        tilt, mean = np.log(p / (1 - p))[:, None] / 2, self.ratio * (2 * p - 1)[:, None]
        values, slopes = [np.broadcast_to(mean, nu0.shape)], [np.zeros(nu0.shape)]
        for j in range(table.shape.window):
            s, row = table.nodes[j] * self.ratio, table.rows[j, : j + 1]
            nu = nu0 + sum(c * one for c, one in zip(row, values, strict=True))
            climb = 1 + sum(c * one for c, one in zip(row, slopes, strict=True))
            posterior = np.tanh(tilt + s * nu)
            values.append(self.gain * self.ratio * posterior)
            slopes.append(self.gain * self.ratio * s * (1 - posterior**2) * climb)
        return values, slopes

    def decisions(self, table: Table, nu0: Array, p: Array) -> tuple[Array, Array]:
        """Return what the first data row adds to a coordinate's mean, whose sign is the mode, and its derivative."""
        row = table.rows[table.shape.window, : table.shape.window + 1]
        values, slopes = self.seen(table, nu0, p)
        left = self.tail / self.m
        return (
            sum((c * one for c, one in zip(row, values, strict=True)), left * nu0),
            sum((c * one for c, one in zip(row, slopes, strict=True)), np.full(nu0.shape, left)),
        )

    def edges(self, table: Table) -> Array:
        """Return the ν_0 at which the mode changes, (P,)."""
        low, high = np.full((len(self.p), 1), -_REACH), np.full((len(self.p), 1), _REACH)
        middle = np.zeros_like(low)
        for step in range(_HALVINGS + _NEWTON):
            value, slope = self.decisions(table, middle, self.p)
            low, high = np.where(value > 0, low, middle), np.where(value > 0, middle, high)
            if step < _HALVINGS:
                middle = (low + high) / 2
            else:
                middle = np.clip(middle - value / np.maximum(slope, 1e-12), low, high)
        return middle[:, 0]

    def is_monotone(self, table: Table) -> bool:
        """Whether the decision changes once, from − to +, for every weight."""
        grid = np.broadcast_to(np.linspace(-_REACH, _REACH, 721), (len(self.p), 721))
        return bool(np.all(np.diff(np.sign(self.decisions(table, grid, self.p)[0]), axis=1) >= 0))

    def errors(self, table: Table) -> tuple[Array, Array]:
        """Return the errors of the weights, Φ(−ν_0*) − p, (P,), and Wasserstein-2 of the sites over their deviation,
        (P, S).

        What a coordinate's mean misses is averaged over the paths of both modes.
        """
        shape, m = table.shape, self.m
        edges = special.ndtr(self.edges(table))
        place, weight = _LEGENDRE
        # The paths below the edge, and those above it.
        low, high = np.stack([np.zeros_like(edges), edges], -1), np.stack([edges, np.ones_like(edges)], -1)
        mass = np.maximum(high - low, 1e-300)[..., None]
        level = (low[..., None] + mass * (1 + place) / 2).reshape(len(edges), -1)
        nu0 = special.ndtri(np.clip(level, 1e-17, 1 - 1e-16))
        mass = (mass * weight / 2).reshape(level.shape)[..., None]
        target = m * self.ratio * np.repeat([-1.0, 1.0], len(place))[:, None]
        seen, left = m * np.stack(self.seen(table, nu0, self.p)[0], axis=-1), self.tail * nu0
        variance, window = self.widths**2, shape.window
        psi, rows = table.nodes[window:], table.rows[window:]
        damping = [self.gain / (1 + one**2 * variance) for one in psi]
        slopes: list[Array] = []  # of D_l in z, (S,)
        for j in range(shape.data):
            inner = 1 + sum(rows[j, 1 + window + i] * one for i, one in enumerate(slopes))
            slopes.append(psi[j] * variance * damping[j] * inner)
        width = table.output[0] + sum(table.output[2 + window + i] * one for i, one in enumerate(slopes))
        means: list[Array] = []  # of D_l, (P, L, S)
        for j in range(shape.data):
            y = (left + seen @ rows[j, : window + 1])[..., None]
            y = y + sum(rows[j, 1 + window + i] * one for i, one in enumerate(means))
            means.append((target + psi[j] * variance * y) * damping[j])
        out = (table.output[0] * left + seen @ table.output[1 : 2 + window])[..., None]
        out = out + sum(table.output[2 + window + i] * one for i, one in enumerate(means))
        missed = np.sum(mass * (out - target) ** 2, axis=1)
        spread = width / self.widths - 1
        return 1 - edges - self.p, np.sqrt(missed / variance + spread**2 + 1e-30)


def laws_between(
    m: float, weights: tuple[float, float], widths: tuple[float, float], counts: tuple[int, int], **off: float
) -> TwoModes:
    """Return the laws on a grid of Chebyshev's points, which are dense where a worst case hides: at the ends."""
    grids = (
        low + (high - low) * (1 - np.cos(np.pi * np.arange(n) / (n - 1))) / 2 if high > low else np.array([low])
        for (low, high), n in zip((weights, widths), counts, strict=True)
    )
    p, widths_ = grids
    return TwoModes(m, p, widths_, **off)
