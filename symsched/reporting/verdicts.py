"""A prediction set against a number: the row every report is made of, and the rules that judge it."""

import math
from dataclasses import dataclass
from enum import StrEnum

Z_LIMIT = 4.0
"""A statistical row agrees when |z| is at most this: a false alarm in 16 000 rows."""


class Verdict(StrEnum):
    """What a row says of its claim."""

    AGREES = "agrees"
    FAILS = "fails"
    NOT_YET = "not yet"
    """The limit is not expected at this dimension; the row shows the distance and decides nothing."""


@dataclass(frozen=True)
class Row:
    """One prediction and the number it is held against.

    ``z`` is (measured − predicted)/standard_error; a deterministic row has no standard error and no z.
    ``rule`` is the sentence by which the verdict was reached; ``decides`` says whether the row may settle its claim, or
    only shows where numbers stand at a dimension at which the limit is not expected yet.
    """

    claim: str
    predicted: float
    measured: float
    standard_error: float | None
    z: float | None
    verdict: Verdict
    rule: str
    dimension: float | None = None
    decides: bool = True

    def __post_init__(self) -> None:
        """Refuse a number that is not one: a NaN has no verdict."""
        for name in ("predicted", "measured", "standard_error", "z"):
            value = getattr(self, name)
            if value is not None and math.isnan(value):
                raise ValueError(f"the row {self.claim!r} has {name} = nan; a row needs numbers")


def statistical(
    claim: str,
    predicted: float,
    measured: float,
    standard_error: float,
    *,
    dimension: float | None = None,
    allowance: float = 0.0,
    allowance_reason: str = "",
    decides: bool = True,
    waiting_for: str = "",
) -> Row:
    """Return the row that agrees when the estimate lies within 4 standard errors (plus a stated allowance).

    ``allowance`` is a bound on a known bias, with its reason. A row that does not decide, because of what it is
    ``waiting_for``, gets no allowance, settles nothing where it agrees, and is "not yet" where it does not.
    """
    if not standard_error >= 0:
        raise ValueError(f"standard_error of {claim!r} must be zero or positive, got {standard_error}")
    difference = measured - predicted
    z = (
        difference / standard_error
        if standard_error > 0
        else (0.0 if difference == 0 else math.copysign(math.inf, difference))
    )
    rule = f"|measured − predicted| ≤ {Z_LIMIT:g} standard errors"
    if not decides or waiting_for:
        verdict = Verdict.AGREES if abs(difference) <= Z_LIMIT * standard_error else Verdict.NOT_YET
        rule += "; decides nothing here" + (f": {waiting_for}" if waiting_for else "")
        return Row(claim, predicted, measured, standard_error, z, verdict, rule, dimension, decides=False)
    if allowance:
        rule += f" + {allowance:.2g} ({allowance_reason})"
    inside = abs(difference) <= Z_LIMIT * standard_error + allowance
    verdict = Verdict.AGREES if inside else Verdict.FAILS
    return Row(claim, predicted, measured, standard_error, z, verdict, rule, dimension)


def deterministic(
    claim: str, predicted: float, measured: float, tolerance: float, *, dimension: float | None = None
) -> Row:
    """Return the row that agrees when two numbers differ by at most ``tolerance`` × max(1, |predicted|)."""
    inside = abs(measured - predicted) <= tolerance * max(1.0, abs(predicted))
    rule = f"|measured − predicted| ≤ {tolerance:.2g} × max(1, |predicted|)"
    return Row(claim, predicted, measured, None, None, Verdict.AGREES if inside else Verdict.FAILS, rule, dimension)


def bounded(
    claim: str,
    measured: float,
    low: float,
    high: float,
    *,
    predicted: float | None = None,
    dimension: float | None = None,
    standard_error: float | None = None,
) -> Row:
    """Return the row that agrees when ``measured`` lies in [low, high], or within 4 of its standard errors of it.

    The rule prints the interval; an end at ±∞ is left out of it.
    """
    centre = (low + high) / 2 if predicted is None else predicted
    room = Z_LIMIT * (standard_error or 0.0)
    verdict = Verdict.AGREES if low - room <= measured <= high + room else Verdict.FAILS
    rule = f"{low:.4g} ≤ measured" if math.isfinite(low) else "measured"
    rule += f" ≤ {high:.4g}" if math.isfinite(high) else ""
    rule += f", give or take {Z_LIMIT:g} standard errors" if standard_error else ""
    return Row(claim, centre, measured, standard_error, None, verdict, rule, dimension)
