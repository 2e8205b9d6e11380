"""The exact posterior of the collective field of a quadratic mean-field measure (Hubbard–Stratonovich).

For a density ∝ Π ρ_0(a_i) exp(c (Σ a_i)²/(2d) + s Σ a_i) the posterior of the real field u given y = z + ψ a
has the density

    ∝ exp(e(u)),   e(u) = −d (u − s)²/(2c) + Σ_j log Z(u + ψ y_j, ψ²),

and given u the coordinates are independent with means ⟨a⟩(u + ψ y_i). Given a, u is Gaussian with mean s + c Σ a_i/d
and variance c/d whatever a is. Its law is therefore a mixture of Gaussians of that one variance, as is its product with
the mean of any function of a, and the trapezoidal rule of spacing θ √(c/d) integrates both up to 2 exp(−2π²/θ²):
8e−14 at θ = 0.8, whatever the site, the number of peaks and how critical they are. For the same reason
e(u) + d (u − s)²/(2c) is convex, which bounds e between the rule's points.

On the scale of a site, far wider than the law when d is large, e and the means are analytic: e' is known from a few
Chebyshev nodes and integrated to e, which does not cancel at large d, and weights on the rule become weights on nodes.
"""

import functools
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.polynomial import chebyshev as series
from scipy import special

from symsched.algebra.arrays import Array
from symsched.distributions.mean_field.numeric.field_law import AbstractCollective, FieldLaw, Question, Windows
from symsched.laws.numeric import chebyshev
from symsched.models.one_map.populations import Fields

_SPACING = 0.8
"""Spacing θ of the rule in units of √(c/d)."""
_COUNTS = (*range(5, 15), 16, 18, 20, 23, 26, 30, 34, 38, 43, 48, 54, 60, 72, 90, 120, 160, 220, 300, 420)
"""Chebyshev nodes per window that are tried in turn."""
_STRIP = 1.5
"""Distance from the real axis, in scales of the site, at which its log normaliser is expected to be singular."""
_COARSE = 256
"""Points from which the rule is refined where it counts."""
_WIDENINGS = 60  # of a window, which doubles each time
_ROOM = 1.15
"""How much wider than the law the next step's window is."""
_EMPTY = 1e-18
"""Share of the rule's mass next to a boundary that may be cut sharply."""


@final
@dataclass(frozen=True)
class Density:
    """The density of the field on ``windows``: its exponent and where it is not negligible.

    ``fields``, ``slope`` (n, c): nodes and e' there; ``index`` (L,): numbers of the rule's points, ``spacing`` apart,
    counted from the windows' middles; ``exponent`` (n, L): e there, less that in the middle; ``top`` (n,): its maximum;
    ``fallen``: by how many nats e falls from there to the windows' left and right ends, at least; ``lead``: by how
    many nats all other peaks are below the highest, at least.
    """

    windows: Windows
    fields: Fields
    slope: Array
    spacing: float
    index: Array
    exponent: Array
    top: Array
    fallen: tuple[float, float]
    lead: float

    @property
    def shares(self) -> Array:
        """The density relative to its maximum at the rule's points, (n, L)."""
        return np.asarray(np.exp(self.exponent - self.top[:, None]))

    @property
    def place(self) -> Array:
        """The rule's points in the window, from −1 to 1, (L,)."""
        return np.asarray(self.index * (self.spacing / self.windows.half))

    def exponents(self, index: Array) -> Array:
        """Return e, less that in the middle, at points of any number, (n, len(index))."""
        return _primitive(self.slope, self.windows.half, index * (self.spacing / self.windows.half))

    def below(self, boundary: float, shares: Array) -> Array:
        """Return the mass below a boundary, (n,), in units of a whole one's sum of ``shares``."""
        number = (boundary - self.windows.middle) / self.spacing
        mass = np.where(self.index < number[:, None], shares, 0.0).sum(axis=1)
        close = np.where(np.abs(self.index - number[:, None]) < 3, shares, 0.0).sum(axis=1)
        cut = np.flatnonzero(close > _EMPTY)
        if cut.size:
            # The interpolant of a rule twice as fine is the density to the same accuracy, and is integrated.
            fine = np.unique(np.concatenate([self.index, self.index - 0.5, self.index + 0.5]))
            fine = fine[np.abs(fine) * self.spacing <= self.windows.half]
            density = np.exp(self.exponents(fine)[cut] - self.top[cut, None])
            number = number[:1] if np.ptp(number) == 0 else number[cut]
            steps = 0.25 + special.sici(2 * np.pi * (number[:, None] - fine))[0] / (2 * np.pi)
            mass[cut] = (density * steps).sum(axis=1)
        return np.asarray(mass)


