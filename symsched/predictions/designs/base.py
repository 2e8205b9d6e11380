"""What every design is: a table that a search has found, with its errors and where they hold."""

from __future__ import annotations

import abc
import math
from functools import cached_property
from typing import Any

import numpy as np

from symsched.algebra.arrays import Array
from symsched.limits.limit import Limit
from symsched.predictions.designs.errors import DIMENSIONS, WEIGHT, WIDTH, Errors
from symsched.reporting.charts import Chart, Curve, Level, Plate
from symsched.reporting.drawing import Printed, printed
from symsched.reporting.lines import refined
from symsched.reporting.numbers import number_text
from symsched.schedules import sources
from symsched.schedules.plan import AbstractTable

_BOTTOM = 1e-9
"""Where an error that is 0 is drawn."""
_SLACK = 1.5
"""By which an error at finite d may exceed that at d = ∞ and still be what was predicted."""


class AbstractDesign(AbstractTable):
    """A table of N evaluations that was found for a limit."""

    limit: Limit
    predicted: Errors

    @property
    def limits(self) -> tuple[Limit, ...]:
        """All limits that it was found for, ``limit`` the first."""
        return (self.limit,)

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
        """Return the table as a display in LaTeX, which needs amsmath alone."""

    def _repr_latex_(self) -> str:
        return self.latex()

    @abc.abstractmethod
    def to_text(self) -> str:
        """Return the table as lines of text."""

    def _formulas(self) -> sources.Table | None:
        """Return the table as expressions in d, None where its rows have none."""
        return None

    def source(self, target: str = "numpy", *, d: float | None = None, title: str = "") -> str:
        """Return this table as source text for one of ``schedules.sources.TARGETS``, free of this package.

        Nodes and rows are functions of d where they have a closed form in it; else, and for "csv", pass ``d``: they are
        then the numbers of that d, and the source refuses any other. It holds a sampler, the predicted errors, the
        least d, and the posterior mean where that has a closed form. The same arguments give the same bytes.

        Raises ValueError for an unknown target, and where numbers at one d are needed.
        """
        sources.require_target(target)
        table = self._formulas() if d is None else None
        if d is not None:
            table = sources.table_of(self.plan(d), d)
        if table is None:
            raise ValueError(f"the rows of {self!r} have no closed form in d: pass d, such as d=1e6")
        notes = (
            f"evaluations: {self.evaluations}; D at psi = 0 is E a, which is free",
            f"predicted worst errors: weight of a mode {self.predicted.weight:.3g}, W2 of a coordinate over its "
            f"deviation {self.predicted.width:.3g}",
            f"least d: {self.least_dimension:.6g}, below which its windows overlap",
        )
        settings = () if d is None else (("d", float(d)),)
        owner = self.limit.schedule.owner
        if len(self.limits) > 1:
            facts = tuple(one.schedule.owner.facts[0] for one in self.limits)
            owner = sources.Owner(facts, (), "a table of several distributions knows none of them")
        data = (("design", self.to_dict()),)
        subject = sources.Subject(title, None, (), False, "a table of its own", owner, notes, table, settings, data)
        return sources.source_of(subject, target)

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

    def plate(self) -> Plate:
        """Return the data of ``plot``: the chart "design"."""
        most = float(DIMENSIONS[-1])
        least = max(self.least_dimension, float(DIMENSIONS[0]))
        if least >= most:
            raise ValueError(f"the windows of this design overlap below d = {least:g}: there is no curve")

        def at(d: float) -> tuple[float, tuple[float, ...]]:
            # On a logarithmic axis: an error of 0 is drawn at the bottom.
            return d, tuple(math.log(max(error, _BOTTOM)) for error in self.errors_at(d))

        found = refined(at, least, most, grain=0)
        line = [d for d, _ in found]
        weights, widths = ([math.exp(logs[k]) for _, logs in found] for k in (0, 1))
        names = ("weight of a mode", r"coordinate, $W_2/\sigma$")
        curves = [Curve(name, line, seen, quantity=name) for name, seen in zip(names, (weights, widths), strict=True)]
        levels = tuple(
            Level(f"$d=\\infty$, {what}", value)
            for what, value in (("weight", self.predicted.weight), ("coordinate", self.predicted.width))
            if value > 0
        )
        caption = (
            f"Worst errors of the design of {self.evaluations} evaluations against the dimension d, from d = "
            f"{number_text(least, 3)} on (its table exists from {number_text(self.least_dimension, 3)}): of the weight "
            "of a mode, and the Wasserstein distance W2 of a coordinate's law within its mode from the data's, in "
            "standard deviations. Lines: predicted from order parameters at finite d. Dotted: predicted at d = ∞."
        )
        chart = Chart("design", "Worst errors", "dimension $d$", "error", tuple(curves), True, True, "", levels)
        return Plate((chart,), caption)

    def plot(self, *, width: str = "column") -> Printed:
        """Return a figure of the worst errors against d, from the least d of the table to 10^12.

        ``width`` is "column" (345 pt) or "page" (510 pt); the figure carries its ``caption``.
        """
        return printed(self.plate(), width)
