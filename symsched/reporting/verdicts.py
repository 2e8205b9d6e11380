"""A prediction set against a number: the row every report is made of, and the rules that judge it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from symsched.reporting.numbers import number_text

Z_LIMIT = 4.0
"""A statistical row agrees when |z| is at most this: a false alarm in 16 000 rows."""
_ROUNDING = 1e-12  # what two computations of one number may differ by, whatever its size


class Verdict(StrEnum):
    """What a row says of its claim."""

    AGREES = "agrees"
    FAILS = "fails"
    NOT_YET = "not yet"
    """The limit is not expected at this dimension; the row shows the distance and decides nothing."""
    FEW = "too few paths"
    """No error bar can be trusted for so few paths; the row decides nothing."""


@dataclass(frozen=True)
class Row:
    """One prediction and the number it is held against.

    ``z`` is what the verdict uses: the distance of measured and predicted beyond the ``allowance``, in standard errors,
    or the normal score of the same tail where a law is known better than by its variance; a deterministic row has no
    standard error and no z. ``target`` is the data's own value, where there is one. ``rule`` is the sentence by which
    the verdict was reached; ``decides`` says whether the row may settle its claim, or only shows where numbers stand.
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
    target: float | None = None
    allowance: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a number that is not one: a NaN has no verdict."""
        for name in ("predicted", "measured", "standard_error", "z", "target", "allowance"):
            value = getattr(self, name)
            if value is not None and math.isnan(value):
                raise ValueError(f"the row {self.claim!r} has {name} = nan; a row needs numbers")


Score = Callable[[float, float], float]
"""Takes what was measured and a number that it may be expected to be; returns z."""


def in_errors(difference: float, standard_error: float) -> float:
    """Return a difference in standard errors; of no error, 0 or ±∞."""
    if standard_error > 0:
        return difference / standard_error
    return 0.0 if difference == 0 else math.copysign(math.inf, difference)


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
    too_few: str = "",
    target: float | None = None,
    score: Score | None = None,
    law: str = "",
) -> Row:
    """Return the row that agrees when |z| ≤ 4, z being taken from the nearest number within the allowance.

    ``allowance`` is a bound on a known bias, with its reason. ``score`` is z by a ``law`` that is named, in place of
    (measured − expected)/standard error. A row that does not decide, because of the dimension it is ``waiting_for`` or
    because there are ``too_few`` paths, gets no allowance and settles nothing: it never "agrees".
    """
    if not standard_error >= 0:
        raise ValueError(f"standard_error of {claim!r} must be zero or positive, got {standard_error}")
    idle = bool(waiting_for or too_few or not decides)
    room = 0.0 if idle else allowance
    nearest = min(max(measured, predicted - room), predicted + room)
    z = in_errors(measured - nearest, standard_error) if score is None else score(measured, nearest)
    if idle:
        reason = waiting_for or too_few
        rule = "decides nothing here" + (f": {reason}" if reason else "")
        verdict = Verdict.FEW if too_few and not waiting_for else Verdict.NOT_YET
    else:
        rule = f"|z| ≤ {Z_LIMIT:g}" + (f" by {law}" if law else "")
        rule += f", beyond an allowance of {number_text(room, 2)} ({allowance_reason})" if room else ""
        verdict = Verdict.AGREES if abs(z) <= Z_LIMIT else Verdict.FAILS
    return Row(claim, predicted, measured, standard_error, z, verdict, rule, dimension, not idle, target, room)


def deterministic(
    claim: str,
    predicted: float,
    measured: float,
    tolerance: float,
    *,
    dimension: float | None = None,
    scale: float | None = None,
) -> Row:
    """Return the row that agrees when two numbers differ by at most ``tolerance`` × |predicted|, but for rounding.

    ``scale`` takes the place of |predicted|, for a number that may vanish.
    """
    size = abs(predicted) if scale is None else scale
    inside = abs(measured - predicted) <= tolerance * size + (_ROUNDING if tolerance else 0.0)
    rule = f"|measured − predicted| ≤ {number_text(tolerance, 2)}" + (
        " |predicted|" if scale is None else "" if scale == 1 else f" × {number_text(scale, 2)}"
    )
    if tolerance == 0:
        rule = "measured = predicted"
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

    z is the distance from the interval in standard errors. The rule prints the interval; an end at ±∞ is left out.
    """
    centre = (low + high) / 2 if predicted is None else predicted
    beyond = measured - min(max(measured, low), high)
    z = in_errors(beyond, standard_error) if standard_error else None
    verdict = Verdict.AGREES if (beyond == 0 if z is None else abs(z) <= Z_LIMIT) else Verdict.FAILS
    rule = f"{number_text(low, 4)} ≤ measured" if math.isfinite(low) else "measured"
    rule += f" ≤ {number_text(high, 4)}" if math.isfinite(high) else ""
    rule += f", give or take {Z_LIMIT:g} standard errors" if standard_error else ""
    return Row(claim, centre, measured, standard_error, z, verdict, rule, dimension)
