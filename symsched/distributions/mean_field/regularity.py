"""Whether an interaction is a function whose maxima can be found, real, without poles or jumps, and a tilt small."""

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array
from symsched.algebra.asymptotics import trial_values
from symsched.algebra.codegen import Compiled, compiled
from symsched.distributions.mean_field.heights import Heights
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw, LatticeLaw
from symsched.laws.log_density import LogDensity
from symsched.laws.numeric import AbstractSite, AtomSite, DensitySite
from symsched.symbols import d, m

_POINTS = 2003  # of the first grid; a prime, so that it meets no structure of g
_INSIDE = 1e-9  # share of the range left out at its ends, where g may diverge
_REACH = 12.0  # standard deviations of a site beyond which no mean lies
_LEVELS = 6  # refinements around the highest point
_REFINED = 101  # points of each refinement
_HALVINGS = 40  # of the step of the largest change
_LARGE = 10**6  # a dimension at which it is seen whether a tilt can be normalised
_OUTWARDS = 60  # tilts at which it is seen whether f outgrows I − g
_FARTHEST = 1e8  # mean beyond which rounding is all there is
_UNBOUNDED = 100.0  # scales of the site beyond which a mean says that there is no end to them
_APART = 4.0  # times larger means, over which f/(I − g) must grow
_STEEP = 1.01  # by this factor
_STEP = "saddle points"
_REMEDY = "Give g as an expression that is real, differentiable and bounded wherever the mean of the spins can be."


def require_regular(interaction: sp.Expr, site: AbstractSite) -> None:
    """Raise DerivationError where g is not real, has a pole, or jumps inside the range of the spin mean.

    Saddle points are looked for where the derivative of g allows them, so what a derivative does not see is refused.
    """
    g = compiled(interaction, (m,), "the interaction")
    slope = sp.diff(interaction, m)
    if slope.has(sp.DiracDelta, sp.Derivative, sp.Subs):
        raise DerivationError(_STEP, f"g = {interaction} jumps: its derivative is {slope}", _REMEDY)
    try:
        grid = _interior(site)
        with np.errstate(all="ignore"):
            values = g(grid)
            _require_real(interaction, grid, values)
            _require_bounded(interaction, g, grid, values)
            _require_continuous(interaction, g, grid, values)
    except OverflowError:
        raise DerivationError(
            _STEP, f"g = {interaction} is beyond the range of floating-point numbers", "Rescale the interaction."
        ) from None


def _interior(site: AbstractSite) -> Array:
    """Return values that the mean of many spins can take, on a grid that meets 0 and the site's own mean."""
    low, high = -np.inf, np.inf
    if isinstance(site, AtomSite):
        low, high = float(np.min(site.values)), float(np.max(site.values))
    elif isinstance(site, DensitySite):
        low, high = site.breakpoints[0], site.breakpoints[-1]
    centre, width = site.mean, float(np.sqrt(site.variance))
    low, high = max(low, centre - _REACH * width), min(high, centre + _REACH * width)
    margin = _INSIDE * (high - low)
    grid = np.concatenate([np.linspace(low, high, _POINTS), [0.0, centre]])
    return np.unique(grid[(grid > low + margin) & (grid < high - margin)]) if high > low else np.array([centre])


def _require_real(interaction: sp.Expr, grid: Array, values: Array) -> None:
    bad = np.isnan(values) | (values == np.inf)
    if np.any(bad):
        where = float(grid[np.flatnonzero(bad)[0]])
        raise DerivationError(
            _STEP, f"g = {interaction} is no finite real number at m = {where:.6g}, where the spin mean can be", _REMEDY
        )


def _require_bounded(interaction: sp.Expr, g: Compiled, grid: Array, values: Array) -> None:
    """Raise where the maximum grows as the grid around it is refined: by as much at every level for a logarithm."""
    gains = []
    for _ in range(_LEVELS):
        if grid.size < 3:
            return
        top, height = int(np.argmax(values)), float(np.max(values))
        grid = np.linspace(grid[max(top - 1, 0)], grid[min(top + 1, grid.size - 1)], _REFINED)
        values = np.nan_to_num(g(grid), nan=np.inf, posinf=np.inf, neginf=-np.inf)
        gains.append(float(np.max(values)) - height)
    if not gains[-1] < max(gains[1] / 2, 1e-6 * (1 + abs(height))):
        raise DerivationError(
            _STEP, f"g = {interaction} has no upper bound near m = {float(grid[np.argmax(values)]):.6g}", _REMEDY
        )


