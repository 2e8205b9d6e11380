"""The target flow_matching: a grid of times, and a scheduler of the library that moves along a schedule."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.exports.draft import EULER, Draft, Settings, rounded, straight, told_apart
from symsched.exports.nodes import Nodes
from symsched.exports.result import Export
from symsched.schedules.schedule import Schedule
from symsched.schedules.window import Window, evaluate

_HALVINGS = 60
"""Of a window, at which a time is looked for: to the last digit."""

_CALL = """\
from flow_matching.solver import ODESolver
grid = torch.tensor(export.values, dtype=z.dtype)
solver = ODESolver(velocity_model=model)  # model(x, t): the velocity a - z at x = (1 - t) z + t a (CondOTScheduler)
x = solver.sample(x_init=z, step_size=None, method="euler", time_grid=grid)
"""


@final
@dataclass(frozen=True)
class Path:
    """A schedule at one d and κ: amplitudes and their rates at any time, and the time of a ψ."""

    schedule: Schedule
    d: float
    kappa: float

    def at(self, times: Array) -> tuple[Array, Array, Array, Array]:
        """Return α, β, dα/dt and dβ/dt at times in [0, 1], each of their shape; at a knot rates are those behind it.

        Raises ValueError for other times.
        """
        if not np.all((times >= 0) & (times <= 1)):
            raise ValueError("t must lie in [0, 1]")
        out = np.empty((4, *times.shape))
        windows = self.schedule.windows
        owner = np.searchsorted([float(window.end) for window in windows[:-1]], times, side="right")
        for k, window in enumerate(windows):
            inside = owner == k
            shares = (times[inside] - float(window.start)) / float(window.end - window.start)
            out[:, inside] = self._inside(window, shares)
        return out[0], out[1], out[2], out[3]

    def time_of(self, ratios: Array) -> Array:
        """Return the times at which ψ has the given values, 1 where they are infinite; ValueError below 0."""
        if not np.all(ratios >= 0):
            raise ValueError("a signal-to-noise ratio must be at least 0")
        low, high = np.zeros(ratios.shape), np.ones(ratios.shape)
        finite = np.where(np.isinf(ratios), 0.0, ratios)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            noise, signal, _, _ = self.at(middle)
            below = signal < finite * noise
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.where(np.isinf(ratios), 1.0, np.where(ratios == 0, 0.0, (low + high) / 2))

    def _inside(self, window: Window, shares: Array) -> Array:
        motion = window.motion
        parts = motion.alpha, motion.beta, window.rate(motion.alpha), window.rate(motion.beta)
        with np.errstate(divide="ignore"):
            return np.stack([evaluate(part, shares, self.d, self.kappa) for part in parts])


@dataclass(frozen=True, repr=False, eq=False)
class FlowMatchingExport(Export):
    """An export to flow_matching: ``values`` is the time grid of a model of the linear path; see ``scheduler``."""

    path: Path | None = None

    def scheduler(self) -> Any:  # noqa: ANN401  # of a library that is imported here and not before
        """Return the schedule as a ``flow_matching.path.scheduler.Scheduler``; the library is imported now.

        The library's names swap ours: its alpha_t is β and its sigma_t is α. Rates are exact, at a knot those behind
        it; ``snr_inverse`` finds t by halving. Use it to train on the schedule (``AffineProbPath``), or with
        ``ScheduleTransformedModel``, whose steps are then uniform in t inside the windows.

        Raises ValueError for a design, which has nodes and no path between them, ImportError without the library.
        """
        if self.path is None:
            raise ValueError("a design has nodes and no path between them: use its values as a time_grid")
        return _scheduler(self.path)


def _scheduler(path: Path) -> Any:  # noqa: ANN401
    library = importlib.import_module("flow_matching.path.scheduler.scheduler")

    def call(_: object, t: Any) -> Any:  # noqa: ANN401
        noise, signal, noise_rate, signal_rate = (t.new_tensor(part) for part in path.at(_array(t)))
        return library.SchedulerOutput(alpha_t=signal, sigma_t=noise, d_alpha_t=signal_rate, d_sigma_t=noise_rate)

    def snr_inverse(_: object, snr: Any) -> Any:  # noqa: ANN401
        return snr.new_tensor(path.time_of(_array(snr)))

    return type("DilatedScheduler", (library.Scheduler,), {"__call__": call, "snr_inverse": snr_inverse})()


def _array(tensor: Any) -> Array:  # noqa: ANN401
    return np.asarray(tensor.detach().double().cpu().numpy())


def _flow_matching(nodes: Nodes, settings: Settings) -> Draft:
    times = told_apart(rounded(nodes.psi / (1 + nodes.psi)), "t = psi/(1 + psi)")
    return Draft(
        (*times.tolist(), 1.0),
        _CALL,
        1.0,
        f"{EULER} on the linear path",
        straight(1 - times),
        notes=(
            "No cut is needed: the grid begins at t = 0.",
            'step_size must be None and method "euler"; a step_size would lay another grid.',
        ),
    )


FLOW = {"flow-matching": _flow_matching}
