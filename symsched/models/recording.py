"""What is kept of a path besides its end."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, Index
from symsched.errors import require_integer
from symsched.schedules.plan import Plan


@final
@dataclass(frozen=True)
class OrderParameter:
    """ν = (q! d)^{−1/2} Σ_i He_q((y_i − ψ c_1)/√(1 + ψ² c_2)), y = x/α: the statistic that separates modes at order q.

    ``order`` q, ``centre`` c_1 and ``variance`` c_2: the common lower cumulants (arXiv 2501.00988 for q = 1).
    ``shared``: what all modes share of c_q itself if q > 1; whoever reads ν counts it from √(d/q!) ψ^q times that.
    """

    order: int = 1
    centre: float = 0.0
    variance: float = 0.0
    shared: float = 0.0

    def __post_init__(self) -> None:
        """Check the order."""
        require_integer(self.order, "order", 1)

    def scale(self, alpha: float, beta: float) -> float:
        """Return √(α² + β² c_2), the width by which x is standardised."""
        return math.hypot(alpha, beta * math.sqrt(self.variance))

    def nodes(self, plan: Plan) -> Index:
        """Return the nodes of the plan at which the statistic is defined: all, but for the last if c_2 = 0."""
        defined = [k for k in range(plan.steps + 1) if self.scale(plan.alpha[k], plan.beta[k]) > 0]
        return np.array(defined, dtype=np.intp)

    def terms(self, x: Array, alpha: float, beta: float) -> Array:
        """Return He_q of every standardised coordinate, in the shape of ``x``."""
        standard = (x - beta * self.centre) / self.scale(alpha, beta)
        return hermite(self.order, standard)

    def normaliser(self, d: int) -> float:
        """Return (q! d)^{−1/2}."""
        return 1 / math.sqrt(math.factorial(self.order) * d)


def hermite(order: int, x: Array) -> Array:
    """Return the probabilists' Hermite polynomial He_order."""
    before, current = np.ones_like(x), x
    for k in range(1, order):
        before, current = current, x * current - k * before
    return current


@functools.cache
def hermite_coefficients(order: int) -> tuple[float, ...]:
    """Return the coefficients of 1, x, x², … in He_order."""
    return tuple(float(c) for c in np.polynomial.hermite_e.herme2poly([0.0] * order + [1.0]))


@final
@dataclass(frozen=True)
class Recording:
    """What to record: the order parameter (None: only means), and the nodes whose responsibilities are kept."""

    statistic: OrderParameter | None
    watch: tuple[int, ...]

    @staticmethod
    def of(plan: Plan, statistic: OrderParameter | None, watch: Sequence[int]) -> Recording:
        """Return a recording with checked nodes; the last evaluated node N−1 is always among them."""
        nodes = {require_integer(node, "watch", 0) for node in watch}
        if nodes and max(nodes) >= plan.steps:
            raise ValueError(
                f"watch holds node {max(nodes)}, but the posterior is evaluated at nodes 0 to {plan.steps - 1} only"
            )
        return Recording(statistic, tuple(sorted(nodes | {plan.steps - 1})))


@final
@dataclass(frozen=True)
class BlockResult:
    """A block of r finished paths.

    ``x`` (r, d) or None; ``means`` (r, N+1): mean over coordinates at every node; ``order`` (r, M): the order parameter
    at the nodes where it is defined; ``projections`` (r, N+1, directions) of x, for models with directions;
    ``responsibilities`` (r, len(watch), K); ``moments`` (r, 2): means of x and x² over the coordinates at the end;
    ``map_error``: estimated error of x from interpolation, 0 where nothing was interpolated.
    """

    x: Array | None
    means: Array
    order: Array
    projections: Array | None
    responsibilities: Array
    moments: Array
    map_error: float

    @staticmethod
    def merge(results: Sequence[BlockResult]) -> BlockResult:
        """Return the recordings of several blocks as one, without their samples."""
        projections = [result.projections for result in results if result.projections is not None]
        return BlockResult(
            None,
            np.concatenate([result.means for result in results]),
            np.concatenate([result.order for result in results]),
            np.concatenate(projections) if projections else None,
            np.concatenate([result.responsibilities for result in results]),
            np.concatenate([result.moments for result in results]),
            max(result.map_error for result in results),
        )


@final
@dataclass(frozen=True)
class Workspace:
    """One block to be run: its random numbers, ``out`` (r, d) to work in, what to record, whether x is kept in out."""

    generator: np.random.Generator
    out: Array
    recording: Recording
    keep: bool = True


@final
@dataclass
class Track:
    """The recording of one block while it runs."""

    recording: Recording
    plan: Plan
    d: int
    means: list[Array] = field(default_factory=list)
    order: list[Array] = field(default_factory=list)
    responsibilities: list[Array] = field(default_factory=list)

    def defined(self, node: int) -> bool:
        """Return whether the order parameter is defined at the node."""
        statistic = self.recording.statistic
        return statistic is not None and statistic.scale(self.plan.alpha[node], self.plan.beta[node]) > 0

    def columns(self, node: int, x: Array) -> list[Array]:
        """Return the arrays like ``x`` whose sums ``note`` wants: x and, if defined and q > 1, He_q."""
        statistic = self.recording.statistic
        if statistic is None or statistic.order == 1 or not self.defined(node):
            return [x]
        return [x, statistic.terms(x, self.plan.alpha[node], self.plan.beta[node])]

    def note(self, node: int, sums: Sequence[Array]) -> None:
        """Keep the sums over coordinates of ``columns``, (r,) each; He_1 is affine in x, and so is its sum."""
        self.means.append(sums[0] / self.d)
        statistic, plan = self.recording.statistic, self.plan
        if statistic is not None and self.defined(node):
            terms = (
                sums[1]
                if statistic.order > 1
                else self.d * statistic.terms(self.means[-1], plan.alpha[node], plan.beta[node])
            )
            self.order.append(terms * statistic.normaliser(self.d))

    def watch(self, node: int, responsibilities: Array) -> None:
        """Keep the responsibilities (r, K) if the node is watched."""
        if node in self.recording.watch:
            self.responsibilities.append(responsibilities)

    def finish(
        self, x: Array | None, moments: Array, map_error: float = 0.0, projections: Array | None = None
    ) -> BlockResult:
        """Return the block's result; ``moments`` (r, 2) are Σ x and Σ x²."""
        rows = moments.shape[0]
        order = np.stack(self.order, axis=1) if self.order else np.empty((rows, 0))
        return BlockResult(
            x,
            np.stack(self.means, axis=1),
            order,
            projections,
            np.stack(self.responsibilities, axis=1),
            moments / self.d,
            map_error,
        )
