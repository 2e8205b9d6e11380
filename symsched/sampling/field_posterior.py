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
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray

from symsched.sampling import chebyshev
from symsched.sampling.field_law import EXACT, AbstractCollective, FieldLaw, FollowedPeaks
from symsched.sampling.field_scan import DEPTH, Peaks, Windows, find_peaks
from symsched.sampling.kernels import AbstractKernel
from symsched.sampling.populations import AbstractPopulation

Array = NDArray[np.float64]
Index = NDArray[np.intp]

_RULE = 64
"""Gauss–Legendre nodes per window; fifteen standard deviations of a Gaussian to either side are resolved to 1e−15."""

_COUNTS = (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 27, 36, 48, 64)
"""Chebyshev nodes per window that are tried in turn."""

_WIDEST = 4.0
"""Widest window in units of the site's scale; wider ones converge slowly and are cut."""

_HALVINGS = 5

_LOCAL = 0.6
"""Widest half window, in units of the site's scale, that is guessed from the curvature at its peak."""

_ROOM = 1.1
"""How much wider windows are guessed than a Gaussian with the curvature at the peak would ask for."""

_DEEPEST = 150.0
"""Nats by which it may fall at most: a peak that fills too little of its window is missed by the rule's nodes."""


@final
@dataclass(frozen=True)
class _Goal:
    """Whose law is wanted: the coordinates, their kernel, the cuts between basins, and whether its normaliser too.

    ``tolerance``: error allowed in e, relative to how far e falls.
    """

    population: AbstractPopulation
    kernel: AbstractKernel
    boundaries: Array
    absolute: bool
    tolerance: float

    @property
    def fall(self) -> float:
        """Nats by which a window must be seen to fall at its ends: beyond lies a thousandth of the tolerance."""
        return 7 - float(np.log(self.tolerance))

    @property
    def reach(self) -> float:
        """Standard deviations within which the law is looked for."""
        return _ROOM * float(np.sqrt(2 * (self.fall + 2)))


