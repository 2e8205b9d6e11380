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

from symsched.distributions.mean_field.numeric.field_law import AbstractCollective, FieldLaw, Question
from symsched.distributions.mean_field.numeric.field_scan import DEPTH, Peaks, Windows, find_peaks
from symsched.laws.numeric import chebyshev
from symsched.laws.numeric.kernels import AbstractKernel
from symsched.models.one_map.populations import Coordinates

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
"""Nats by which a guessed window may fall: a peak that fills too little of its window is missed by the rule's nodes."""


@final
@dataclass(frozen=True)
class QuadraticField(AbstractCollective):
    """The prior weight exp(−d (u − centre)²/(2 coupling)) of the field, and the bracket in which its peaks lie."""

    d: float
    coupling: float
    centre: float
    span: tuple[float, float]
    scale: float

    def law(self, question: Question) -> FieldLaw:
        """Return the exact law of the field given the coordinates."""
        if self.coupling == 0:
            return self._point_law(question.population, question.kernel)
        if question.near is not None:
            found = self._guess(question, question.near.path, question.near.mean, self.scale / 4)
            if found is not None:
                return found
        peaks = self.survey(question, float(np.sqrt(2 * self.coupling * (DEPTH + 2) / self.d)))
        found = self._guess(question, peaks.path, peaks.position, peaks.resolution)
        if found is None:
            found, _, _ = self._integrate(question, peaks.windows())
        return replace(found, lead=peaks.lead)

    def _guess(self, question: Question, path: Index, position: Array, reach: float) -> FieldLaw | None:
        """Return the law if it is seen to lie inside windows guessed from the curvature at the peaks, else None."""
        position, curvature, settled = self._newton(question, path, position, reach)
        if not settled or np.any(curvature <= 0):
            return None
        width = _reach(question.tolerance) / np.sqrt(curvature)
        windows = Windows(path, position - width, position + width)
        apart = (path[1:] != path[:-1]) | (windows.right[:-1] < windows.left[1:])
        if np.max(width) > _LOCAL * self.scale or not np.all(apart):
            return None
        found, fallen, depth = self._integrate(question, windows)
        return found if np.all(fallen > _fall(question.tolerance)) and np.all(depth < _DEEPEST) else None

    def _integrate(self, question: Question, outer: Windows) -> tuple[FieldLaw, Array, Array]:
        """Return the law on the windows, and by how much e falls to both ends of each: from the path's maximum, and
        from the window's."""
        windows = outer.split_at(question.boundaries).cut(_WIDEST * self.scale)
        for _ in range(_HALVINGS):
            widest = float(np.max(windows.half))
            start = int(np.searchsorted(_COUNTS, self._expected_nodes(widest, question.tolerance)))
            for count in _COUNTS[min(start, len(_COUNTS) - 1) :]:
                fields = windows.nodes(count)
                pull = self.d / self.coupling * (fields - self.centre)
                slope = question.population.field_means(question.kernel, windows.path, fields) - pull
                rounding = 1e-15 * (np.abs(pull).max(axis=1) + self.d / self.scale)
                if _resolved(slope, rounding, windows.half, question.tolerance):
                    law, fallen, depth = _weigh(windows, fields, slope, self._anchor(question, windows))
                    if windows.path.size > outer.path.size:
                        # Where a window was cut inside, only its outer ends must have fallen.
                        first = np.flatnonzero(np.isin(windows.left, outer.left))
                        last = np.append(first[1:], windows.path.size) - 1
                        law = replace(law, outer=first)
                        fallen, depth = (np.stack([ends[first, 0], ends[last, 1]]) for ends in (fallen, depth))
                    return law, fallen, depth
            windows = windows.cut(widest)
        raise ArithmeticError("the field's law is not resolved: the site's log normaliser is not smooth in the field")

    def _point_law(self, population: Coordinates, kernel: AbstractKernel) -> FieldLaw:
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

    def _anchor(self, question: Question, windows: Windows) -> Array:
        """Return e at the windows' middles, (W,); 0 where a path's only window makes it irrelevant."""
        if not question.absolute and windows.path.size == question.population.paths:
            return np.zeros(windows.path.size)
        middle = windows.middle
        logs = question.population.field_logs(question.kernel, windows.path, middle[:, None])[:, 0]
        return np.asarray(logs - self.d * (middle - self.centre) ** 2 / (2 * self.coupling))

    def _newton(self, question: Question, path: Index, position: Array, reach: float) -> tuple[Array, Array, bool]:
        """Polish maxima by Newton steps; return them, −e'', and whether a twentieth of their width is reached."""
        for _ in range(4):
            means, variances = question.population.field_variances(question.kernel, path, position[:, None])
            slope = means[:, 0] - self.d / self.coupling * (position - self.centre)
            curvature = self.d / self.coupling - variances[:, 0]
            safe = np.where(curvature > 0, curvature, np.inf)
            step = np.clip(slope / safe, -reach, reach)
            position = position + step
            if np.all(np.abs(step) * np.sqrt(np.maximum(curvature, 0)) < 0.05):
                return position, curvature, True
        return position, curvature, False

    def _slope(self, grid: Array, means: Array) -> Array:
        """Return e'."""
        return means - self.d / self.coupling * (grid - self.centre)

    def _read(self, grid: Array, means: Array, variances: Array) -> tuple[Peaks, bool, bool]:
        """Return the maxima of e, and whether it has fallen to nothing at both ends."""
        peaks = find_peaks(grid, self._slope(grid, means), variances - self.d / self.coupling)
        return peaks, *peaks.contained()


def _fall(tolerance: float) -> float:
    """Return the nats by which a window must be seen to fall at its ends: beyond lies a thousandth of the tolerance."""
    return 7 - float(np.log(tolerance))


def _reach(tolerance: float) -> float:
    """Return the standard deviations within which a law is looked for."""
    return _ROOM * float(np.sqrt(2 * (_fall(tolerance) + 2)))


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
