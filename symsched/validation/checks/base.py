"""What every kind of check has: rows, charts, and a copy of itself with something wrong that must fail."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from symsched.reporting.charts import Chart, Curve, Level
from symsched.reporting.verdicts import Row
from symsched.validation.effort import Effort


@dataclass(frozen=True, kw_only=True)
class AbstractCheck(ABC):
    """One way to decide a claim.

    ``wrong`` are the fields that make the check a negative control: a schedule, a weight, an exponent that is not the
    right one, under which its rows must fail. A check that is ``full_only`` is left out of a quick look.
    """

    wrong: Mapping[str, Any]
    full_only: bool = False

    @abstractmethod
    def rows(self, effort: Effort) -> tuple[Row, ...]:
        """Return the rows: what is predicted beside what is found another way."""

    def charts(self, effort: Effort, rows: Sequence[Row]) -> Iterator[Chart]:
        """Yield the charts of the rows, each made only if it is asked for."""
        yield from ()

    @property
    def control(self) -> Self:
        """The same check with something wrong."""
        return replace(self, **self.wrong)


@dataclass(frozen=True)
class Axes:
    """Where a check's curves are drawn; without a label the horizontal axis is the dimension, on a log scale."""

    name: str
    title: str
    y_label: str
    x_label: str = ""
    levels: tuple[Level, ...] = ()
    log_y: bool = False
    caption: str = ""

    def __post_init__(self) -> None:
        """Refuse what no chart can have, when the claim is read and not after it was checked."""
        self.chart(())

    def chart(self, curves: Iterable[Curve]) -> Chart:
        """Return the chart of the curves."""
        along = self.x_label or "dimension d"
        return Chart(
            self.name,
            self.title,
            along,
            self.y_label,
            tuple(curves),
            log_x=not self.x_label,
            log_y=self.log_y,
            caption=self.caption,
            levels=self.levels,
        )


def measured(label: str, places: Sequence[float], rows: Sequence[Row], quantity: str = "") -> Curve:
    """Return the points that rows measured at ``places``, with their errors."""
    errors = [row.standard_error or 0.0 for row in rows]
    return Curve(label, places, [row.measured for row in rows], errors if any(errors) else None, "points", quantity)
