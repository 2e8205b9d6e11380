"""simulate(): finite-d Monte Carlo of a schedule, with the exact posterior mean of the distribution."""

import logging
import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from tqdm.auto import tqdm

from symsched.algebra.arrays import Array, Index
from symsched.distributions.base import AbstractDistribution, require_distribution
from symsched.errors import nearest, require_count, require_integer
from symsched.limits.limit import Source, schedule_of, warn_if_foreign
from symsched.limits.pictures import LEVELS
from symsched.models.estimates import Estimate, average, share, variance
from symsched.models.recording import OrderParameter
from symsched.reporting.charts import Plate
from symsched.reporting.drawing import Printed, printed
from symsched.schedules.plan import AbstractTable, Plan
from symsched.schedules.schedule import Schedule, planned
from symsched.simulation.pictures import BINS, PICTURES, order_plate, site_plate
from symsched.simulation.run import RawRun, run_plan

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SiteStatistics:
    """Mean and variance of the coordinates of a sample, averaged over the paths that ended in one mode.

    ``variance`` is within a path: the mean over coordinates of (x_i − mean)², for Gaussian modes in general
    directions of the part orthogonal to all means. ``collective`` is d times the variance, over paths, of the mean
    over coordinates: it equals ``variance`` when coordinates are independent given the mode.
    """

    mean: Estimate
    variance: Estimate
    collective: Estimate


@dataclass(frozen=True)
class Run:
    """n paths at dimension d.

    ====================  ==================  ====================================================================
    field                 shape               meaning
    ====================  ==================  ====================================================================
    ``x``                 (n, d) or None      samples at t = 1
    ``times``             (steps+1,)          nodes t_k
    ``paths``             (n, len) or         order parameter of the first speciation in its window's unit
                          (n, len, r)
    ``path_times``        (len,)              nodes at which it is defined (all of them for order 1)
    ``modes``             (n,)                mode of each path: the likeliest at the last node that was evaluated
    ``weights``           K estimates         share of paths in each mode
    ``sites``             K or None           statistics of the coordinates by mode (None: no path ended there)
    ``site_mean``, …      (n,)                mean and variance over the coordinates of each path
    ``dimension``                             d
    ``unit``                                  the power of d in which α is O(1) on the first window
    ``distribution``                          what was sampled
    ``source``                                the schedule, table or plan that was followed
    ``kappa``, ``seed``                       its κ, None where it has none, and the seed of the random numbers
    ``method``                                the integrator that ran
    ``map_error``                             its estimated error in x against the plain loop
    ====================  ==================  ====================================================================
    """

    x: NDArray[np.floating] | None
    times: Array
    paths: Array
    path_times: Array
    modes: Index
    weights: tuple[Estimate, ...]
    sites: tuple[SiteStatistics | None, ...]
    site_mean: Array
    site_variance: Array
    plan: Plan
    dimension: int
    unit: float
    method: str
    map_error: float
    seconds: float
    distribution: AbstractDistribution
    source: Schedule | AbstractTable | Plan
    kappa: float | None
    seed: int

    def plate(
        self,
        what: str = "order",
        *,
        levels: Sequence[float] = LEVELS,
        component: int = 0,
        modes: Sequence[int] | None = None,
        bins: int = BINS,
    ) -> Plate:
        """Return the data of ``plot``."""
        if what not in PICTURES:
            raise ValueError(f"unknown picture {what!r}; {nearest(str(what), PICTURES)}")
        if what == "order":
            return order_plate(self, levels, component)
        return site_plate(self, modes, bins)

    def plot(self, what: str = "order", *, width: str = "column", **settings: Any) -> Printed:  # noqa: ANN401
        """Return a figure for print, which carries its ``caption``.

        * ``what`` = "order": paths of the order parameter of the first speciation, with their quantiles at ``levels``
          (one standard error each) on the exact ones of the limit at this d's ψ. Against t under a schedule, against
          the signal strength s under a table or a plan. ``component`` counts order parameters.
        * "sites": histograms of the coordinates of ``modes`` (all unless given) in ``bins`` cells, one standard error
          each, on the exact density or masses of the data's law. It needs ``keep="x"``.

        ``width`` is "column" (345 pt) or "page" (510 pt). ``plate`` takes the same and returns the numbers. Raises
        ValueError or TypeError for settings that do not fit.
        """
        return printed(self.plate(what, **settings), width)

    def __repr__(self) -> str:
        """One line: paths, dimension, steps, evaluations (E a, the denoiser at ψ = 0, is free), and the weights."""
        weights = ", ".join(map(str, self.weights))
        cost = f"{self.plan.steps} steps of {self.plan.evaluations} evaluations"
        return f"<Run of {len(self.modes)} paths at d = {self.dimension}, {cost}: weights {weights}>"


