"""Where in a schedule's windows the nodes of a plan lie."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from symsched.algebra.arrays import Array
from symsched.schedules.window import Window

_HALVINGS = 60
"""Of the share of a window at which ψ is looked for: to the last digit."""

_SAME = 1e-12
"""Relative distance of the end of a window from its last node: that it is a power and a root does not part them."""
_MANY = 24
"""Nodes of a crossed window from which on more of them also lead farther: both the step of √s and what is left
undecided at the gap then vanish like the root of one over their number.
"""

Ratio = Callable[[Window, Array], Array]
"""ψ on a window at elapsed shares."""


@dataclass(frozen=True)
class Grid:
    """The elapsed shares of the N nodes of a plan in the windows that they lie in; the plan's end is none of them.

    ``starts`` are the nodes at which a scheme that remembers begins anew. ``stretch``: the anchor of the nodes that a
    crossing carries, and the one before the gap.
    """

    shares: tuple[Array, ...]
    starts: tuple[int, ...]
    stretch: tuple[int, int] | None = None


def even(windows: Sequence[Window], steps: int) -> Grid:
    """Return nodes that are uniform inside each window, the first of each at its start."""
    _require(steps, len(windows), "one for each window of this schedule")
    lengths = split(steps, len(windows))
    return Grid(tuple(np.arange(length) / length for length in lengths), _firsts(lengths))


def crossing(windows: Sequence[Window], steps: int, ratio: Ratio, decided: float, settled: float) -> Grid:
    """Return one step for the gap behind the window with a ``crossing``, and even shares of the others for the rest.

    There ψ^{q/2}, which is √s, moves evenly to where the modes are ``decided``, wherever the window ends; with many
    nodes farther, so that at any d the path converges to the exact one as steps → ∞. The first phase is anchored at
    ψ = 0, where D is what the modes share. A later one begins where the phase before is ``settled`` (the window before
    ends its nodes there), and is anchored at one node more, half way in log ψ to the first of its own: at the
    beginning, what is left open would be taken for what the modes share.
    """
    at = next(k for k, window in enumerate(windows) if window.crossing is not None)
    crossed = windows[at].crossing
    assert crossed is not None
    extra = 2 if at else 1
    told = "one for each window of this schedule" + (" and one more to anchor the later phase" if at else "")
    _require(steps, len(windows) - 1 + extra, told)
    lengths = split(steps - extra, len(windows) - 1)
    shares = [np.arange(length) / length for length in lengths]
    ((start, end), (_, far)) = (ratio(window, np.array([0.0, 1.0])) for window in windows[at : at + 2])
    root = crossed.order / 2
    last = min(decided * max(1.0, lengths[at] / _MANY) ** (1 / crossed.order), far)
    first = min(settled, start)
    targets = np.linspace(first**root, last**root, lengths[at] + 1) ** (1 / root)
    if at:
        targets = np.insert(targets, 1, math.sqrt(first * targets[1]))
    early, late = targets < start, targets >= end * (1 - _SAME)
    if np.any(early):
        before = _places(windows[at - 1], targets[early], ratio)
        shares[at - 1] = np.concatenate([shares[at - 1] * before[0], before])
    shares[at] = _places(windows[at], targets[~early & ~late], ratio)
    shares.insert(at + 1, _places(windows[at + 1], targets[late], ratio))
    starts = list(_firsts([len(part) for part in shares]))
    gap = starts[at + 2] - 1
    begins = gap + 1 - len(targets)
    starts[at : at + 2] = [begins, gap]
    return Grid(tuple(shares), tuple(starts), (begins + (1 if at else 0), gap))


def _places(window: Window, targets: Array, ratio: Ratio) -> Array:
    """Return the shares of a window at which ψ has given values."""
    low, high = np.zeros(len(targets)), np.ones(len(targets))
    for _ in range(_HALVINGS if len(targets) else 0):
        middle = (low + high) / 2
        below = ratio(window, middle) < targets
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.where(targets <= float(ratio(window, np.zeros(1))[0]), 0.0, (low + high) / 2)


def _firsts(lengths: Sequence[int]) -> tuple[int, ...]:
    """Return the number of the first node of each window."""
    return tuple(accumulate(lengths[:-1], initial=0))


def split(steps: int, count: int) -> list[int]:
    """Return numbers of steps that differ by at most one."""
    ends = [round(k * steps / count) for k in range(count + 1)]
    return [last - first for first, last in pairwise(ends)]


def _require(steps: int, least: int, told: str) -> None:
    if steps < least:
        raise ValueError(f"steps must be at least {least}, {told}, got {steps}")


def cut_at(ratios: Array, share: float) -> Array:
    """Return nodes ψ that begin at a finite σ: where the first is 0, at a ``share`` of the second (of 1 if alone)."""
    if ratios[0] > 0:
        return ratios
    following = float(ratios[1]) if len(ratios) > 1 else 1.0
    return np.concatenate(([share * following], ratios[1:]))
