"""What the limit predicts for a sampler with a fixed number of steps, before any d-dimensional number is drawn.

The same linear scheme that a sampler applies to (n, d) arrays is applied to the effective model: a handful of order
parameters and, for one coordinate, a map of the line. d enters through the schedule (and may be 10^100, which is d = ∞
to double precision). Fixed steps with d → ∞ is what is predicted; fixed d with steps → ∞ is another limit.
"""

from dataclasses import dataclass, field

from symsched.errors import require_real
from symsched.limits.limit import Limit, Source, schedule_of
from symsched.predictions.coordinates import site_statistics
from symsched.predictions.spread import Spread
from symsched.predictions.weights import mode_weights
from symsched.schedules.plan import AbstractTable, Plan
from symsched.schedules.schedule import Schedule, planned

INFINITE = 1e100
"""A dimension at which corrections d^(-1/6) are below double precision."""
_FARTHEST = 1e18  # the same where later phases or orders q > 1 cost digits


@dataclass(frozen=True)
class ModePrediction:
    """A mode at the end of a plan: its weight with its numerical error, and the statistics of one coordinate.

    Where the weight is 0 no path ends there, and the statistics, 0, are none. ``path_mean`` and ``path_variance`` are
    the laws of what one path that ends in the mode has of both.
    """

    weight: float
    weight_error: float
    site_mean: float
    site_variance: float
    path_mean: Spread = field(repr=False, compare=False)
    path_variance: Spread = field(repr=False, compare=False)


def practical_infinity(limit: Limit) -> float:
    """Return a dimension that stands for d = ∞: 10^100, or 10^18 where digits run out (later phases, orders q > 1)."""
    speciations = limit.cascade.speciations
    simple = len(speciations) <= 1 and all(phase.order == 1 for phase in speciations)
    return INFINITE if simple else _FARTHEST


def predict(
    limit: Limit,
    steps: int | None = None,
    *,
    kappa: float | None = None,
    scheme: str | None = None,
    d: float = INFINITE,
    schedule: Source | Plan | None = None,
) -> tuple[ModePrediction, ...]:
    """Return, per mode, the weight and the mean and variance of a coordinate after ``steps`` steps at dimension ``d``.

    With one order parameter the weight is exact (the map ν_0 → mode is a step function whose edges are bisected);
    with several it is a randomised quasi-Monte Carlo integral with its error. ``schedule`` takes the steps of another
    schedule than the limit's own (an interpolant stands for its undilated one); a Plan made
    for this ``d``, or a Design, settles ``steps``, ``kappa`` and ``scheme``, and they are refused.

    Raises TypeError or ValueError for bad input, naming what was required.
    """
    if not isinstance(limit, Limit):
        raise TypeError(f"limit must come from derive(), got {limit!r}")
    if isinstance(steps, (Plan, AbstractTable, Schedule)):
        raise TypeError(f"steps must be an integer; pass a schedule, a design or a plan as schedule=, got {steps!r}")
    d = practical_infinity(limit) if d == INFINITE else require_real(d, "d", above=0)
    source = limit if schedule is None else schedule
    chosen = source if isinstance(source, Plan) else schedule_of(source)
    plan = planned(chosen, steps, d, kappa, scheme)
    model = limit.order_model(d)
    weights, errors = mode_weights(model, plan)
    laws = site_statistics(model, plan)
    return tuple(
        ModePrediction(float(w), float(e), mean.mean, variance.mean, mean, variance)
        for w, e, (mean, variance) in zip(weights, errors, laws, strict=True)
    )
