"""The exact posterior mean as a function of arrays, for any sampler that asks a denoiser."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from symsched.algebra.arrays import Array, real_array
from symsched.models.base import AbstractModel, checked_noisy, checked_rows


@final
@dataclass(frozen=True, repr=False, eq=False)
class Denoiser:
    """D(ψ, y) = E[a | z + ψ a = y] of one distribution in dimension d, to be called as ``denoiser(y, psi)``.

    ``y`` is (n, d) and ``psi`` ≥ 0 a number or (n,), one for each row; the answer is (n, d). At ψ = 0 it is E a. It has
    the floating type of ``y`` (float64 where ``y`` holds integers); a torch tensor comes back as a tensor of its dtype
    on its device, without a gradient. All arithmetic is in float64 on the CPU.

    Other conventions are a change of units. Of a path x = α z + β a with α > 0:

    ==================================  =====================================
    E[a | x] under                      is
    ==================================  =====================================
    x = α z + β a                       ``denoiser(x / alpha, beta / alpha)``
    EDM, k-diffusion: x = a + σ z       ``denoiser(x / sigma, 1 / sigma)``
    flow matching: x = (1 − t) z + t a  ``denoiser(x / (1 - t), t / (1 - t))``
    ==================================  =====================================

    From D = E[a | x] follow the noise E[z | x] = (x − β D)/α, and the velocity (α̇/α) x + (β̇ − α̇β/α) D; in the last line
    that is (D − x)/(1 − t).

    Raises TypeError for what holds no real numbers, ValueError for other shapes, for what is not finite or has squares
    that are not, for ψ < 0.
    """

    model: AbstractModel

    @property
    def dimension(self) -> int:
        """The dimension d."""
        return self.model.dimension

    def __repr__(self) -> str:
        """One line: what is called, and with what."""
        return f"<Denoiser D(y, psi) = E[a | z + psi a = y] in dimension {self.dimension}, {self.model.modes} modes>"

    def __call__(self, y: Any, psi: Any) -> Any:  # noqa: ANN401  # an array, or a tensor of a library that is not imported
        """Return E[a | z + ψ a = y] for each row of ``y`` (n, d), as an array or tensor of its kind."""
        held = _numbers(y)
        rows = checked_rows(held, self.dimension, "y")
        ratios = real_array(_numbers(psi), "psi")
        if ratios.shape not in {(), (len(rows),)}:
            raise ValueError(
                f"psi must be a number or have shape ({len(rows)},), one for each row of y, got {ratios.shape}"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            mean = self._mean(rows, ratios)
        if not np.all(np.isfinite(mean)):
            raise ValueError(
                "y or psi is beyond what can be squared in floating point, so that the posterior mean has no value: "
                f"got |y| up to {np.max(np.abs(rows)):.3g} and psi up to {np.max(ratios):.3g}"
            )
        if _is_tensor(y):
            return y.new_tensor(mean, dtype=y.dtype if y.is_floating_point() else None)
        kind = np.asarray(held).dtype
        return mean.astype(kind) if kind.kind == "f" else mean

    def _mean(self, rows: Array, ratios: Array) -> Array:
        """Return the posterior mean of checked rows, those of one ψ at once."""
        if ratios.ndim == 0:
            return self.model.posterior(*checked_noisy(float(ratios), rows, self.dimension))[0]
        out = np.empty_like(rows)
        for ratio in np.unique(ratios):
            chosen = ratios == ratio
            out[chosen] = self.model.posterior(*checked_noisy(float(ratio), rows[chosen], self.dimension))[0]
        return out


def _is_tensor(value: object) -> bool:
    """Whether a value is torch's, which is not imported to find out."""
    return str(type(value).__module__).partition(".")[0] == "torch"


def _numbers(value: Any) -> Any:  # noqa: ANN401  # whatever a user passes
    """Return what a tensor holds as an array (bfloat16 is none of NumPy's), and anything else as it is."""
    return value.detach().double().cpu().numpy() if _is_tensor(value) else value