@final
@dataclass(frozen=True)
class QuadraticField(AbstractCollective):
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
        near: FollowedPeaks | None = None,
        tolerance: float = EXACT,
    ) -> FieldLaw:
        """Return the exact law of the field given the coordinates; ``absolute``: also its normaliser.

        ``near`` promises that the peaks are close to those of another law, and saves looking for others.
        """
        if self.coupling == 0:
            return self._point_law(population, kernel)
        goal = _Goal(population, kernel, boundaries, absolute, tolerance)
        if near is not None:
            found = self._guess(goal, near.windows.path, near.mean, self.scale / 4)
            if found is not None:
                return found
        peaks = self._survey(population, kernel)
        found = self._guess(goal, peaks.path, peaks.position, peaks.resolution)
        if found is None:
            found = self._solve(goal, peaks.windows(), sure=True)
        if found is None:
            raise ArithmeticError(
                "the field's law does not fall to nothing within reach; this is an error of the search"
            )
        return replace(found, lead=peaks.lead)

    def _guess(self, goal: _Goal, path: Index, position: Array, reach: float) -> FieldLaw | None:
        """Return the law if it is seen to lie inside windows guessed from the curvature at the peaks, else None."""
        position, curvature, settled = self._newton(goal, path, position, reach)
        if not settled or np.any(curvature <= 0):
            return None
        width = goal.reach / np.sqrt(curvature)
        windows = Windows(path, position - width, position + width)
        apart = (path[1:] != path[:-1]) | (windows.right[:-1] < windows.left[1:])
        if np.max(width) > _LOCAL * self.scale or not np.all(apart):
            return None
        return self._solve(goal, windows, sure=False)

    def _solve(self, goal: _Goal, outer: Windows, *, sure: bool) -> FieldLaw | None:
        """Return the law on the windows; None if it does not fall to nothing at their ends and this is not ``sure``."""
        windows = outer.split_at(goal.boundaries).cut(_WIDEST * self.scale)
        for _ in range(_HALVINGS):
            widest = float(np.max(windows.half))
            start = int(np.searchsorted(_COUNTS, self._expected_nodes(widest, goal.tolerance)))
            for count in _COUNTS[min(start, len(_COUNTS) - 1) :]:
                fields = windows.nodes(count)
                pull = self.d / self.coupling * (fields - self.centre)
                slope = goal.population.field_means(goal.kernel, windows.path, fields) - pull
                rounding = 1e-15 * (np.abs(pull).max(axis=1) + self.d / self.scale)
                if _resolved(slope, rounding, windows.half, goal.tolerance):
                    law, fallen, depth = _weigh(windows, fields, slope, self._anchor(goal, windows))
                    if windows.path.size > outer.path.size:
                        # Where a window was cut inside, only its outer ends must have fallen.
                        first = np.flatnonzero(np.isin(windows.left, outer.left))
                        last = np.append(first[1:], windows.path.size) - 1
                        law = replace(law, outer=first)
                        fallen, depth = (np.stack([ends[first, 0], ends[last, 1]]) for ends in (fallen, depth))
                    return law if sure or (np.all(fallen > goal.fall) and np.all(depth < _DEEPEST)) else None
            windows = windows.cut(widest)
        raise ArithmeticError("the field's law is not resolved: the site's log normaliser is not smooth in the field")

    def _point_law(self, population: AbstractPopulation, kernel: AbstractKernel) -> FieldLaw:
        """Return the law of a field that is fixed, because nothing couples the coordinates."""
        path = np.arange(population.paths)
        fields = np.full((path.size, 1), self.centre)
        one, zero = np.ones(path.size), np.zeros(path.size)
        logs = population.field_logs(kernel, path, fields)[:, 0]
        return FieldLaw(Windows(path, fields[:, 0], fields[:, 0]), fields, one[:, None], one, logs, zero[:, None])

    def _expected_nodes(self, half: float, tolerance: float) -> float:
        """Return about how many nodes a window needs if a site's log normaliser is analytic to 3/2 scales."""
        rate = np.log(max(3 * self.scale / half, 1.6))
        return float(2 + np.log(max(self.d * half, 1.0) / tolerance) / rate)

    def _anchor(self, goal: _Goal, windows: Windows) -> Array:
        """Return e at the windows' middles, (W,); 0 where a path's only window makes it irrelevant."""
        if not goal.absolute and windows.path.size == goal.population.paths:
            return np.zeros(windows.path.size)
        middle = windows.middle
        logs = goal.population.field_logs(goal.kernel, windows.path, middle[:, None])[:, 0]
        return np.asarray(logs - self.d * (middle - self.centre) ** 2 / (2 * self.coupling))

    def _newton(self, goal: _Goal, path: Index, position: Array, reach: float) -> tuple[Array, Array, bool]:
        """Polish maxima by Newton steps; return them, −e'', and whether a twentieth of their width is reached."""
        for _ in range(4):
            means, variances = goal.population.field_variances(goal.kernel, path, position[:, None])
            slope = means[:, 0] - self.d / self.coupling * (position - self.centre)
            curvature = self.d / self.coupling - variances[:, 0]
            safe = np.where(curvature > 0, curvature, np.inf)
            step = np.clip(slope / safe, -reach, reach)
            position = position + step
            if np.all(np.abs(step) * np.sqrt(np.maximum(curvature, 0)) < 0.05):
                return position, curvature, True
        return position, curvature, False

    def _survey(self, population: AbstractPopulation, kernel: AbstractKernel) -> Peaks:
        """Return the maxima of e, read off a grid at whose ends e has fallen to nothing."""
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
                peaks = find_peaks(grid, slope, variances - self.d / self.coupling)
                good_left, good_right = peaks.contained()
            if good_left and good_right:
                return peaks
            reach = high - low + self.scale
            low, high = (low if good_left else low - reach), (high if good_right else high + reach)
        raise ArithmeticError("the field's law has no maximum within reach; the measure cannot be normalised")


def _resolved(slope: Array, rounding: Array, half: Array, tolerance: float) -> bool:
    """Return whether the last Chebyshev coefficients of e' are negligible, or rounding, on every window."""
    tails = np.abs(slope @ chebyshev.coefficients(slope.shape[1])[:, -2:]).max(axis=1)
    return bool(np.all(2 * half * (tails - tolerance / 10 * np.abs(slope).max(axis=1) - rounding) < tolerance))


def _weigh(windows: Windows, fields: Array, slope: Array, anchor: Array) -> tuple[FieldLaw, Array, Array]:
    """Integrate exp(e) over the windows; e is the integral of its slope (W, c), which does not cancel at large d.

    Also return by how much e has fallen at both ends of each window, (W, 2): from the path's maximum, and from the
    window's.
    """
    half = windows.half
    to_rule, to_nodes, back, rule = _rule(slope.shape[1])
    exponent = half[:, None] * (slope @ to_rule) + anchor[:, None]
    highest = exponent.max(axis=1)
    starts = np.flatnonzero(np.diff(windows.path, prepend=-1))
    top = np.maximum.reduceat(highest, starts)
    density = np.exp(exponent - top[windows.path, None]) * rule
    mass = half * density.sum(axis=1)
    total = np.add.reduceat(mass, starts)
    log_integral = top + np.log(total)
    scale = 1 / total[windows.path]
    weights = (half * scale)[:, None] * (density @ back)
    nodes = half[:, None] * (slope @ to_nodes) + anchor[:, None] - log_integral[windows.path, None]
    ends = exponent[:, [0, -1]]
    law = FieldLaw(windows, fields, weights, mass * scale, log_integral, nodes)
    return law, top[windows.path, None] - ends, highest[:, None] - ends


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
