"""Coordinates in which the pieces of a density on the line are smooth and decay exponentially."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np

from symsched.algebra.arrays import Array

LogDensity = Callable[[Array], Array]

_FAR = 115.0
"""Largest coordinate at an infinite end: offsets up to scale × 1e50, so that moderate powers stay finite."""
_NEAR = -690.0
"""Smallest logarithmic coordinate at a singular end."""
_RESOLVED = 1e-5
"""Offsets from a singular end below this fraction of its distance to 0 follow the fitted power law."""


class Chart(Enum):
    """How an offset from the anchor depends on the coordinate x."""

    LINEAR = "scale x"
    SINH = "scale sinh x"
    LOG = "scale exp x"


@dataclass(frozen=True, eq=False)
class Piece:
    """One interval on which the log density is smooth, with the coordinate x used for it.

    a = anchor + sign × offset(x). An infinite end uses sinh or exp, so power tails decay exponentially in x; an end
    where the density has a pole or a fractional power uses exp, so it decays exponentially there too.
    """

    log_density: LogDensity
    chart: Chart
    anchor: float
    sign: float
    scale: float
    low: float
    high: float
    open_low: bool
    """The coordinate's low end stands for an infinite point or a singularity: mass there means divergence."""
    open_high: bool
    power: tuple[float, float, float, float] | None = None
    """(limit offset, constant, exponent, slope) of the log density next to a singular anchor other than 0."""

    def offset(self, x: Array) -> Array:
        """Return the distance from the anchor at x."""
        if self.chart is Chart.LINEAR:
            return self.scale * x
        return self.scale * (np.sinh(x) if self.chart is Chart.SINH else np.exp(x))

    def point(self, x: Array) -> Array:
        """Return a(x)."""
        return self.anchor + self.sign * self.offset(x)

    def coordinate(self, a: Array) -> Array:
        """Return the x of the point of this piece nearest to ``a``."""
        distance = (a - self.anchor) * (self.sign / self.scale)
        if self.chart is Chart.LINEAR:
            x = distance
        elif self.chart is Chart.SINH:
            x = np.arcsinh(distance)
        else:
            x = np.log(np.maximum(distance, np.finfo(np.float64).tiny))
        return np.clip(x, self.low, self.high)

    def log_rho(self, x: Array) -> Array:
        """Return the log density at a(x), −inf where it vanishes."""
        offset = self.offset(x)
        with np.errstate(all="ignore"):
            value = np.asarray(self.log_density(self.anchor + self.sign * offset), dtype=np.float64)
            if value.shape != x.shape:
                value = np.broadcast_to(value, x.shape)
            if self.power is not None:
                limit, constant, exponent, slope = self.power
                value = np.where(offset < limit, constant + exponent * np.log(offset) + slope * offset, value)
        return np.where(np.isnan(value), -np.inf, value)

    def log_slope(self, x: Array) -> Array:
        """Return log |da/dx|."""
        if self.chart is Chart.LINEAR:
            return np.full(x.shape, math.log(self.scale))
        return (np.log(np.cosh(x)) if self.chart is Chart.SINH else x) + math.log(self.scale)

    def log_weight(self, x: Array, log_kernel: Array | float = 0.0) -> Array:
        """Return log rho(a(x)) + log kernel + log |da/dx|, the log integrand in x; −inf where it vanishes.

        Density and kernel are added first: where they cancel, the chart's slope decides whether the integral exists.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            value = (self.log_rho(x) + log_kernel) + self.log_slope(x)
        return np.where(np.isnan(value), -np.inf, value)


def cut(log_density: LogDensity, breakpoints: Sequence[float], location: float, width: float) -> tuple[Piece, ...]:
    """Return the pieces between consecutive ``breakpoints``; ``location`` and ``width`` set the infinite charts."""
    pieces: list[Piece] = []
    for low, high in pairwise(breakpoints):
        if math.isinf(low) and math.isinf(high):
            pieces.append(Piece(log_density, Chart.SINH, location, 1.0, width, -_FAR, _FAR, True, True))
            continue
        singular_low = math.isfinite(low) and _is_singular(log_density, low, 1.0, high - low)
        singular_high = math.isfinite(high) and _is_singular(log_density, high, -1.0, high - low)
        if singular_low and singular_high:
            middle = (low + high) / 2
            pieces.append(_from_end(log_density, low, middle, True, width))
            pieces.append(_from_end(log_density, high, middle, True, width))
        elif singular_high or math.isinf(low):
            pieces.append(_from_end(log_density, high, low, singular_high, width))
        else:
            pieces.append(_from_end(log_density, low, high, singular_low, width))
    return tuple(pieces)


def _from_end(log_density: LogDensity, end: float, other: float, singular: bool, width: float) -> Piece:
    """Return the piece anchored at the finite ``end`` and reaching to ``other``."""
    sign = 1.0 if other > end else -1.0
    length = abs(other - end)
    infinite = math.isinf(length)
    scale = width if infinite else length
    if singular:
        high = _FAR if infinite else 0.0
        power = _power_law(log_density, end, sign) if end != 0 else None
        return Piece(log_density, Chart.LOG, end, sign, scale, _NEAR, high, True, infinite, power)
    if infinite:
        return Piece(log_density, Chart.SINH, end, sign, scale, 0.0, _FAR, False, True)
    return Piece(log_density, Chart.LINEAR, end, sign, scale, 0.0, 1.0, False, False)


def _is_singular(log_density: LogDensity, end: float, sign: float, length: float) -> bool:
    """Return whether the density next to ``end`` is like a power that is negative or fractional."""
    unit = min(length, 1.0)
    offsets = np.array([1e-5, 1e-6]) * unit
    if end != 0:
        offsets = np.maximum(offsets, np.array([1e-8, 1e-9]) * abs(end))
    with np.errstate(all="ignore"):
        values = np.asarray(log_density(end + sign * offsets), dtype=np.float64)
    if values.shape != (2,) or not np.all(np.isfinite(values)):
        return False
    exponent = float((values[0] - values[1]) / np.log(offsets[0] / offsets[1]))
    return exponent < -0.01 or (abs(exponent - round(exponent)) > 0.01 and exponent < 20)


def _power_law(log_density: LogDensity, end: float, sign: float) -> tuple[float, float, float, float] | None:
    """Fit constant + exponent log(offset) + slope offset at offsets that float64 resolves."""
    offsets = _RESOLVED * abs(end) * np.array([1.0, 8.0, 64.0])
    with np.errstate(all="ignore"):
        values = np.asarray(log_density(end + sign * offsets), dtype=np.float64)
    if values.shape != (3,) or not np.all(np.isfinite(values)):
        return None
    constant, exponent, slope = np.linalg.solve(np.column_stack([np.ones(3), np.log(offsets), offsets]), values)
    return float(offsets[0]), float(constant), float(exponent), float(slope)
