"""Schedules t → τ → (α, β): windows of t, and the grids on them."""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from symsched.algebra.arrays import Array, real_array
from symsched.algebra.codegen import number
from symsched.algebra.notation.lines import display
from symsched.errors import nearest, require_integer, require_real
from symsched.laws import AbstractLaw
from symsched.reporting.charts import Plate
from symsched.reporting.drawing import Printed, printed
from symsched.schedules import grids, sources
from symsched.schedules.dilation import Scale, custom_windows, dilated_windows
from symsched.schedules.gaussian_step import gaussian_step, shared_variance
from symsched.schedules.grids import Grid
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.notation import window_lines
from symsched.schedules.picture import schedule_plate
from symsched.schedules.plan import AbstractTable, Plan
from symsched.schedules.schemes import SCHEMES, Nodes, Stretch
from symsched.schedules.schemes.base import no_variance
from symsched.schedules.window import Crossing, Position, Window, evaluate
from symsched.symbols import d as d_symbol
from symsched.symbols import kappa as kappa_symbol
from symsched.symbols import t

CUT = sp.Rational(1, 1000)
"""Share of the first step's signal that a sampler misses which starts from a finite σ_0 z: ψ_0/ψ_1."""


_ALSO = {"ddim": "canonical", "euler": "interpolant", "ab2": "adams", "2m": "dpmpp_2m", "dpm-solver++": "dpmpp_2m"}
"""Other names of schemes."""


class OvershootError(ValueError):
    """Raised where a step in x would take the noise below zero; says what to take in its place."""


