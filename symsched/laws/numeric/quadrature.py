"""Adaptive quadrature of a density times a kernel, for many kernels at once, in logarithms.

For every row (one kernel each): the stretch of a piece on which the integrand is within 45 nats of its maximum is
found by a scan that is refined until it stops shrinking; there, panels of the 10/21-point Gauss–Kronrod rule are
halved until their two values agree. All rows advance together as arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from symsched.algebra.arrays import Array, Index, Mask
from symsched.laws.numeric.pieces import Chart, Piece

Kernel = Callable[[Index, Array, Array], Array]
"""Log kernel: row numbers (P,), points (P, M) and references (P, 1) to log k(a)/k(reference), (P, M).

A kernel may take 1 for k(reference); one that does not keeps its precision where k(a) itself is a large cancellation.
"""

NATS = 45.0
"""How far below its maximum an integrand is followed: exp(−45) = 3e−20 of it is lost in rounding."""
_TOLERANCE = 1e-10
"""Relative difference of the two rules at which a panel is accepted; the finer rule is better by far."""
_HIGHEST = 400.0
"""Rounding can lift an integrand above its scanned maximum where float64 does not resolve it; never to infinity."""
_DECAYED = -25.0
"""An integrand this far below its maximum at the end of a chart is taken to vanish there."""
_ROUNDING = 2e-14
"""A hundred roundings: what a point of a stretch at a distance of many of its widths is known to."""
_UNRESOLVED = 1e-12
"""A stretch narrower than this fraction of its distance from 0 counts as a point."""
_NEGLIGIBLE = 1e-14
"""A panel with less than this share of the integral is accepted as it is."""
_MAX_DEPTH = 50
"""Halvings of a panel: about the bits of a float."""
_SCAN = 17
"""Points of each refined scan."""
_MAX_SCANS = 80
"""Refinements, each to less than 0.6 of the width: together a factor 2e−18."""

# The 10/21-point rule of Gauss and Kronrod, as in QUADPACK; it is symmetric about the last abscissa, 0.
# fmt: off
_ABSCISSAE = np.array([
    0.99565716302580808, 0.97390652851717172, 0.93015749135570823, 0.86506336668898451, 0.78081772658641690,
    0.67940956829902441, 0.56275713466860468, 0.43339539412924719, 0.29439286270146020, 0.14887433898163121, 0.0,
])
_KRONROD = np.array([
    0.011694638867371874, 0.032558162307964727, 0.054755896574351996, 0.075039674810919953, 0.093125454583697606,
    0.109387158802297642, 0.123491976262065851, 0.134709217311473326, 0.142775938577060081, 0.147739104901338491,
    0.149445554002916906,
])
# fmt: on
NODES = np.concatenate([-_ABSCISSAE, _ABSCISSAE[-2::-1]])
KRONROD = np.concatenate([_KRONROD, _KRONROD[-2::-1]])
GAUSS = np.zeros(21)
GAUSS[1::2] = np.polynomial.legendre.leggauss(10)[1]


@dataclass(frozen=True, eq=False)
class Scan:
    """Coordinates tried for every kernel, with the log density and the log slope da/dx there, (J,) each."""

    nodes: Array
    log_density: Array
    log_slope: Array
    track: bool
    """Whether every node stays in sight while the scan is refined, as several narrow modes need."""

    @classmethod
    def of(cls, piece: Piece, nodes: Array, *, track: bool) -> Scan:
        """Return the scan of ``piece`` at ``nodes``."""
        return cls(nodes, piece.log_rho(nodes), piece.log_slope(nodes), track)


@dataclass(frozen=True, eq=False)
class Stretch:
    """Where each row's integrand lives on one piece: coordinates (P,), the best one scanned, and whether it is > 0."""

    low: Array
    high: Array
    best: Array
    found: Mask

    def __getitem__(self, rows: Index) -> Stretch:
        """Return the stretches of some rows."""
        return Stretch(self.low[rows], self.high[rows], self.best[rows], self.found[rows])


