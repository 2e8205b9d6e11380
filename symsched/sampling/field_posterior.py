"""The exact posterior of the collective field of a quadratic mean-field measure (Hubbard–Stratonovich).

For a density ∝ Π ρ_0(a_i) exp(c (Σ a_i)²/(2d) + s Σ a_i) the posterior of the real field u given y = z + ψ a
has the density

    ∝ exp(e(u)),   e(u) = −d (u − s)²/(2c) + Σ_j log Z(u + ψ y_j, ψ²),

and given u the coordinates are independent with means ⟨a⟩(u + ψ y_i). The law of u is represented by a few weighted
Chebyshev nodes per window: e and the means are analytic on the scale of one site, far wider than the law of u when d is
large, so that integrals of the means against it are exact to rounding with about ten nodes.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.sampling import chebyshev
from symsched.sampling.field_scan import DEPTH, Peaks, Windows, find_peaks
from symsched.sampling.kernels import AbstractKernel
from symsched.sampling.populations import AbstractPopulation

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_RULE = 96
"""Gauss–Legendre nodes per window; twice DEPTH of a Gaussian is resolved to 1e−16 with 60."""

_COUNTS = (6, 7, 8, 9, 10, 11, 13, 15, 18, 22, 27, 36, 48, 64)
"""Chebyshev nodes per window that are tried in turn."""

_WIDEST = 4.0
"""Widest window in units of the site's scale; wider ones converge slowly and are cut."""

_HALVINGS = 5

_TAIL = 1e-12
"""Relative weight of the last Chebyshev coefficients of e at which a window counts as resolved."""


@final
@dataclass(frozen=True)
class FieldLaw:
    """The posterior of the field of n paths on W windows with c nodes each.

    ``fields`` (W, c): nodes; ``weights`` (W, c): E f(u) = Σ w f(u) over a path; ``mass`` (W,): posterior mass;
    ``log_integral`` (n,): log ∫ exp(e(u)) du; ``exponent`` (W, c): e at the nodes, relative to it.
    """

    windows: Windows
    fields: Array
    weights: Array
    mass: Array
    log_integral: Array
    exponent: Array

    def basins(self, boundaries: Array, paths: int) -> Array:
        """Return the posterior mass between consecutive ``boundaries`` (K−1,), shape (n, K)."""
        mode = np.searchsorted(boundaries, self.windows.middle)
        width = boundaries.size + 1
        cells = self.windows.path * width + mode
        return np.asarray(np.bincount(cells, self.mass, minlength=paths * width), dtype=float).reshape(paths, width)


