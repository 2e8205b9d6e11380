"""Many paths of one plan: the fastest exact method, block by block, on any executor."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from symsched.algebra.arrays import Array, Index
from symsched.errors import require_count, require_integer
from symsched.models.base import AbstractModel
from symsched.models.full import integrate_full
from symsched.models.method import Method, choose
from symsched.models.noise import Blocks
from symsched.models.one_thread import one_thread
from symsched.models.recording import BlockResult, OrderParameter, Recording, Workspace
from symsched.schedules.plan import Plan

_ROWS_AS_IF = 1 << 14
"""Dimension up to which the grouping of rows follows d where no coordinates are held."""


class RunInterruptedError(KeyboardInterrupt):
    """Raised when a run is interrupted; ``partial`` holds the paths that were finished, None if there are none."""

    def __init__(self, partial: RawRun | None) -> None:
        """Keep what was finished."""
        self.partial = partial
        done = 0 if partial is None else partial.n
        super().__init__(f"the run was interrupted after {done} paths; they are in the exception's attribute partial")


@final
@dataclass(frozen=True)
class RawRun:
    """The paths of one plan.

    ================== ===================== =============================================================
    ``x``              (n, d) or None        samples at the end of the plan
    ``means``          (n, N+1)              mean over the coordinates of x at every node
    ``order``          (n, M)                order parameter at the nodes ``order_nodes`` (M,)
    ``projections``    (n, N+1, r) or None   projections of x on the model's frame
    ``responsibilities`` (n, len(watch), K)  probabilities of the modes at the nodes ``watch``
    ``modes``          (n,)                  the most probable mode at the last evaluated node
    ``moments``        (n, 4) or (n, 2)      means over the coordinates of x, x², x³, x⁴ at the end
    ================== ===================== =============================================================

    ``method``: which ran; ``map_error``: estimated error of ``x`` from interpolation (0: none); ``seconds``: wall time;
    ``peak_rows``: rows held at once besides the output.
    """

    x: NDArray[Any] | None
    means: Array
    order: Array
    order_nodes: Index
    projections: Array | None
    responsibilities: Array
    watch: tuple[int, ...]
    moments: Array
    method: str
    map_error: float
    seconds: float
    peak_rows: int

    @property
    def n(self) -> int:
        """Number of paths."""
        return int(self.means.shape[0])

    @property
    def modes(self) -> Index:
        """The most probable mode of each path at the last evaluated node, (n,)."""
        return np.asarray(np.argmax(self.responsibilities[:, -1], axis=1))

    @property
    def central_moments(self) -> Array:
        """Mean and variance of each path's coordinates at the end, (n, 2)."""
        first, second = self.moments.T
        return np.stack([first, np.maximum(second - first**2, 0.0)], axis=1)


@final
@dataclass(frozen=True)
class BlockTask:
    """Everything a worker needs to run any block; it can be pickled if the model can."""

    method: Method
    plan: Plan
    blocks: Blocks
    d: int
    recording: Recording
    keep: bool

    @one_thread
    def run(self, block: int, out: Array | None = None) -> BlockResult:
        """Return the finished block, its samples in ``out`` (r, d) if given."""
        first, last = self.blocks.span(block)
        width = self.d if self.method.keeps == "x" else 0
        buffer = np.empty((last - first, width)) if out is None else out
        work = Workspace(self.blocks.generator(block), buffer, self.recording, self.keep)
        result = self.method.run(self.plan, work)
        return _finite(result if self.keep else replace(result, x=None))


def _finite(result: BlockResult) -> BlockResult:
    """Return a result that holds no infinite number, or raise."""
    if not (np.all(np.isfinite(result.moments)) and np.all(np.isfinite(result.means))):
        raise ArithmeticError("a path left the range of float64; take more steps or a smaller dimension")
    return result


def methods_of(model: AbstractModel) -> tuple[Method, ...]:
    """Return the model's own methods and, last, the plain loop that every model has."""
    return (*model.methods(), Method("full", partial(integrate_full, model)))