def simulate(
    distribution: AbstractDistribution,
    schedule: Source | Plan,
    *,
    d: int,
    n: int,
    steps: int | None = None,
    kappa: float | None = None,
    rng: int | np.random.Generator | np.random.SeedSequence = 0,
    scheme: str | None = None,
    method: str = "auto",
    keep: str = "x",
    rows: int | None = None,
    executor: Executor | None = None,
    dtype: DTypeLike = np.float64,
    progress: bool = False,
) -> Run:
    """Return n samples of the probability flow on ``steps`` steps, started from noise, with standard errors.

    Every step has the exact finite-d posterior mean. ``scheme`` is one that ``Schedule.plan`` knows, the schedule's own
    unless given: "interpolant" is Euler in x, "canonical" Euler in x/α (DDIM), "adams" two-step Adams in ψ, "edgeworth"
    crosses a gap of scales in one step. ``rng`` is a seed, or a Generator or SeedSequence that gives one; the same seed
    gives the same numbers whatever ``rows`` (rows held at once), ``executor`` or the number of its workers. ``method``
    "full" is the plain loop, "auto" the fastest exact reduction.
    ``keep="statistics"`` never holds an (n, d) array, and where the law of the sums behind the statistics is known,
    draws those instead of coordinates (``Run.method`` "order parameter"): the same law, but not the paths of
    ``keep="x"``. An interpolant stands for its undilated schedule. A Plan made for this d, or a Design, is run as it
    is, whatever its table: it settles ``steps``, ``kappa`` and ``scheme``, and they are refused. A Limit or a Design of
    another distribution is run with a warning: its windows lie where that one's modes are chosen.

    Raises TypeError or ValueError for bad input, naming what was required.
    """
    require_distribution(distribution)
    dimension = require_integer(d, "d", 1)
    count = require_count(n, "n", 1)
    warn_if_foreign(schedule, distribution)
    chosen = schedule if isinstance(schedule, Plan) else schedule_of(schedule)
    plan = planned(chosen, steps, dimension, kappa, scheme)
    model = distribution.model(dimension)
    statistic = distribution.statistic(dimension)
    seed = seed_of(rng)
    _log.info("simulating %d paths of %d steps at d = %d", count, plan.steps, dimension)
    with tqdm(total=count, unit="path", disable=not progress, leave=False) as bar:

        def advance(done: int, _: int) -> None:
            bar.update(done - bar.n)

        raw = run_plan(
            model,
            plan,
            count,
            seed,
            method=method,
            rows=rows,
            executor=executor,
            dtype=dtype,
            keep=keep,
            statistic=statistic,
            progress=advance,
        )
    constant = kappa if isinstance(chosen, Schedule) and chosen.needs_kappa else None
    return _run(raw, plan, dimension, statistic, Origin(distribution, chosen, constant, seed))


def seed_of(rng: int | np.random.Generator | np.random.SeedSequence) -> int:
    """Return the seed that an integer is, that a Generator draws, or that a SeedSequence generates."""
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(2**63))
    if isinstance(rng, np.random.SeedSequence):
        return int(rng.generate_state(1, np.uint64)[0])
    return require_integer(rng, "rng", 0)


@dataclass(frozen=True)
class Origin:
    """What a run was asked for."""

    distribution: AbstractDistribution
    source: Schedule | AbstractTable | Plan
    kappa: float | None
    seed: int


def _run(raw: RawRun, plan: Plan, dimension: int, statistic: OrderParameter, origin: Origin) -> Run:
    shares = raw.responsibilities[:, -1]
    modes = raw.modes
    count = shares.shape[1]
    means, variances = raw.central_moments[:, 0], raw.central_moments[:, 1]
    if raw.projections is not None:
        # Means differ from coordinate to coordinate: only what is orthogonal to all of them is noise.
        along = np.sum(raw.projections[:, -1] ** 2, axis=1)
        variances = (dimension * raw.moments[:, 1] - along) / (dimension - raw.projections.shape[2])
    sites = tuple(_sites(means[modes == k], variances[modes == k], dimension) for k in range(count))
    weights = tuple(share(modes == k) for k in range(count))
    # A plan does not say how it depends on d: its own noise is the unit.
    source = origin.source
    unit = float(dimension ** float(source.noise_exponent) if isinstance(source, Schedule) else plan.alpha[0])
    paths, nodes = _paths(raw, statistic, plan, dimension, unit)
    return Run(
        raw.x,
        plan.times,
        paths,
        plan.times[nodes],
        modes,
        weights,
        sites,
        means,
        variances,
        plan,
        dimension,
        unit,
        raw.method,
        raw.map_error,
        raw.seconds,
        origin.distribution,
        source,
        origin.kappa,
        origin.seed,
    )


def _paths(raw: RawRun, statistic: OrderParameter, plan: Plan, dimension: int, unit: float) -> tuple[Array, Index]:
    """Order parameter α^q ν in the unit d^{q e} in which it is O(1), α ~ d^e on the first window."""
    everything = np.arange(plan.steps + 1)
    if raw.projections is not None:
        return raw.projections / unit, everything
    if statistic.order == 1:
        return math.sqrt(dimension) * (raw.means - plan.beta * statistic.centre) / unit, everything
    nodes = raw.order_nodes
    # He_q standardises by √(α² + β² c_2); α^q He_q(y) is what the phase's equation moves.
    if statistic.shared:
        # What all modes share of c_q moves ν without telling them apart: the order parameter is counted from it.
        nodes = nodes[nodes < plan.steps]
        lift = math.sqrt(dimension / math.factorial(statistic.order)) * plan.psi[nodes] ** statistic.order
        nu = raw.order[:, : len(nodes)] - lift * statistic.shared
    else:
        nu = raw.order
    return nu * (plan.alpha[nodes] / unit) ** statistic.order, nodes


def _sites(means: Array, variances: Array, dimension: int) -> SiteStatistics | None:
    if len(means) < 2:
        return None
    return SiteStatistics(average(means), average(variances), variance(means, scale=dimension))