@final
@dataclass(frozen=True)
class QuadraticField(AbstractCollective):
    """The prior weight exp(−d (u − centre)²/(2 coupling)) of the field, and the bracket in which its peaks lie."""

    d: float
    coupling: float
    centre: float
    span: tuple[float, float]
    scale: float

    @property
    def width(self) -> float:
        """The standard deviation √(coupling/d) of the field given the coordinates."""
        return float(np.sqrt(self.coupling / self.d))

    def law(self, question: Question) -> FieldLaw:
        """Return the exact law of the field given the coordinates."""
        if self.coupling == 0:
            return self._point_law(question)
        found = self.density(question)
        windows, shares = found.windows, found.shares
        total = shares.sum(axis=1)
        count = found.slope.shape[1]
        weights = (
            (shares / total[:, None]) @ series.chebvander(found.place, count - 1) @ chebyshev.coefficients(count).T
        )
        below = [np.zeros(total.size), *(found.below(cut, shares) for cut in question.boundaries), total]
        held = shares > np.exp(-_depth(question.tolerance))
        low = windows.middle + found.spacing * found.index[held.argmax(axis=1)]
        high = windows.middle + found.spacing * found.index[::-1][held[:, ::-1].argmax(axis=1)]
        half = (_ROOM * float(np.max(high - low)) + self.width) / 2
        return FieldLaw(
            found.fields,
            weights,
            np.diff(np.stack(below, axis=1) / total[:, None], axis=1),
            self._anchor(question, windows) + found.top + np.log(total * found.spacing),
            low,
            high,
            Windows((low + high) / 2, half),
            found.lead,
        )

    def density(self, question: Question) -> Density:
        """Return the density of the field, in the windows where it is expected or wherever it is."""
        depth = _depth(question.tolerance)
        if question.near is not None:
            found = self._look(question, question.near)
            if min(found.fallen) > depth:
                return found
        margin = float(np.sqrt(2 * (depth + 2))) * self.width
        low, high = self.span
        for _ in range(_WIDENINGS):
            middle = np.full(question.population.paths, (low + high) / 2)
            found = self._look(question, Windows(middle, (high - low) / 2 + margin))
            if min(found.fallen) > depth:
                return found
            reach = high - low + self.scale
            low, high = low - reach * (found.fallen[0] <= depth), high + reach * (found.fallen[1] <= depth)
        raise ArithmeticError("the field's law has no maximum within reach; the measure cannot be normalised")

    def _look(self, question: Question, windows: Windows) -> Density:
        """Return the density on windows, resolved to the tolerance."""
        tolerance, half = question.tolerance, windows.half
        start = int(np.searchsorted(_COUNTS, self._expected_nodes(half, tolerance)))
        for count in _COUNTS[min(start, len(_COUNTS) - 1) :]:
            path = np.arange(windows.middle.size)
            fields = Fields(path, windows.middle, half * chebyshev.nodes(count)[:, None])
            pull = self.d / self.coupling * (fields.values - self.centre)
            slope = question.population.means(question.kernel, fields) - pull
            rounding = 1e-15 * (np.abs(pull).max(axis=1) + self.d / self.scale)
            tails = np.abs(slope @ chebyshev.coefficients(count)[:, -2:]).max(axis=1)
            excess = tails - tolerance / 10 * np.abs(slope).max(axis=1) - rounding
            if np.all(2 * half * excess < tolerance):
                return self._refine(windows, fields, slope, _depth(tolerance))
        raise ArithmeticError("the field's law is not resolved: the site's log normaliser is not smooth in the field")

    def _refine(self, windows: Windows, fields: Fields, slope: Array, depth: float) -> Density:
        """Return the density at the rule's points where it is not negligible, found from a coarser rule."""
        spacing = _SPACING * self.width
        reach = int(windows.half / spacing)
        stride = 1 << max(0, int(np.ceil(np.log2(max(2 * reach / _COARSE, 1)))))
        index = stride * np.arange(-(reach // stride), reach // stride + 1.0)
        exponent = _primitive(slope, windows.half, index * (spacing / windows.half))
        coarse = exponent
        while True:
            top = exponent.max(axis=1)
            # Between two points e exceeds its chord by (spacing)²/8 times the curvature d/c at most.
            live = np.any(exponent > (top - depth - (_SPACING * stride) ** 2 / 8)[:, None], axis=0)
            if stride == 1:
                break
            stride //= 2
            kept = index[live]
            index = np.unique(
                np.concatenate([kept - 2 * stride, kept - stride, kept, kept + stride, kept + 2 * stride])
            )
            index = index[np.abs(index) <= reach]
            exponent = _primitive(slope, windows.half, index * (spacing / windows.half))
        left, right = (float(np.min(top - coarse[:, end])) for end in (0, -1))
        return Density(
            windows, fields, slope, spacing, index[live], exponent[:, live], top, (left, right), _lead(coarse)
        )

    def _point_law(self, question: Question) -> FieldLaw:
        """Return the law of a field that is fixed, because nothing couples the coordinates."""
        middle = np.full(question.population.paths, self.centre)
        windows, one = Windows(middle, self.scale), np.ones((middle.size, 1))
        basins = one * (np.arange(question.boundaries.size + 1) == np.searchsorted(question.boundaries, self.centre))
        return FieldLaw(_single(middle), one, basins, _logs(question, middle), middle, middle, windows, np.inf)

    def _expected_nodes(self, half: float, tolerance: float) -> float:
        """Return about how many nodes a window needs if a site's log normaliser is analytic in the expected strip."""
        strip = _STRIP * self.scale / half
        return float(2 + np.log(max(self.d * half, 1.0) / tolerance) / np.arcsinh(strip))

    def _anchor(self, question: Question, windows: Windows) -> Array:
        """Return e in the windows' middles, (n,), if the normaliser is wanted, else 0."""
        if not question.absolute:
            return np.zeros(windows.middle.size)
        return _logs(question, windows.middle) - (windows.middle - self.centre) ** 2 / (2 * self.width**2)


def _single(fields: Array) -> Fields:
    """Return one field for each path, (n,)."""
    return Fields(np.arange(fields.size), fields, np.zeros((1, 1)))


def _logs(question: Question, fields: Array) -> Array:
    """Return Σ_j log Z at one field for each path, (n,)."""
    return question.population.logs(question.kernel, _single(fields))[:, 0]


def _depth(tolerance: float) -> float:
    """Return how many nats below its maximum a density ends: beyond lies a small part of the tolerance."""
    return 10 - float(np.log(tolerance))


def _lead(exponent: Array) -> float:
    """Return by how many nats a path's exponent is below its maximum, at least, where it rises again away from it."""
    peak = exponent.argmax(axis=1)[:, None]
    rise = np.diff(exponent, axis=1) > 0
    again = rise == (np.arange(rise.shape[1]) >= peak)
    others = np.where(again, np.maximum(exponent[:, 1:], exponent[:, :-1]), -np.inf).max(axis=1)
    return float(np.min(exponent.max(axis=1) - others))


def _primitive(slope: Array, half: float, place: Array) -> Array:
    """Return the integral of a slope known at the nodes of windows (n, c) from their middles to places in [−1, 1]."""
    count = slope.shape[1]
    return np.asarray((half * slope @ _integral(count)) @ series.chebvander(place, count).T)


@functools.cache
def _integral(count: int) -> Array:
    """Return the matrix (c, c + 1) from node values to the Chebyshev series of their integral from 0."""
    return np.asarray(series.chebint(chebyshev.coefficients(count), lbnd=0, axis=1))