def run_plan(
    model: AbstractModel,
    plan: Plan,
    n: int,
    seed: int,
    *,
    method: str = "auto",
    keep: str = "x",
    statistic: OrderParameter | None = None,
    watch: Sequence[int] = (),
    rows: int | None = None,
    executor: Executor | None = None,
    dtype: DTypeLike = np.float64,
    progress: Callable[[int, int], None] | None = None,
) -> RawRun:
    """Run n paths of ``plan`` from noise and return what was recorded.

    The numbers depend on ``seed``, the model and the plan only, not on ``executor`` or ``rows``; all methods start from
    the same noise, except "order parameter", which draws sums of the noise from their law and never holds d numbers.
    ``keep="statistics"`` never holds (n, d). ``rows``: rows in flight on an executor, rounded to whole
    blocks. ``dtype=float32`` halves the output; all arithmetic stays in float64. ``progress(done, n)`` is called after
    each block. An interrupted run raises RunInterruptedError with the finished paths.
    """
    n = require_count(n, "n", 1)
    if not any(dtype == known for known in (np.float64, np.float32, "float64", "float32")):
        raise ValueError(f"dtype must be float64 or float32, got {dtype!r}")
    if rows is not None:
        rows = require_integer(rows, "rows", 1)
    if executor is not None and not isinstance(executor, Executor):
        raise TypeError(f"executor must be a concurrent.futures.Executor or None, got {executor!r}")
    chosen = choose(methods_of(model), model.dimension, method, keep, statistic, bends=plan.bends)
    d = model.dimension if chosen.keeps == "x" else min(model.dimension, _ROWS_AS_IF)
    blocks = Blocks(require_integer(seed, "seed", 0), n, d)
    task = BlockTask(chosen, plan, blocks, model.dimension, Recording.of(plan, statistic, watch), keep == "x")
    in_flight = 1 if executor is None else max(1, (8 * blocks.rows if rows is None else rows) // blocks.rows)
    samples = np.empty((n, model.dimension), dtype=dtype) if keep == "x" else None
    collector = _Collector(task, samples, min(n, in_flight * blocks.rows))
    source = _serial(task, samples) if executor is None else _parallel(task, executor, in_flight)
    try:
        for block, result in source:
            collector.add(block, result)
            if progress is not None:
                progress(collector.done, n)
    except KeyboardInterrupt:
        raise RunInterruptedError(collector.finish() if collector.done else None) from None
    return collector.finish()


def _serial(task: BlockTask, samples: NDArray[Any] | None) -> Iterator[tuple[int, BlockResult]]:
    """Yield the blocks in order; float64 samples are written where they belong."""
    for block in range(task.blocks.count):
        direct = samples is not None and samples.dtype == np.float64
        out = samples[slice(*task.blocks.span(block))] if samples is not None and direct else None
        result = task.run(block, out)
        yield block, replace(result, x=None) if direct else result


def _parallel(task: BlockTask, executor: Executor, in_flight: int) -> Iterator[tuple[int, BlockResult]]:
    """Yield the blocks in order, a few being computed ahead."""
    waiting: deque[tuple[int, Future[BlockResult]]] = deque()
    todo = iter(range(task.blocks.count))
    try:
        while True:
            for block in todo:
                waiting.append((block, executor.submit(task.run, block)))
                if len(waiting) >= in_flight:
                    break
            if not waiting:
                return
            block, future = waiting.popleft()
            yield block, future.result()
    finally:
        for _, future in waiting:
            future.cancel()


class _Collector:
    """Blocks put together as they come, in order."""

    def __init__(self, task: BlockTask, samples: NDArray[Any] | None, peak_rows: int) -> None:
        self._task = task
        self._samples = samples
        self._results: list[BlockResult] = []
        self._peak_rows = peak_rows
        self._start = time.perf_counter()
        self.done = 0

    def add(self, block: int, result: BlockResult) -> None:
        """Take a finished block."""
        first, last = self._task.blocks.span(block)
        if self._samples is not None and result.x is not None:
            self._samples[first:last] = result.x
        self._results.append(replace(result, x=None))
        self.done = last

    def finish(self) -> RawRun:
        """Return the run of all blocks taken so far."""
        merged, plan, recording = BlockResult.merge(self._results), self._task.plan, self._task.recording
        statistic = recording.statistic
        defined = np.empty(0, dtype=np.intp) if statistic is None else statistic.nodes(plan)
        return RawRun(
            x=None if self._samples is None else self._samples[: self.done],
            means=merged.means,
            order=merged.order,
            order_nodes=defined[: merged.order.shape[1]],
            projections=merged.projections,
            responsibilities=merged.responsibilities,
            watch=recording.watch,
            moments=merged.moments,
            method=self._task.method.name,
            map_error=merged.map_error,
            seconds=time.perf_counter() - self._start,
            peak_rows=self._peak_rows,
        )
