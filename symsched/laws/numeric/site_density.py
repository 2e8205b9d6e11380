"""A law with a density on the line, in numbers."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from symsched.algebra.arrays import Array, Index
from symsched.laws.numeric.inverse_table import InverseTable, tabulate
from symsched.laws.numeric.pieces import LogDensity, Piece, cut
from symsched.laws.numeric.quadrature import NATS, Kernel, Scan, Stretch, integrate, locate
from symsched.laws.numeric.site_base import AbstractSite
from symsched.laws.numeric.survey import Survey, body, panels, survey

_CHUNK = 2048
"""Index integrated at once."""
_AROUND = np.array([-10.0, -6.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 6.0, 10.0])
"""Where the structure of a mark is looked for, in its widths."""
_HINTS = np.array([-12.0, -5.0, -1.5, 0.0, 1.5, 5.0, 12.0])
"""Where a tilted law is looked for about the maximum of the tilt, in its standard deviations."""


@final
@dataclass(frozen=True, eq=False)
class DensitySite(AbstractSite):
    """The law with density proportional to exp(log_weight(a)).

    ``log_weight`` maps an array to an array and need not be normalised; ``breakpoints`` are the increasing ends of the
    intervals on which it is smooth, the first and last being those of the support (±inf allowed).

    >>> site = DensitySite(lambda a: -a**4, (-np.inf, np.inf))
    >>> print(f"{site.variance:.12f}")
    0.337989120034
    """

    log_weight: LogDensity
    breakpoints: tuple[float, ...]
    marks: tuple[tuple[float, float], ...] = ()
    """(location, width) of structure so narrow that a scan might miss it, such as a component of a mixture."""

    def __post_init__(self) -> None:
        """Check the breakpoints and that the density can be integrated."""
        points = tuple(float(point) for point in self.breakpoints)
        if len(points) < 2 or any(not low < high for low, high in pairwise(points)):
            raise ValueError(f"breakpoints must be at least two increasing numbers, got {self.breakpoints}")
        object.__setattr__(self, "breakpoints", points)
        if not math.isfinite(self.log_mass):
            raise ValueError("the density has no mass on its support; check its formula and its breakpoints")

    @cached_property
    def bulk(self) -> tuple[float, float]:
        """The middle of the mass and a width of it, found in two passes from nothing."""
        location, width = 0.0, 1.0
        for _ in range(2):
            pieces = cut(self.log_weight, self.breakpoints, location, width)
            bodies = [body(piece, survey(piece, self._hints(piece))) for piece in pieces]
            a, height = np.concatenate([part[0] for part in bodies]), np.concatenate([part[1] for part in bodies])
            if not np.any(np.isfinite(height)):
                raise ValueError("the density vanishes (or is not a number) everywhere on its support")
            # With the neighbours of each point: a scan may hold one point of a narrow core.
            order = np.argsort(a)
            high = np.flatnonzero(height[order] - height.max() > -4)
            core = a[order][max(high[0] - 1, 0) : high[-1] + 2] if high.size < 3 else a[order][high]
            # A standard deviation, were the density Gaussian.
            location, width = float(core.max() + core.min()) / 2, max(float(core.max() - core.min()) / 6, 1e-300)
        return location, width

    def _hints(self, piece: Piece) -> Array:
        """Return the marks on a piece and points around each."""
        points = [centre + width * _AROUND for centre, width in self.marks]
        flat = np.concatenate([np.empty(0), *points])
        ends = np.sort(piece.point(np.array([piece.low, piece.high])))
        return flat[(flat > ends[0]) & (flat < ends[1])]

    @cached_property
    def _pieces(self) -> tuple[Piece, ...]:
        """The smooth pieces, in charts fitted to where the mass lies."""
        return cut(self.log_weight, self.breakpoints, *self.bulk)

    @cached_property
    def _surveys(self) -> tuple[Survey, ...]:
        return tuple(survey(piece, self._hints(piece)) for piece in self._pieces)

    @cached_property
    def _panels(self) -> tuple[Array, ...]:
        """Per piece, the coordinates between which the 21-point rule resolves the density."""
        return tuple(panels(piece, found) for piece, found in zip(self._pieces, self._surveys, strict=True))

    @property
    def charts(self) -> tuple[tuple[Piece, Array], ...]:
        """The smooth pieces, each with coordinates between which the 21-point rule resolves the density."""
        return tuple(zip(self._pieces, self._panels, strict=True))

    @cached_property
    def _scan(self) -> tuple[Scan, ...]:
        """Per piece, the coordinates scanned for every tilt."""
        scans = []
        for piece, found, edges in zip(self._pieces, self._surveys, self._panels, strict=True):
            inner = np.linspace(edges[0], edges[-1], 17)
            outer = np.arange(max(piece.low, -115), piece.high, 5)
            far = np.concatenate([[piece.low, piece.high], np.arange(piece.low, -115, 20)])
            near = np.concatenate([edges[0] - 2.0 ** np.arange(-1, 3), edges[-1] + 2.0 ** np.arange(-1, 3)])
            nodes = np.unique(np.clip(np.concatenate([edges, inner, outer, far, near]), piece.low, piece.high))
            scans.append(Scan.of(piece, nodes, track=found.several))
        return tuple(scans)

    @cached_property
    def log_mass(self) -> float:
        """The log of the integral of exp(log_weight)."""
        zero = np.zeros(1)
        return float(self._tilt(zero, zero, order=0, normalise=False)[0][0])

    @property
    def mean(self) -> float:
        """E a."""
        return self._moments[0]

    @property
    def variance(self) -> float:
        """Var a."""
        return self._moments[1]

    @cached_property
    def _moments(self) -> tuple[float, float]:
        zero = np.zeros(1)
        _, mean, variance = self._tilt(zero, zero, order=2)
        return float(mean[0]), float(variance[0])

    @property
    def gaussian(self) -> tuple[float, float] | None:
        """None: a Gaussian law is a GaussianSite."""
        return None

    def tilted(self, field: ArrayLike, curvature: ArrayLike) -> tuple[Array, Array]:
        """Return log E exp(f a − c a²/2) and the tilted mean, by quadrature accurate to about 1e-11."""
        fields, curvatures, shape = _broadcast(field, curvature)
        log_normaliser, mean, _ = self._tilt(fields, curvatures, order=1)
        return log_normaliser.reshape(shape), mean.reshape(shape)

    def log_normaliser(self, field: ArrayLike, curvature: ArrayLike) -> Array:
        """Return log E exp(f a − c a²/2), which exists where the mean may not."""
        fields, curvatures, shape = _broadcast(field, curvature)
        return self._tilt(fields, curvatures, order=0)[0].reshape(shape)

    def tilted_variance(self, field: ArrayLike, curvature: ArrayLike) -> Array:
        """Return the variance of ``a`` under the tilt by exp(f a − c a²/2)."""
        fields, curvatures, shape = _broadcast(field, curvature)
        return self._tilt(fields, curvatures, order=2)[2].reshape(shape)

    def log_density(self, a: ArrayLike) -> Array:
        """Return the normalised log density."""
        points = np.asarray(a, dtype=np.float64)
        inside = (points >= self.breakpoints[0]) & (points <= self.breakpoints[-1])
        with np.errstate(all="ignore"):
            values = np.asarray(self.log_weight(points), dtype=np.float64) - self.log_mass
        return np.where(inside & ~np.isnan(values), values, -np.inf)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> Array:
        """Return independent samples of shape ``size``, by a tabulated inverse cdf with error below 1e-9."""
        return self._inverse(rng.random(size))

    @cached_property
    def _inverse(self) -> InverseTable:
        return tabulate(self._pieces, self._panels)

    def log_cdf(self, s: ArrayLike, nu: ArrayLike) -> tuple[Array, Array]:
        """Return log F and log (1 − F) of z + s a at nu, each by its own quadrature."""
        signal, point, shape = _broadcast(s, nu)
        tails = []
        for sign in (1.0, -1.0):
            tail = np.empty(signal.size)
            for start in range(0, signal.size, _CHUNK):
                chunk = slice(start, start + _CHUNK)
                tail[chunk] = self._tail(signal[chunk], point[chunk], sign)
            tails.append(np.minimum(tail, 0.0).reshape(shape))
        return tails[0], tails[1]

    def _tail(self, signal: Array, point: Array, sign: float) -> Array:
        """Return log E Phi(sign (nu − s a))."""

        def kernel(rows: Index, a: Array, reference: Array) -> Array:
            return np.asarray(special.log_ndtr(sign * (point[rows, None] - signal[rows, None] * a)))

        divisor = np.where(signal == 0, 1.0, signal)[:, None]
        hints = np.where(signal[:, None] == 0, 0.0, (point[:, None] + _HINTS) / divisor)
        moments, log_scale, _ = self._collect(kernel, signal.size, hints, order=0, split=True)
        with np.errstate(divide="ignore"):
            return np.log(moments[0]) + log_scale - self.log_mass

    def _tilt(self, fields: Array, curvatures: Array, order: int, normalise: bool = True) -> tuple[Array, Array, Array]:
        """Return log normaliser, mean and variance of the tilts; moments above ``order`` are not guarded."""
        if not (np.all(np.isfinite(fields)) and np.all(np.isfinite(curvatures))):
            raise ValueError("field and curvature must be finite numbers")
        if np.any(curvatures < 0):
            raise ValueError(f"the curvature of a tilt must not be negative, got {curvatures.min():g}")
        results = np.empty((3, fields.size))
        for start in range(0, fields.size, _CHUNK):
            chunk = slice(start, start + _CHUNK)
            field, curvature = fields[chunk], curvatures[chunk]
            log_rest, reference, shift, variance = self._tilt_chunk(field, curvature, order)
            base = (field - curvature * (reference / 2)) * reference
            results[:, chunk] = base + log_rest, reference + shift, variance
        if normalise:
            results[0] -= self.log_mass
        return results[0], results[1], results[2]

    def _tilt_chunk(self, field: Array, curvature: Array, order: int) -> Array:
        """Return (4, P): log E exp(f a − c a²/2) without its value at a reference, that point, and moments about it."""

        def kernel(rows: Index, a: Array, reference: Array) -> Array:
            slope = field[rows, None] - curvature[rows, None] * ((a + reference) / 2)
            return np.asarray(slope * (a - reference))

        stiff = np.maximum(curvature, 1e-100)[:, None]
        with np.errstate(over="ignore"):
            hints = np.clip(field[:, None] / stiff, -1e100, 1e100) + _HINTS / np.sqrt(stiff)
        moments, log_scale, reference = self._collect(kernel, field.size, hints, order, split=False)
        shift = moments[1] / moments[0]
        variance = np.maximum(moments[2] / moments[0] - shift**2, 0.0)
        return np.stack([log_scale + np.log(moments[0]), reference, shift, variance])

    def _collect(self, kernel: Kernel, count: int, hints: Array, order: int, split: bool) -> tuple[Array, Array, Array]:
        """Return moments (3, P) about a reference (P,), in units of exp(log_scale (P,)), over all pieces."""
        rows = np.arange(count)
        location, width = self.bulk

        def guarded(rows: Index, a: Array, reference: Array) -> Array:
            value = kernel(rows, a, reference)
            return value if order == 0 else value + order / 2 * np.log1p(((a - location) / width) ** 2)

        stretches = [
            locate(piece, guarded, rows, scan, hints) for piece, scan in zip(self._pieces, self._scan, strict=True)
        ]
        winner, height, reference = _compare(kernel, self._pieces, stretches)
        log_scale = np.empty(count)
        for number, (piece, stretch) in enumerate(zip(self._pieces, stretches, strict=True)):
            mine = np.flatnonzero(winner == number)
            a = reference[mine, None]
            log_scale[mine] = piece.log_weight(stretch.best[mine, None], kernel(mine, a, a))[:, 0]
        moments = np.zeros((3, count))
        for number, (piece, stretch, edges_of) in enumerate(zip(self._pieces, stretches, self._panels, strict=True)):
            mine = np.flatnonzero(height[number] > -NATS)
            if mine.size == 0:
                continue
            part = stretch[mine]
            quarters = part.low[:, None] + (part.high - part.low)[:, None] * np.linspace(0.0, 1.0, 5)
            edges = [np.broadcast_to(edges_of, (mine.size, edges_of.size)), quarters]
            if split:
                edges.append(piece.coordinate(hints[mine]))
            moments[:, mine] += integrate(
                piece,
                kernel,
                mine,
                part,
                edges=np.concatenate(edges, axis=1),
                log_scale=log_scale[mine],
                reference=reference[mine],
            )
        return moments, log_scale, reference


def _compare(kernel: Kernel, pieces: tuple[Piece, ...], stretches: list[Stretch]) -> tuple[Index, Array, Array]:
    """Return the highest piece of each row (P,), all heights relative to it (pieces, P), and the highest point (P,)."""
    count = stretches[0].best.size
    rows = np.arange(count)
    points = [piece.point(stretch.best[:, None]) for piece, stretch in zip(pieces, stretches, strict=True)]
    weights = [
        np.where(stretch.found[:, None], piece.log_weight(stretch.best[:, None]), -np.inf)
        for piece, stretch in zip(pieces, stretches, strict=True)
    ]
    winner = np.zeros(count, dtype=np.intp)
    reference, top = points[0].copy(), weights[0] + kernel(rows, points[0], points[0])
    for number in range(1, len(pieces)):
        value = weights[number] + kernel(rows, points[number], reference)
        higher = value > top
        winner = np.where(higher[:, 0], number, winner)
        reference = np.where(higher, points[number], reference)
        top = np.where(higher, weights[number] + kernel(rows, points[number], points[number]), top)
    with np.errstate(invalid="ignore"):
        height = np.stack(
            [
                (weight + kernel(rows, point, reference) - top)[:, 0]
                for weight, point in zip(weights, points, strict=True)
            ]
        )
    return winner, height, reference[:, 0]


def _broadcast(first: ArrayLike, second: ArrayLike) -> tuple[Array, Array, tuple[int, ...]]:
    """Return both arguments flat and of one size, and their broadcast shape."""
    one, two = np.broadcast_arrays(np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))
    return one.ravel(), two.ravel(), one.shape
