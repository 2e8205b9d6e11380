"""An average over paths against the law of one path that is predicted."""

import math
from collections.abc import Callable

from symsched.models.estimates import Estimate
from symsched.predictions.spread import Spread, bar, few
from symsched.reporting.verdicts import Row

Judge = Callable[..., Row]
"""statistical() with what several rows share."""


def average_row(claim: str, predicted: float, seen: Estimate, law: Spread, n: int, *, judge: Judge) -> Row:
    """Judge an average over n paths by the predicted law of one path, widened where the paths vary more than that."""
    if few(n):
        return judge(claim, predicted, seen.value, seen.standard_error, too_few=few_text(n))
    own = law.widened(n * bar(seen, n) ** 2)
    return judge(
        claim,
        predicted,
        seen.value,
        math.sqrt(own.variance / n),
        law="the law of one path",
        score=lambda measured, expected: own.score(measured - expected, n),
    )


def few_text(n: int) -> str:
    """Return why an average over n paths decides nothing."""
    return f"{n} paths have no error bar that can be trusted"