def locate(piece: Piece, kernel: Kernel, rows: Index, scan: Scan, hints: Array) -> Stretch:
    """Return the stretches that hold all but exp(−45) of the integrands; ValueError where an integral diverges.

    The ``scan`` nodes are tried for every row, ``hints`` (P, H) are points worth a look.
    """
    count = rows.size
    origin = np.zeros((count, 1))
    shared = np.broadcast_to(scan.nodes, (count, scan.nodes.size))
    with np.errstate(all="ignore"):
        values = (scan.log_density + kernel(rows, piece.point(shared), origin)) + scan.log_slope
        local = piece.coordinate(hints)
        local_values = piece.log_weight(local, kernel(rows, piece.point(local), origin))
    x = np.concatenate([shared, local], axis=1)
    h = np.nan_to_num(np.concatenate([values, local_values], axis=1), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    order = np.argsort(x, axis=1)
    x, h = np.take_along_axis(x, order, 1), np.take_along_axis(h, order, 1)
    top = h.max(axis=1)
    if np.any(top == np.inf):
        raise ValueError("the density is infinite inside its support; make that point a breakpoint")
    found = np.isfinite(top)
    _refuse_divergence(piece, h[:, [0, -1]], top)
    # Log values this large carry a rounding error that must not hide the maximum.
    tracked = x if scan.track else np.empty((count, 0))
    low, high, best = _narrow(x, h, np.where(found, top - NATS - 1e-14 * np.abs(top), -np.inf))
    active = np.flatnonzero(found)
    grid = np.linspace(0.0, 1.0, _SCAN)
    for _ in range(_MAX_SCANS):
        if active.size == 0:
            break
        width = high[active] - low[active]
        x = low[active, None] + width[:, None] * grid
        if scan.track:
            kept = np.clip(tracked[active], low[active, None], high[active, None])
            x = np.sort(np.concatenate([x, kept], axis=1), axis=1)
        at_best = best[active, None]
        reference = piece.point(at_best)
        with np.errstate(all="ignore"):
            h = piece.log_weight(x, kernel(rows[active], piece.point(x), reference))
            floor = piece.log_weight(at_best, kernel(rows[active], reference, reference))[:, 0]
        h = np.where(np.isnan(h), -np.inf, h)
        top = np.maximum(h.max(axis=1), floor)
        new_low, new_high, new_best = _narrow(x, h, top - NATS)
        best[active] = np.where(h.max(axis=1) > floor, new_best, best[active])
        low[active] = np.minimum(new_low, best[active])
        high[active] = np.maximum(new_high, best[active])
        active = active[(new_high - new_low < 0.6 * width) & (width > 1e-15 * (1 + np.abs(best[active])))]
    return Stretch(low, high, best, found)


def _narrow(x: Array, h: Array, threshold: Array) -> tuple[Array, Array, Array]:
    """Return the neighbours of the outermost nodes above the threshold, and the best node."""
    at = np.argmax(h, axis=1)
    index = np.arange(x.shape[0])
    kept = h >= threshold[:, None]
    kept[index, at] = True
    first = np.argmax(kept, axis=1)
    last = x.shape[1] - 1 - np.argmax(kept[:, ::-1], axis=1)
    low = x[index, np.maximum(first - 1, 0)]
    high = x[index, np.minimum(last + 1, x.shape[1] - 1)]
    return low, high, x[index, at]


def _refuse_divergence(piece: Piece, ends: Array, top: Array) -> None:
    """Raise where the integrand, at the two ends (P, 2) of the chart, is not far below its maximum."""
    for is_open, values, infinite in (
        (piece.open_low, ends[:, 0], piece.chart is Chart.SINH),
        (piece.open_high, ends[:, 1], True),
    ):
        if is_open and np.any(values - np.where(np.isfinite(top), top, np.inf) > _DECAYED):
            where = "at infinity" if infinite else f"at {piece.anchor:g}"
            raise ValueError(
                f"the integral of the tilted density diverges {where}, as far as floats reach: the field lies "
                "outside the domain of the moment generating function, the density (or its moment) is not integrable, "
                "or too much of its mass lies there; truncate it, or give the law of the logarithm"
            )


def integrate(
    piece: Piece,
    kernel: Kernel,
    rows: Index,
    stretch: Stretch,
    *,
    edges: Array,
    log_scale: Array,
    reference: Array,
) -> Array:
    """Return (3, P): the integrals of exp(log rho + log kernel − log_scale) (a − reference)^j, j = 0, 1, 2.

    ``rows`` (P,) are the kernels' numbers, ``edges`` (P, E) coordinates at which panels start; the relative accuracy is
    about 1e-11, less where the stretch is so narrow that rounding of ``a`` limits it. A stretch that float64 does not
    resolve counts as a point.
    """
    count = reference.size
    corners = piece.point(np.stack([stretch.low, stretch.high]))
    breadth = np.abs(corners[1] - corners[0])
    reach = np.abs(corners).max(axis=0)
    resolved = breadth > _UNRESOLVED * reach
    with np.errstate(divide="ignore", invalid="ignore"):
        tolerance = np.where(resolved, np.maximum(_TOLERANCE, _ROUNDING * reach / breadth), 1.0)
    # A large log density carries rounding that no halving removes.
    tolerance = np.maximum(tolerance, 1e-15 * np.abs(np.nan_to_num(piece.log_rho(stretch.best))))
    cuts = np.sort(np.clip(edges, stretch.low[:, None], stretch.high[:, None]), axis=1)
    owner, at = np.nonzero((np.diff(cuts, axis=1) > 0) & resolved[:, None])
    left, right = cuts[owner, at], cuts[owner, at + 1]
    total = np.zeros((3, count))
    total[0] = np.where(resolved, 0.0, np.maximum(stretch.high - stretch.low, np.finfo(np.float64).tiny))
    for depth in range(_MAX_DEPTH):
        if owner.size == 0:
            break
        half = (right - left) / 2
        x = (left + half)[:, None] + half[:, None] * NODES
        a = piece.point(x)
        with np.errstate(under="ignore", over="ignore"):
            height = piece.log_weight(x, kernel(rows[owner], a, reference[owner, None])) - log_scale[owner, None]
            weight = np.exp(np.minimum(height, _HIGHEST)) * half[:, None]
        offset = a - reference[owner, None]
        first = weight * offset
        second = first * offset
        kronrod = np.stack([weight @ KRONROD, first @ KRONROD, second @ KRONROD])
        size = np.stack([kronrod[0], np.abs(first) @ KRONROD, kronrod[2]])
        error = np.abs(np.stack([weight @ GAUSS, first @ GAUSS, second @ GAUSS]) - kronrod)
        bound = np.stack([np.bincount(owner, part, count) for part in size])
        bound[0] += total[0]
        bound[1] += np.abs(total[1])
        bound[2] += total[2]
        finished = np.all(error <= tolerance[owner] * bound[:, owner], axis=0) | (depth == _MAX_DEPTH - 1)
        finished |= np.all(size <= _NEGLIGIBLE * bound[:, owner], axis=0)
        finished |= half <= 1e-15 * (np.abs(left) + np.abs(right))
        for j in range(3):
            total[j] += np.bincount(owner[finished], kronrod[j, finished], count)
        open_owner, open_left, open_right = owner[~finished], left[~finished], right[~finished]
        middle = (open_left + open_right) / 2
        owner = np.concatenate([open_owner, open_owner])
        left, right = np.concatenate([open_left, middle]), np.concatenate([middle, open_right])
    return total
