"""Functions of ψ y in which the tilted means at several fields are sums, so that few of them stand for many fields."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.laws.numeric import chebyshev
from symsched.laws.numeric.kernels import AbstractKernel

_DEGREES = (6, 9, 12, 16, 20, 24)
"""Numbers of polynomials in ψ y that are tried in turn to stand for all fields."""
_SEPARATED = 1e-14
"""Size of their last coefficients, relative to the largest."""


class AbstractBasis(abc.ABC):
    """Functions f_k of v = ψ y + middle with mean(v + u_c) = constant_c + Σ_k f_k(v) series_ck."""

    @property
    @abc.abstractmethod
    def width(self) -> int:
        """The number of functions K."""

    @abc.abstractmethod
    def fill(self, v: Array, u: Array, out: Array) -> Array:
        """Return the functions at v (w, m) in ``out``, (K, w, m); the fields are v + u, u (c, w or 1)."""

    @property
    @abc.abstractmethod
    def series(self) -> Array | None:
        """The coefficients of 1, f_1, f_2, … at each field, (c, K + 1); None where these are the means themselves."""


@final
@dataclass(frozen=True)
class Fan(AbstractBasis):
    """The means at the fields themselves."""

    kernel: AbstractKernel
    count: int

    @property
    def width(self) -> int:
        """The number of fields."""
        return self.count

    def fill(self, v: Array, u: Array, out: Array) -> Array:
        """Return the means at all v + u."""
        return self.kernel.fan(v, u, out)

    @property
    def series(self) -> None:
        """None: the functions are the means."""
        return None


@final
@dataclass(frozen=True, eq=False)
class InField(AbstractBasis):
    """Chebyshev polynomials of (v − middle)/reach: all of ψ y lies in one interval on which means vary little."""

    coefficients: Array
    middle: float
    reach: float

    @property
    def width(self) -> int:
        """The number of polynomials, without 1."""
        return int(self.coefficients.shape[1]) - 1

    @property
    def series(self) -> Array:
        """The coefficients, (c, K + 1)."""
        return self.coefficients

    def fill(self, v: Array, u: Array, out: Array) -> Array:
        """Return T_1, T_2, …."""
        del u
        t = np.subtract(v, self.middle, out=out[0])
        t /= self.reach
        if self.width > 1:
            twice = 2 * t
            np.multiply(twice, t, out=out[1])
            out[1] -= 1
            for k in range(2, self.width):
                np.multiply(twice, out[k - 1], out=out[k])
                out[k] -= out[k - 2]
        return out


@final
@dataclass(frozen=True, eq=False)
class InMean(AbstractBasis):
    """Powers of the kernel's own coordinate."""

    coefficients: Array
    kernel: AbstractKernel

    @property
    def width(self) -> int:
        """The number of polynomials, without 1."""
        return int(self.coefficients.shape[1]) - 1

    @property
    def series(self) -> Array:
        """The coefficients, (c, K + 1)."""
        return self.coefficients

    def fill(self, v: Array, u: Array, out: Array) -> Array:
        """Return t, t², …."""
        del u
        out[0] = self.kernel.coordinate(v)
        for k in range(1, self.width):
            np.multiply(out[k - 1], out[0], out=out[k])
        return out


def basis(kernel: AbstractKernel, middle: Array, offsets: Array, reach: float, slack: Array) -> AbstractBasis:
    """Return the fewest functions for the means at middle (W,) + offsets (c, W or 1) + v, |v| ≤ reach.

    ``slack`` (c,): error allowed at each field, relative to the scale of the mean.
    """
    count = offsets.shape[0]
    if offsets.shape[1] > 1:
        return Fan(kernel, count)
    if np.ptp(middle) == 0:
        for degree in (degree for degree in _DEGREES if 2 * degree <= count):
            fields = middle[0] + offsets
            series = kernel.mean(fields + reach * chebyshev.nodes(degree)) @ chebyshev.coefficients(degree)
            if np.abs(series[:, -2:]).max() < _SEPARATED * np.abs(series).max():
                return InField(series, float(middle[0]), reach)
    found = kernel.series(offsets[:, 0], np.maximum(slack, _SEPARATED))
    return Fan(kernel, count) if found is None else InMean(found, kernel)
