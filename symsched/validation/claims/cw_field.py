"""The exact posterior mean of Curie–Weiss spins by a trapezoidal rule over the collective field.

Given y = z + ψa the field u has density ∝ exp(−d (u − h/d)²/(2β)) Π_j 2cosh(u + ψ y_j), and E[a_i | y] is the mean
of tanh(u + ψ y_i) over it (Hubbard–Stratonovich). The rule is written here a second time, and simply, so that what
simulate() does can be held against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symsched.algebra.codegen import Array

_REACH = 6.5
_NODES = 15
_MOST_ITERATIONS = 400
_CHUNK = 1 << 21


@dataclass(frozen=True)
class Spins:
    """d spins with density ∝ exp(d β m²/2 + h m)."""

    d: int
    beta: float
    field: float

    def posterior(self, psi: float, y: Array, counts: Array | None = None) -> tuple[Array, Array]:
        """Return E[a_i | z + ψa = y], (n, B), and the posterior mass of u > 0, (n,), for paths ``y`` (n, B).

        ``counts`` (n, B) says for how many coordinates each entry stands; without it each entry is one and B = d.
        """
        numbers = np.ones_like(y) if counts is None else counts
        means, up = np.empty(y.shape), np.empty(y.shape[0])
        rows = max(1, _CHUNK // (y.shape[1] * 2 * _NODES))
        for first in range(0, y.shape[0], rows):
            part = slice(first, first + rows)
            means[part], up[part] = self._posterior(psi * y[part], numbers[part])
        return means, up

    def _posterior(self, signal: Array, counts: Array) -> tuple[Array, Array]:
        grid = self._grid(signal, counts)
        argument = signal[:, :, None] + grid[:, None, :]
        spin = np.tanh(argument)
        log_cosh = np.abs(argument) - np.log1p(np.abs(spin))
        exponent = (
            np.einsum("nb,nbg->ng", counts, log_cosh) - self.d / (2 * self.beta) * (grid - self.field / self.d) ** 2
        )
        # Two windows of different spacing: a node weighs its own spacing.
        spacing = np.repeat([grid[:, 1] - grid[:, 0], grid[:, -1] - grid[:, -2]], _NODES, axis=0).T
        mass = np.exp(exponent - exponent.max(axis=1, keepdims=True)) * spacing
        mass /= mass.sum(axis=1, keepdims=True)
        return np.einsum("nbg,ng->nb", spin, mass), np.where(grid > 0, mass, 0.0).sum(axis=1)

    def _grid(self, signal: Array, counts: Array) -> Array:
        """Return nodes (n, 2·_NODES): one window round the lowest and one round the highest peak, or one over both."""
        low, low_width = self._peak(signal, counts, -1.0)
        high, high_width = self._peak(signal, counts, 1.0)
        unit = np.linspace(-_REACH, _REACH, _NODES)
        apart = high - low > _REACH * (low_width + high_width)
        left = low[:, None] + low_width[:, None] * unit
        right = high[:, None] + high_width[:, None] * unit
        share = np.linspace(0, 1, 2 * _NODES)
        begin, end = low - _REACH * low_width, high + _REACH * high_width
        whole = begin[:, None] + (end - begin)[:, None] * share
        return np.where(apart[:, None], np.concatenate([left, right], axis=1), whole)

    def _peak(self, signal: Array, counts: Array, side: float) -> tuple[Array, Array]:
        """Return the outermost peak on one side and its Gaussian width, (n,) each.

        u ← h/d + (β/d) Σ tanh(u + ψ y_j) increases in u, so from beyond all peaks it falls on the outermost one.
        """
        here = np.full(signal.shape[0], side * (self.beta + abs(self.field) / self.d))
        for _ in range(_MOST_ITERATIONS):
            spin = np.tanh(signal + here[:, None])
            curvature = self.d / self.beta - np.sum(counts * (1 - spin**2), axis=1)
            width = 1 / np.sqrt(np.maximum(curvature, np.sqrt(self.d) / self.beta))
            moved = (self.field + self.beta * np.sum(counts * spin, axis=1)) / self.d
            step = moved - here
            here = moved
            # What is left to go is at most the next step times a geometric sum, β/(d·curvature); the windows reach
            # far beyond.
            if np.all(np.abs(step) * self.d / (self.beta * np.maximum(curvature, 1.0)) < 0.1 * width):
                break
        return here, width