def _require_continuous(interaction: sp.Expr, g: Compiled, grid: Array, values: Array) -> None:
    """Raise where halving the step of the largest change does not make it smaller."""
    if grid.size < 3:
        return
    steps = np.abs(np.diff(np.maximum(values, np.min(values[np.isfinite(values)]))))
    place = int(np.argmax(steps))
    low, high = float(grid[place]), float(grid[place + 1])
    changes = []
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        ends = g(np.array([low, middle, high]))
        left, right = abs(ends[1] - ends[0]), abs(ends[2] - ends[1])
        low, high = (low, middle) if left > right else (middle, high)
        changes.append(float(max(left, right)))
    # A pole towards −∞ is no harm: there the change grows without end.
    jump = changes[-1]
    if np.isfinite(jump) and 1e-6 * (1 + abs(float(g(np.array(low))))) < jump < 2 * changes[_HALVINGS // 2]:
        raise DerivationError(_STEP, f"g = {interaction} jumps by {jump:.6g} near m = {low:.6g}", _REMEDY)


def require_normalisable(spin: AbstractLaw, interaction: sp.Expr, tilt: sp.Expr) -> None:
    """Raise DerivationError where exp(f) outgrows exp(d (g − I)) far out at every d: no power of d heals m⁴."""
    heights = Heights(spin, interaction)
    f = compiled(tilt.subs({d: _LARGE, **trial_values(tilt.free_symbols - {m, d})}), (m,), "the tilt")
    least = _UNBOUNDED * (abs(heights.site.mean) + float(np.sqrt(heights.site.variance)))
    for sign in (-1.0, 1.0):
        outwards = _far_integers(spin, heights, sign) if isinstance(spin, LatticeLaw) else _far_out(heights, sign)
        far = [(abs(mean), float(f(np.array(mean))) / -height) for mean, height in outwards]
        near = [ratio for size, ratio in far if size < far[-1][0] / _APART] if far else []
        if near and far[-1][0] > least and (far[-1][1] == np.inf or far[-1][1] > _STEEP * max(near[-1], 0.0)):
            raise DerivationError(
                _STEP,
                f"the tilt f = {tilt} outgrows d (I − g) with g = {interaction} at large |m|: exp(d g + f) "
                "cannot be normalised against this single-site law at any d",
                "Take a tilt that grows no faster than I − g at large |m|.",
            )


def _far_integers(spin: LatticeLaw, heights: Heights, sign: float) -> list[tuple[float, float]]:
    """Return (k, g + log p) at far integers of an endless lattice: all spins are k with mass p^d, so that I ≤ −log p.

    The site holds the integers that count beside rounding only, and so do the means of its tilts.
    """
    if np.isfinite(float(spin.upper if sign > 0 else spin.lower)):
        return []
    places: Array = np.asarray(sign * 2.0 ** np.arange(np.log2(_FARTHEST)), dtype=np.float64)
    heights_there = np.asarray(heights.g(places)) + LogDensity(spin.weight, spin.variable)(places)
    return [
        (float(place), float(height))
        for place, height in zip(places, heights_there, strict=True)
        if height < 0 and np.isfinite(height)
    ]


def _far_out(heights: Heights, sign: float) -> list[tuple[float, float]]:
    """Return (m, g − I) at means that grow, as long as numbers have them, where g − I is negative."""
    found: list[tuple[float, float]] = []
    tilt, step = 0.0, 0.5
    for _ in range(_OUTWARDS):
        place = np.array(sign * (tilt + step))
        try:
            mean, height = float(heights.mean(place)), heights.height(place)
        except ValueError:  # beyond the end of the domain of Λ, which is come close to
            step /= 2
            continue
        if not (abs(mean) < _FARTHEST and np.isfinite(height)):
            step /= 2
            continue
        tilt, step = tilt + step, min(2 * step, tilt + step)
        if height < 0 and (not found or abs(mean) > abs(found[-1][0])):
            found.append((mean, height))
    return found
