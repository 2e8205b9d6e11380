"""Noise levels that a scheduler was trained with: betas, the σ they make, and betas that hold a given list."""

from dataclasses import dataclass
from itertools import pairwise
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, real_array

_MARGIN = 1.01
"""By which fitted betas reach beyond the ends of the list."""
_ROUNDING = 1e-5
"""Relative distance from the end of a range that rounding to float32 makes."""
_FINEST = 3.0
"""Ratio of neighbouring σ up to which 1 − β keeps its digits in float32."""
COUNT = 1000


def linear_betas() -> Array:
    """Return the default betas of a diffusers scheduler: 1000 from 0.0001 to 0.02, σ from 0.01 to 157."""
    return np.linspace(1e-4, 0.02, COUNT)


def scaled_linear_betas() -> Array:
    """Return the betas of Stable Diffusion 1 and XL: 1000 squares from 0.00085 to 0.012, σ from 0.03 to 14.6."""
    return np.linspace(0.00085**0.5, 0.012**0.5, COUNT) ** 2


def betas_of(sigmas: Array) -> Array:
    """Return β_i = 1 − ᾱ_i/ᾱ_{i−1} with ᾱ = 1/(1 + σ²), for σ that increase."""
    squares = sigmas**2
    return np.asarray(np.diff(squares, prepend=0.0) / (1 + squares))


def fitted_betas(low: float, high: float) -> Array:
    """Return 1000 betas whose σ are even in log σ and reach a little beyond [low, high]."""
    return betas_of(np.geomspace(low / _MARGIN, high * _MARGIN, COUNT))


def with_steps(sigmas: Array) -> tuple[Array, Array]:
    """Return betas whose σ meet every one of ``sigmas`` (increasing), and the integer timesteps at which they do.

    Between neighbours that are far apart lie others, at which no step is taken.
    """
    pieces = [sigmas[:1]]
    for low, high in pairwise(sigmas.tolist()):
        count = max(1, int(np.ceil(np.log(high / low) / np.log(_FINEST))))
        pieces.append(np.geomspace(low, high, count + 1)[1:])
    ends = np.cumsum([len(piece) for piece in pieces]) - 1
    return betas_of(np.concatenate(pieces)), ends


@final
@dataclass(frozen=True, eq=False)
class Trained:
    """The σ (M,), increasing, that betas make in float32, as diffusers computes them."""

    sigmas: Array

    @classmethod
    def of(cls, betas: object) -> "Trained":
        """Return the range of ``betas``; TypeError or ValueError unless they are numbers between 0 and 1."""
        values = real_array(betas, "betas")
        if values.ndim != 1 or len(values) < 2 or not np.all((values > 0) & (values < 1)):
            raise ValueError(f"betas must be a list of at least two numbers between 0 and 1, got {betas!r}"[:200])
        kept = np.cumprod(np.float32(1) - values.astype(np.float32), dtype=np.float64).astype(np.float32)
        with np.errstate(divide="ignore"):
            sigmas = ((np.float32(1) - kept) / kept) ** np.float32(0.5)
        return cls(sigmas.astype(np.float64))

    @property
    def low(self) -> float:
        """The least σ."""
        return float(self.sigmas[0])

    @property
    def high(self) -> float:
        """The largest σ."""
        return float(self.sigmas[-1])

    def holds(self, sigma: float) -> bool:
        """Whether a σ lies in the range."""
        return self.low * (1 - _ROUNDING) <= sigma <= self.high * (1 + _ROUNDING)

    def timesteps(self, sigmas: Array) -> Array:
        """Return the timesteps at which a model is asked, those between two trained ones in proportion to log σ."""
        places = np.interp(np.log(sigmas), np.log(self.sigmas), np.arange(len(self.sigmas)))
        return places.astype(np.float32).astype(np.float64)
