"""What a validation found: its rows, whether theory predicts the sampler, and how far the sampler is from the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symsched.models.estimates import Estimate
from symsched.reporting.charts import chart_of_rows
from symsched.reporting.drawing import figure
from symsched.reporting.numbers import dimension_text, measured_text
from symsched.reporting.pages.data import fields_to_dict, row_to_dict
from symsched.reporting.rows import rows_to_latex, rows_to_markdown
from symsched.reporting.verdicts import Row, Verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Accuracy:
    """How far a sampler at dimension ``d`` is from the data: its worst mode's ``weight`` and ``width`` less the data's.

    A width is the standard deviation of a coordinate within its mode; ``modes`` says which two modes these are. The
    errors are signed and None where there is nothing to compare.
    """

    dimension: int
    weight: Estimate | None
    width: Estimate | None
    modes: tuple[int | None, int | None]

    def __str__(self) -> str:
        """One sentence."""
        parts = [
            f"worst {name} error {measured_text(found.value, found.standard_error)} (mode {mode})"
            for name, found, mode in zip(("weight", "width"), (self.weight, self.width), self.modes, strict=True)
            if found is not None
        ]
        told = ", ".join(parts) or "nothing to compare"
        return f"how far the sampler is from the data at d = {dimension_text(self.dimension)}: {told}"


@dataclass(frozen=True)
class Report:
    """The rows of a validation, and the two things that they say together.

    ``passed``: theory predicts this sampler. ``accuracy``: how far the sampler is from the data; a coarse one may be
    predicted to every digit and be far off.
    """

    rows: tuple[Row, ...]
    title: str
    accuracy: Accuracy | None = None

    @property
    def passed(self) -> bool:
        """Whether no row fails and every claim was settled by a row that decides, but for those with too few paths."""
        settled = {row.claim for row in self.rows if row.verdict is Verdict.AGREES}
        fails = any(row.verdict is Verdict.FAILS for row in self.rows)
        asked = {row.claim for row in self.rows} - {row.claim for row in self.rows if row.verdict is Verdict.FEW}
        return bool(asked) and not fails and settled >= asked

    @property
    def standing(self) -> str:
        """What ``passed`` says, as a sentence, and what the verdict rests on."""
        count = {verdict: sum(row.verdict is verdict for row in self.rows) for verdict in Verdict}
        few = f"; {count[Verdict.FEW]} rows have too few paths to decide" if count[Verdict.FEW] else ""
        if count[Verdict.FAILS]:
            return f"theory does not predict this sampler: {count[Verdict.FAILS]} of {len(self.rows)} rows fail{few}"
        if self.passed:
            return f"passed: theory predicts this sampler, {count[Verdict.AGREES]} rows agree and none fails{few}"
        return f"undecided: the limit is not expected to hold at these dimensions; take larger d{few}"

    def __repr__(self) -> str:
        """One line: what was validated, what ``passed`` says, and how far the sampler is from the data."""
        far = "" if self.accuracy is None else f"; {self.accuracy}"
        return f"<Report, {self.title}: {self.standing}{far}>"

    def to_markdown(self) -> str:
        """The rows as a Markdown table."""
        return rows_to_markdown(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The rows as plain data, ready for JSON."""
        return {
            "title": self.title,
            "passed": self.passed,
            "standing": self.standing,
            "accuracy": None if self.accuracy is None else fields_to_dict(self.accuracy),
            "rows": [row_to_dict(row) for row in self.rows],
        }

    def latex(self) -> str:
        """The rows as a LaTeX longtable."""
        return rows_to_latex(self.rows)

    def _repr_latex_(self) -> str:
        return self.latex()

    def plot(self) -> Figure:
        """A figure of all rows: measured minus predicted in standard errors."""
        return figure(chart_of_rows(self.rows))

    def _repr_markdown_(self) -> str:
        return self.to_markdown()
