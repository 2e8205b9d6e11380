"""Lines that cost: a function is looked up where a straight line between two places would be seen to be one."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

Drawn = tuple[float, tuple[float, ...]]
"""A place on the axis, and what is drawn there."""
_FIRST = 5
"""Points of a line to begin with."""
_MOST = 17
"""Points of a line, at most."""
_BEND = 0.008
"""A line is refined where its middle lies farther from the chord, in heights of the axes: what is less is not seen."""
_FLAT = 0.05
"""Height of the axes, at least, in units of what is drawn."""


def refined(at: Callable[[float], Drawn], low: float, high: float, *, grain: int) -> list[Drawn]:
    """Return places and values between two ends of a logarithmic axis, as many as leave no kink to be seen.

    ``grain``: at its multiples only, 0 for all numbers. The middle of two neighbours is looked up until it lies on
    their chord.
    """

    def rounded(value: float) -> float:
        return float(grain * round(value / grain)) if grain else float(value)

    def between(one: float, other: float) -> float:
        return rounded(math.sqrt(one * other))

    ends = np.geomspace(low, high, _FIRST)
    values = list(dict.fromkeys([low, *map(rounded, ends[1:-1]), high]))
    found = {value: at(value) for value in values}
    waiting = list(pairwise(values))
    while waiting and len(found) < _MOST:
        left, right = waiting.pop(0)
        middle = between(left, right)
        if middle in (left, right):
            continue
        found[middle] = at(middle)
        heights = np.array([found[value][1] for value in found])
        spans = np.maximum(np.ptp(heights, axis=0), _FLAT * np.abs(heights).max(axis=0) + 1e-12)
        places = [math.log(found[value][0]) for value in (left, middle, right)]
        share = (places[1] - places[0]) / (places[2] - places[0])
        ends_of = [np.array(found[value][1]) for value in (left, right)]
        chord = ends_of[0] + share * (ends_of[1] - ends_of[0])
        if np.any(np.abs(np.array(found[middle][1]) - chord) > _BEND * spans):
            waiting += [(left, middle), (middle, right)]
    return [found[value] for value in sorted(found)]