@dataclass(frozen=True)
class Schedule:
    """A time dilation of an interpolant: t ∈ [0, 1] (0 noise, 1 data) → τ → α, β; symbols d and κ stay free.

    ``sites``, the laws of a coordinate in the modes, are known to a limit's own schedule; the scheme "gaussian" asks
    for the variance that they share.
    Source: the dilations of arXiv 2501.00988, generalised to any number of phases.
    """

    interpolant: Interpolant
    windows: tuple[Window, ...]
    sites: tuple[AbstractLaw, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        """One line: the interpolant, the windows, and what has to be given."""
        names = ", ".join(window.name for window in self.windows)
        return f"<Schedule under {self.interpolant.name}: {names}{'; in kappa' if self.needs_kappa else ''}>"

    def latex(self, fresh: Iterator[sp.Symbol] | None = None) -> str:
        """Return the interpolant and τ(t), a window to a row, as a display in LaTeX; it needs amsmath alone.

        ``fresh`` gives the names of parts that are too wide where they stand.
        """
        return display([*self.interpolant.lines(), *window_lines(self.windows, fresh)])

    def _repr_latex_(self) -> str:
        return self.latex()

    @cached_property
    def tau(self) -> sp.Expr:
        """τ as an expression in t, d and κ."""
        return self._piecewise("tau")

    @cached_property
    def alpha(self) -> sp.Expr:
        """α(τ(t)) as an expression in t, d and κ."""
        return self._piecewise("alpha")

    @cached_property
    def beta(self) -> sp.Expr:
        """β(τ(t)) as an expression in t, d and κ."""
        return self._piecewise("beta")

    def _piecewise(self, name: str) -> sp.Expr:
        pieces = [(getattr(w, name), t <= w.end) for w in self.windows[:-1]]
        return sp.Piecewise(*pieces, (getattr(self.windows[-1], name), True))

    def times(self, steps: int) -> Array:
        """Return the N+1 nodes in t, shape (steps+1,): uniform inside each window, window ends among the nodes.

        With N a multiple of the number of windows this is the uniform grid. It is that of every scheme but "edgeworth",
        which places its nodes itself: ``Plan.times``.
        """
        return self._times(grids.even(self.windows, require_integer(steps, "steps", 1)))

    def _times(self, grid: Grid) -> Array:
        pieces = zip(self.windows, grid.shares, strict=True)
        inner = [float(w.start) + shares * float(w.end - w.start) for w, shares in pieces]
        return np.concatenate([*inner, np.ones(1)])

    @cached_property
    def needs_kappa(self) -> bool:
        """Whether the schedule depends on the window constant κ."""
        return any(window.motion.tau.has(kappa_symbol) for window in self.windows)

    @property
    def scheme(self) -> str:
        """The scheme where none is asked for: "edgeworth" where there is a gap to cross, else "interpolant"."""
        return "interpolant" if self._crossing is None else "edgeworth"

    @property
    def noise_exponent(self) -> sp.Rational:
        """e in α ~ d^e on the first window."""
        return self.windows[0].noise_exponent

    def plan(self, steps: int, d: float, kappa: float | None = None, scheme: str | None = None) -> Plan:
        """Return the N steps at dimension ``d`` (a real number: 10^12 and beyond are fine) as coefficients.

        ``scheme`` is the schedule's own unless given: "interpolant" (Euler in x: in t where α or β moves linearly in t,
        elsewhere in τ), "canonical" (Euler in x/α, DDIM), "adams" or "adams3" (Adams in ψ of two or three steps),
        "dpmpp_2m" (DPM-Solver++(2M)), "midpoint" or "heun" (two evaluations a step, on pairs of nodes: Heun's moves
        every second node to the next), "gaussian" (exact for Gaussian sites, where all modes have the same variance),
        or "edgeworth" (a scheme for each phase: Adams, behind an order q > 1 one step over the gap of scales, straight
        in ψ̂^q, and 2M in the last window). Those of several evaluations start again in each window.

        Raises ValueError where κ does not fit below the scales of d.
        """
        return self._plan(steps, d, kappa, scheme, opening=False)

    def opening(self, steps: int, d: float, kappa: float | None = None, scheme: str | None = None) -> Plan:
        """Return ``plan`` as far as the last node of the first window, with canonical steps from there on.

        It exists at larger d: a step in x that leaves the window may overshoot the noise as d → ∞, none inside it.
        """
        return self._plan(steps, d, kappa, scheme, opening=True)

    def _plan(self, steps: int, d: float, kappa: float | None, scheme: str | None, *, opening: bool) -> Plan:
        """Return the plan; if it is an opening, tangents from the last node of the first window on are the values
        themselves, which makes Euler canonical.
        """
        chosen = self.scheme if scheme is None else scheme
        if not isinstance(chosen, str) or chosen not in SCHEMES:
            raise ValueError(f"unknown scheme {chosen!r}; {nearest(str(chosen), tuple(SCHEMES), _ALSO)}")
        steps = require_integer(steps, "steps", 1)
        dimension = require_real(d, "d", above=0)
        constant = self.checked_kappa(dimension, kappa)
        places = self._placed(chosen, steps, dimension, constant)
        pieces = list(zip(self.windows, places.shares, strict=True))

        def along(select: Callable[[Window], sp.Expr]) -> Array:
            return _along(select, pieces, dimension, constant)

        noise = np.append(along(lambda w: w.motion.alpha), 0.0)
        signal = np.append(along(lambda w: w.motion.beta), 1.0)
        grid = self._times(places)
        ratios = signal[:-1] / noise[:-1]
        # A bridge between equal scales stands still, up to rounding.
        if np.any(noise[:-1] <= 0) or np.any(np.diff(ratios) < -1e-12 * ratios[1:]):
            raise ValueError(
                f"the windows of this schedule overlap at d = {dimension:g}, kappa = {constant:g}: "
                "psi does not increase with t. Take a smaller kappa or a larger d"
            )

        def tangent(select: Callable[[Position], sp.Expr], values: Array) -> Array:
            exact = [w.is_straight(select(w.motion)) or w.steps_in_tau(self.interpolant) for w, _ in pieces]
            rate = along(lambda w: w.rate(select(w.motion)))
            # A quantity that is linear in the time of the step is its own tangent; reading it off keeps digits that
            # α + Δt α̇ would lose.
            known = np.concatenate(
                [np.full(len(shares), is_exact) for is_exact, (_, shares) in zip(exact, pieces, strict=True)]
            )
            return np.where(known, values[1:], values[:-1] + np.diff(grid) * rate)

        def tangents() -> tuple[Array, Array]:
            kept = np.arange(noise.size - 1) < (len(places.shares[0]) - 1 if opening else noise.size)
            with np.errstate(divide="ignore"):
                led = np.where(kept, tangent(lambda m: m.alpha, noise), noise[1:])
            if np.any(led < 0):
                # A last step, or one from an infinite slope, overshoots however short it is.
                stays = led[-1] < 0 or np.any(np.isinf(led))
                others = " or a linear interpolant" if stays else ", a linear interpolant or more steps"
                raise OvershootError(
                    f"an Euler step in x overshoots the noise at d = {dimension:g} (alpha would change sign); "
                    f"use scheme='canonical'{others}"
                )
            return led, np.where(kept, tangent(lambda m: m.beta, signal), signal[1:])

        exact = (lambda: gaussian_step(noise, signal, shared_variance(self.sites))) if self.sites else no_variance
        stretch = self._stretch(places, dimension)
        behind = places.starts[-1] if len(self.windows) > 1 else None
        found = SCHEMES[chosen](Nodes(grid, noise, signal, places.starts, tangents, exact, stretch, behind))
        return found.made_for(dimension)

    @property
    def _crossing(self) -> Crossing | None:
        return next((window.crossing for window in self.windows if window.crossing is not None), None)

    def _placed(self, scheme: str, steps: int, dimension: float, constant: float) -> Grid:
        """Return where the nodes of a scheme lie."""
        crossing = self._crossing
        if scheme != "edgeworth" or crossing is None:
            return grids.even(self.windows, steps)

        def ratio(window: Window, shares: Array) -> Array:
            noise, signal = (
                evaluate(part, shares, dimension, constant) for part in (window.motion.alpha, window.motion.beta)
            )
            return signal / noise

        # κ counts half the distance of the modes here: s = 2κ/distance.
        strength = 2 * constant / number(crossing.distance, "a distance of modes") / math.sqrt(dimension)
        settled = 0.0 if crossing.settled is None else constant * dimension ** -float(crossing.settled)
        return grids.crossing(self.windows, steps, ratio, strength ** (1 / crossing.order), settled)

    def _stretch(self, places: Grid, dimension: float) -> Stretch | None:
        crossing = self._crossing
        if crossing is None or places.stretch is None:
            return None
        shared = number(crossing.variance.subs(d_symbol, sp.Rational(dimension)), "a common variance")
        return Stretch(*places.stretch, crossing.order, shared)

    def dilation(self, times: ArrayLike, d: float, kappa: float | None = None) -> Array:
        """Return τ at ``times`` t in [0, 1], numbers (N+1,) that increase and end with 1; of the same shape.

        Raises TypeError or ValueError for other times.
        """
        places = real_array(times, "times")
        ends = places[[0, -1]] if places.ndim == 1 and len(places) > 1 else np.full(2, np.nan)
        if not (ends[0] >= 0 and ends[1] == 1 and np.all(np.diff(places) >= 0)):
            raise ValueError(f"times must be numbers from 0 on that increase and end with 1, got {times!r}")
        return np.append(self._at(places[:-1], d, kappa, lambda m: m.tau)[0], 1.0)

    def amplitudes(self, times: ArrayLike, d: float, kappa: float | None = None) -> tuple[Array, Array]:
        """Return α and β at ``times`` t in [0, 1], numbers (T,), free of cancellation at every d."""
        places = real_array(times, "times")
        if places.ndim != 1 or not np.all((places >= 0) & (places <= 1)):
            raise ValueError(f"times must be numbers from 0 to 1, got {times!r}")
        noise, signal = self._at(places, d, kappa, lambda m: m.alpha, lambda m: m.beta)
        return noise, signal

    def _at(self, times: Array, d: float, kappa: float | None, *parts: Callable[[Position], sp.Expr]) -> Array:
        """Return quantities of the motion (parts, T) at times in any order."""
        dimension = require_real(d, "d", above=0)
        constant = self.checked_kappa(dimension, kappa)
        owner = np.searchsorted([float(window.end) for window in self.windows[:-1]], times, side="right")
        found = np.empty((len(parts), len(times)))
        for k, window in enumerate(self.windows):
            shares = (times[owner == k] - float(window.start)) / float(window.end - window.start)
            found[:, owner == k] = [evaluate(part(window.motion), shares, dimension, constant) for part in parts]
        return found

    def plate(self, d: float, kappa: float | None = None, steps: int | None = None) -> Plate:
        """Return the data of ``plot``: charts "amplitudes", "psi" and "logsnr"."""
        dimension = require_real(d, "d", above=0)
        constant = self.checked_kappa(dimension, kappa)
        plan = None if steps is None else self.plan(steps, dimension, constant, "canonical")
        told = constant if self.needs_kappa else None
        return schedule_plate(self.interpolant, self.windows, dimension, told, plan)

    def plot(self, d: float, kappa: float | None = None, steps: int | None = None, *, width: str = "column") -> Printed:
        """Return a figure of α and β against t, of ψ against t, and of the time spent on each log-SNR, windows shaded.

        ``steps`` marks the nodes of so many canonical steps; ``width`` is "column" or "page". Raises ValueError for
        settings that ``plan`` refuses.
        """
        return printed(self.plate(d, kappa, steps), width)

    def checked_kappa(self, dimension: float, value: float | None) -> float:
        """Return κ (1 where none is needed); ValueError where it does not fit below the scales of ``dimension``."""
        if not self.needs_kappa:
            return 1.0
        if value is None:
            raise ValueError(
                "this schedule depends on kappa: pass kappa (3 to 5 is usual for means ±1, 1/m of it for ±m)"
            )
        constant = require_real(value, "kappa", above=0)
        for window in self.windows[1:]:
            # Roots of negative numbers are how a κ that does not fit shows itself: the check below names it.
            begins = [
                float(evaluate(part, np.zeros(1), dimension, constant)[0])
                for part in (window.motion.tau, window.motion.alpha)
            ]
            if not (math.isfinite(begins[1]) and begins[0] > 0 and begins[1] > 0):
                where = f"at tau = {begins[0]:.4g}" if math.isfinite(begins[0]) else "nowhere between tau = 0 and 1"
                raise ValueError(
                    f"kappa = {constant:g} is too large for d = {dimension:g}: the {window.name} window would start "
                    f"{where}; take kappa below the scale of the window (kappa < sqrt(d) for separated means) or a "
                    "larger d"
                )
        return constant

    def psi(self, steps: int, d: float, kappa: float | None = None) -> Array:
        """Return ψ at the N nodes that a sampler evaluates, shape (steps,); the end ψ = ∞ is not among them."""
        return self.plan(steps, d, kappa, "canonical").psi

    def sigmas(self, steps: int, d: float, kappa: float | None = None) -> Array:
        """Return σ = 1/ψ decreasing with a trailing 0, shape (steps+1,): the list that EDM-type samplers take.

        Noise at t = 0 has σ = ∞. The list is cut there at σ_0 = 1000 σ_1, that is at ψ_0 = ψ_1/1000: a sampler that
        starts from σ_0 z misses 1/1000 of the signal that the first step brings. The nodes are those of the scheme
        "canonical": Euler in σ.
        """
        return np.append(1.0 / grids.cut_at(self.psi(steps, d, kappa), float(CUT)), 0.0)

    @property
    def owner(self) -> sources.Owner:
        """Whose this schedule is, as a source says it: that of a limit knows its distribution."""
        return sources.Owner()

    def source(
        self,
        target: str = "numpy",
        *,
        d: float | None = None,
        steps: int | None = None,
        kappa: float | None = None,
        scheme: str | None = None,
        title: str = "",
    ) -> str:
        """Return this schedule as source text for one of ``schedules.sources.TARGETS``, free of this package.

        It holds τ, α, β, their rates, ψ and its inverse, the grid, the steps, a sampler and the velocity, all for any d
        and κ, and the posterior mean where that has a closed form; what has no value is refused there too. With ``d``
        and ``steps`` (and ``kappa``) the steps of any ``scheme`` are written as numbers; without, those of
        "interpolant" and "canonical" are computed, and of a schedule whose own is "edgeworth" those of "canonical".
        ``title`` is shown, escaped, in the head. The same arguments give the same bytes.

        Raises ValueError for an unknown target, a scheme that needs numbers, and "csv" without numbers.
        """
        sources.require_target(target)
        steps_in_tau = [window.steps_in_tau(self.interpolant) for window in self.windows]
        numbers = None
        if d is not None and steps is not None:
            plan = self.plan(steps, d, kappa, scheme)
            settings = {"d": float(d), "steps": float(steps)}
            if self.needs_kappa and kappa is not None:
                settings["kappa"] = float(kappa)
            numbers = sources.Numbers(plan, self.dilation(plan.times, d, kappa), settings)
        elif d is not None or steps is not None:
            raise ValueError("steps in numbers need both d and steps, and kappa where the schedule depends on it")
        told = sources.Told(self.interpolant, self.windows, steps_in_tau, self.needs_kappa, self.scheme, self.owner)
        return sources.source_of(sources.schedule_subject(told, numbers, scheme, title), target)

    @property
    def shares(self) -> tuple[tuple[str, sp.Rational, sp.Rational], ...]:
        """Name, start and end in t of each window."""
        return tuple((w.name, w.start, w.end) for w in self.windows)


def _along(
    select: Callable[[Window], sp.Expr], pieces: Sequence[tuple[Window, Array]], d: float, kappa: float
) -> Array:
    """Return a quantity of the windows at the N nodes before the last."""
    return np.concatenate([evaluate(select(w), shares, d, kappa) for w, shares in pieces])


def planned(
    schedule: Schedule | AbstractTable | Plan, steps: int | None, d: float, kappa: float | None, scheme: str | None
) -> Plan:
    """Return the plan at ``d``; ValueError for κ, a scheme or other steps beside a table or plan: it settles them."""
    if isinstance(schedule, Schedule):
        return schedule.plan(require_integer(steps, "steps", 1), d, kappa, scheme)
    given = [f"{name} = {value!r}" for name, value in (("kappa", kappa), ("scheme", scheme)) if value is not None]
    if given:
        raise ValueError(f"a design or a plan settles kappa and scheme itself: leave out {' and '.join(given)}")
    if isinstance(schedule, AbstractTable):
        schedule = schedule.plan(d)
    elif schedule.dimension is not None and schedule.dimension != d:
        warnings.warn(
            f"the plan was made for d = {schedule.dimension:g}, where its steps lie, not d = {d:g}; make one for that",
            stacklevel=3,
        )
    if steps is not None and steps != schedule.steps:
        raise ValueError(f"steps must be left out or be the plan's own {schedule.steps}, got {steps!r}")
    return schedule


@lru_cache(maxsize=64)
def plain(interpolant: Interpolant) -> Schedule:
    """Return the undilated schedule τ = t."""
    return custom(interpolant, t, name="plain")


def custom(interpolant: Interpolant, *dilations: sp.Expr, name: str = "window") -> Schedule:
    """Return the schedule with τ given by one expression in t (d and κ may occur) on each of equal shares of [0, 1].

    Raises ValueError unless τ(0) = 0, τ(1) = 1 and neighbouring expressions meet.
    """
    return Schedule(interpolant, custom_windows(interpolant, dilations, name))


def dilate(interpolant: Interpolant, scales: Sequence[Scale]) -> Schedule:
    """Return the schedule that gives each phase (name, exponent, order) its window, in the order of the flow."""
    return Schedule(interpolant, dilated_windows(interpolant, scales))
