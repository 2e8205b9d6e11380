"""The ways in which paths of a model can be run: a table that the model itself gives."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from symsched.errors import nearest
from symsched.models.recording import BlockResult, OrderParameter, Workspace
from symsched.schedules.plan import Plan

NEEDS = {
    "full": "nothing but the posterior mean",
    "scalar map": "exchangeable coordinates",
    "affine": "Gaussian modes",
    "order parameter": "sums of the noise whose law is known",
}
"""What each method asks of a model."""
KEEPS = ("x", "statistics")


@final
@dataclass(frozen=True)
class Method:
    """One exact way to carry a block of paths of a model through a plan.

    ``run`` works in the block's array (r, d); it can be sent to other processes. A method that keeps "statistics" only
    draws sums of the noise instead, and its array is (r, 0). ``least`` is the dimension from which it is worth its
    overhead, ``highest`` the largest order of an order parameter that it knows. ``linear``: its coordinates are linear
    in their noise, so that a plan with a wave is not for it.
    """

    name: str
    run: Callable[[Plan, Workspace], BlockResult]
    keeps: str = "x"
    least: int = 1
    highest: float = math.inf
    linear: bool = False

    def suits(self, d: int, keep: str, statistic: OrderParameter | None, bends: bool = False) -> bool:
        """Return whether to take it where nobody asks for another one; ``bends``: the plan has a wave."""
        order = 0 if statistic is None else statistic.order
        enough = d >= self.least and order <= self.highest
        return enough and keep in (self.keeps, "statistics") and not (bends and self.linear)


def choose(
    methods: Sequence[Method],
    d: int,
    wanted: str = "auto",
    keep: str = "x",
    statistic: OrderParameter | None = None,
    *,
    bends: bool = False,
) -> Method:
    """Return the first method that suits, or the wanted one if the model has it; ``bends``: the plan has a wave."""
    if keep not in KEEPS:
        raise ValueError(f"unknown keep {keep!r}; {nearest(str(keep), KEEPS)}")
    if not isinstance(wanted, str):
        raise TypeError(f"method must be the name of one, got {wanted!r}; {nearest('', ('auto', *NEEDS))}")
    if wanted == "auto":
        return next(method for method in methods if method.suits(d, keep, statistic, bends))
    if wanted not in NEEDS:
        raise ValueError(f"unknown method {wanted!r}; {nearest(wanted, ('auto', *NEEDS))}")
    found = next((method for method in methods if method.name == wanted), None)
    if found is None:
        known = ", ".join(repr(method.name) for method in methods)
        raise ValueError(f"method {wanted!r} needs {NEEDS[wanted]}; this model has {known}")
    if bends and found.linear:
        raise ValueError(
            f"method {wanted!r} has coordinates linear in their noise, and the plan adds a wave to them; take 'full'"
        )
    if keep == "x" and found.keeps != "x":
        raise ValueError(f"method {wanted!r} has no samples; pass keep='statistics', or another method")
    return found