@final
@dataclass(frozen=True)
class QuadraticField:
    """The prior weight exp(−d (u − centre)²/(2 coupling)) of the field, and the bracket in which its peaks lie.

    ``span``: (low, high) with every stationary point of e between them for plausible data; widened when not.
    ``scale``: the scale of u on which one site's log normaliser varies (one over its standard deviation).
    """

    d: float
    coupling: float
    centre: float
    span: tuple[float, float]
    scale: float

    def law(
        self,
        population: AbstractPopulation,
        kernel: AbstractKernel,
        boundaries: Array,
        *,
        absolute: bool = False,
    ) -> FieldLaw:
        """Return the exact law of the field given the coordinates; ``absolute``: also its normaliser."""
        if self.coupling == 0:
            return self._point_law(population, kernel)
        windows = self._windows(population, kernel).split_at(boundaries).cut(_WIDEST * self.scale)
        for _ in range(_HALVINGS):
            widest = float(np.max(windows.half))
            start = int(np.searchsorted(_COUNTS, self._expected_nodes(widest)))
            for count in _COUNTS[min(start, len(_COUNTS) - 1) :]:
                fields = windows.nodes(count)
                pull = self.d / self.coupling * (fields - self.centre)
                slope = population.field_means(kernel, windows.path, fields) - pull
                rounding = 1e-15 * (np.abs(pull).max(axis=1) + self.d / self.scale)
                if _resolved(slope, rounding, windows.half):
                    anchor = self._anchor(population, kernel, windows, absolute)
                    return _weigh(windows, fields, slope, anchor)
            windows = windows.cut(widest)
        raise ArithmeticError("the field's law is not resolved: the site's log normaliser is not smooth in the field")

    def _point_law(self, population: AbstractPopulation, kernel: AbstractKernel) -> FieldLaw:
        """Return the law of a field that is fixed, because nothing couples the coordinates."""
        path = np.arange(population.paths)
        fields = np.full((path.size, 1), self.centre)
        one, zero = np.ones(path.size), np.zeros(path.size)
        logs = population.field_logs(kernel, path, fields)[:, 0]
        return FieldLaw(Windows(path, fields[:, 0], fields[:, 0]), fields, one[:, None], one, logs, zero[:, None])

    def _expected_nodes(self, half: float) -> float:
        """Return about how many nodes a window needs if a site's log normaliser is analytic to 3/2 scales."""
        rate = np.log(max(3 * self.scale / half, 1.6))
        return float(1 + np.log(max(self.d * half, 1.0) * 1e11) / rate)

    def _anchor(
        self, population: AbstractPopulation, kernel: AbstractKernel, windows: Windows, absolute: bool
    ) -> Array:
        """Return e at the windows' middles, (W,); 0 where a path's only window makes it irrelevant."""
        if not absolute and windows.path.size == population.paths:
            return np.zeros(windows.path.size)
        middle = windows.middle
        logs = population.field_logs(kernel, windows.path, middle[:, None])[:, 0]
        return np.asarray(logs - self.d * (middle - self.centre) ** 2 / (2 * self.coupling))

    def _windows(self, population: AbstractPopulation, kernel: AbstractKernel) -> Windows:
        """Return the intervals that hold all but e^{−46} of each path's law."""
        grid, slope, bend = self._survey(population, kernel)
        peaks = find_peaks(grid, slope, bend)
        position, curvature = self._newton(population, kernel, peaks)
        width = 1.1 * np.sqrt(2 * (DEPTH + 2) / np.maximum(curvature, np.finfo(float).tiny))
        # Inside a twentieth of the site's scale e is its second-order Taylor polynomial up to a few per cent.
        local = (width < self.scale / 20) & (curvature > 0)
        left = np.where(local & ~peaks.cut_left, position - width, peaks.left)
        right = np.where(local & ~peaks.cut_right, position + width, peaks.right)
        return Windows(peaks.path, left, right)

    def _newton(self, population: AbstractPopulation, kernel: AbstractKernel, peaks: Peaks) -> tuple[Array, Array]:
        """Polish the maxima by Newton steps and return them with −e''."""
        position, reach = peaks.position, peaks.resolution
        for _ in range(3):
            means, variances = population.field_variances(kernel, peaks.path, position[:, None])
            slope = means[:, 0] - self.d / self.coupling * (position - self.centre)
            curvature = self.d / self.coupling - variances[:, 0]
            safe = np.where(curvature > 0, curvature, np.inf)
            step = np.clip(slope / safe, -reach, reach)
            position = position + step
            if np.all(np.abs(step) * np.sqrt(np.maximum(curvature, 0)) < 0.05):
                break
        return position, curvature

    def _survey(self, population: AbstractPopulation, kernel: AbstractKernel) -> tuple[Array, Array, Array]:
        """Return a grid with e' > 0 at its first point and e' < 0 at its last, and e', e'' on it, (n, G)."""
        margin = np.sqrt(2 * self.coupling * (DEPTH + 2) / self.d)
        low, high = self.span
        # The cubics' error, (spacing)⁴/400 per site, must not hide a valley of a few nats between two peaks.
        spacing = 0.25 if self.d < 1e7 else 0.125
        for _ in range(60):
            first, last = low - margin, high + margin
            count = int(np.clip(np.ceil((last - first) / (self.scale * spacing)), 16, 160)) + 1
            grid = np.linspace(first, last, count)
            means, variances = population.survey(kernel, grid)
            slope = means - self.d / self.coupling * (grid - self.centre)
            good_left, good_right = bool(np.all(slope[:, 0] > 0)), bool(np.all(slope[:, -1] < 0))
            if good_left and good_right:
                return grid, slope, variances - self.d / self.coupling
            reach = high - low + self.scale
            low, high = (low if good_left else low - reach), (high if good_right else high + reach)
        raise ArithmeticError("the field's law has no maximum within reach; the measure cannot be normalised")


def _resolved(slope: Array, rounding: Array, half: Array) -> bool:
    """Return whether the last Chebyshev coefficients of e' are negligible, or rounding, on every window."""
    tails = np.abs(slope @ chebyshev.coefficients(slope.shape[1])[:, -2:]).max(axis=1)
    return bool(np.all(2 * half * (tails - _TAIL * np.abs(slope).max(axis=1) - rounding) < 1e-11))


def _weigh(windows: Windows, fields: Array, slope: Array, anchor: Array) -> FieldLaw:
    """Integrate exp(e) over the windows; e is the integral of its slope (W, c), which does not cancel at large d."""
    half = windows.half
    to_rule, to_nodes, back, rule = _rule(slope.shape[1])
    exponent = half[:, None] * (slope @ to_rule) + anchor[:, None]
    starts = np.flatnonzero(np.diff(windows.path, prepend=-1))
    top = np.maximum.reduceat(exponent.max(axis=1), starts)
    density = np.exp(exponent - top[windows.path, None]) * rule
    mass = half * density.sum(axis=1)
    total = np.add.reduceat(mass, starts)
    log_integral = top + np.log(total)
    scale = 1 / total[windows.path]
    weights = (half * scale)[:, None] * (density @ back)
    nodes = half[:, None] * (slope @ to_nodes) + anchor[:, None] - log_integral[windows.path, None]
    return FieldLaw(windows, fields, weights, mass * scale, log_integral, nodes)


@functools.cache
def _rule(count: int) -> tuple[Array, Array, Array, Array]:
    """Return the primitives of node values at the rule and at the nodes, the way back, and the weights."""
    points, weights = chebyshev.gauss_legendre(_RULE)
    return (
        chebyshev.primitive(count, points),
        chebyshev.primitive(count, chebyshev.nodes(count)),
        chebyshev.interpolation(count, points).T.copy(),
        weights,
    )
