"""What every design is: a table that a search has found, with its errors and where they hold."""

from __future__ import annotations

import abc
import math
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from symsched.algebra.arrays import Array
from symsched.predictions.designs.errors import DIMENSIONS, WEIGHT, WIDTH, Errors
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.drawing import figure
from symsched.schedules.plan import AbstractTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SLACK = 1.5
"""By which an error at finite d may exceed that at d = ∞ and still be what was predicted."""


class AbstractDesign(AbstractTable):
    """A table of N evaluations that was found for a limit."""

    predicted: Errors

    @property
    @abc.abstractmethod
    def evaluations(self) -> int:
        """Denoiser calls per sample; E a, the denoiser at ψ = 0, is free."""

    @property
    @abc.abstractmethod
    def least_dimension(self) -> float:
        """The d below which the windows of the table overlap."""

    @abc.abstractmethod
    def errors_at(self, d: float) -> Errors:
        """Return the worst errors at finite ``d``."""

    @abc.abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain data, ready for JSON."""

    @abc.abstractmethod
    def latex(self) -> str:
        """Return the table as LaTeX."""

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    @abc.abstractmethod
    def to_text(self) -> str:
        """Return the table as lines of text."""

    def sigmas(self, d: float) -> Array:
        """Return σ = 1/ψ of the evaluations at ``d``, decreasing, with a trailing 0, shape (N + 1,).

        A list for samplers that bring a scheme of their own: it is this design's grid without its coefficients, and
        loses what those are worth.
        """
        return np.append(1 / self.plan(d).psi[1:], 0.0)

    @cached_property
    def valid_from(self) -> float:
        """The least d of 10², 10³, 10⁴, 10⁶, 10⁸ and 10¹² from which both errors are at most 1.5 times the predicted
        ones, or 1 % and 5 %; infinite if there is none. Looked for when first asked for, in seconds.
        """
        allowed = max(WEIGHT, _SLACK * self.predicted.weight), max(WIDTH, _SLACK * self.predicted.width)
        least = math.inf
        for d in reversed(DIMENSIONS):
            if d < self.least_dimension or any(
                one > most for one, most in zip(self.errors_at(d), allowed, strict=True)
            ):
                break
            least = d
        return least

    def plot(self) -> Figure:
        """Return a figure of the worst errors against d, from the least d of the table to 10^12."""
        sizes = [d for d in DIMENSIONS if d >= self.least_dimension]
        found = [self.errors_at(d) for d in sizes]
        return figure(
            Chart(
                "design",
                f"{self.evaluations} evaluations: worst errors",
                "dimension d",
                "error",
                (
                    Curve("weight of a mode", tuple(sizes), tuple(one.weight for one in found)),
                    Curve("W2 of a site over its deviation", tuple(sizes), tuple(one.width for one in found)),
                ),
                log_x=True,
                log_y=True,
            )
        )
