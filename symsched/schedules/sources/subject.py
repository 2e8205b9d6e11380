"""What a source says: the windows of a schedule, a table of coefficients, whose they are, and a posterior mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import final

import numpy as np
import sympy as sp

from symsched.algebra.codegen import number
from symsched.algebra.constants import ImplicitConstant
from symsched.laws import AbstractLaw
from symsched.schedules.plan import Plan
from symsched.schedules.window import Window, elapsed, remaining
from symsched.symbols import d, kappa


@final
@dataclass(frozen=True)
class Mode:
    """A mode in which coordinates are independent and alike: its ``weight``, and its law as normal ``parts``.

    A part is (share, mean, variance), of variance 0 an atom; all are expressions in d alone.
    """

    weight: sp.Expr
    parts: tuple[tuple[sp.Expr, sp.Expr, sp.Expr], ...]


@final
@dataclass(frozen=True)
class Owner:
    """Whose a source is: ``facts`` for its head, and the ``modes`` of its law or the reason that they are unknown."""

    facts: tuple[str, ...] = ("distribution: any",)
    modes: tuple[Mode, ...] = ()
    unknown: str = "a schedule by itself knows no distribution"


def mode_of(weight: sp.Expr, law: AbstractLaw) -> Mode | None:
    """Return a mode in numbers and d, or None where its law has no normal parts or a parameter is still a symbol."""
    parts = law.normal_parts()
    if parts is None:
        return None
    everything = [weight, *(value for part in parts for value in part)]
    if any(value.free_symbols - {d} for value in everything):
        return None
    return Mode(_solved(weight), tuple((_solved(w), _solved(m), _solved(v)) for w, m, v in parts))


@final
@dataclass(frozen=True)
class Piece:
    """A window: ends in t, and (τ, α, β) with their rates d/dt as expressions in the elapsed and remaining share.

    ``straight`` says of α and of β whether an Euler step in x reads the value at the next node.
    """

    name: str
    start: sp.Rational
    end: sp.Rational
    values: tuple[sp.Expr, sp.Expr, sp.Expr]
    rates: tuple[sp.Expr, sp.Expr, sp.Expr]
    straight: tuple[bool, bool]

    @property
    def knot(self) -> tuple[sp.Expr, ...]:
        """(τ, α, β) at the start of the window, in d and κ."""
        return tuple(value.subs({elapsed: 0, remaining: 1}) for value in self.values)


def piece_of(window: Window, *, in_tau: bool) -> Piece:
    """Return what a source says of a window; ``in_tau`` where Euler's steps are steps in τ.

    Raises ValueError where an expression holds another symbol than the shares, d and κ.
    """
    motion = window.motion
    values = tuple(_solved(value) for value in (motion.tau, motion.alpha, motion.beta))
    stray = set().union(*(value.free_symbols for value in values)) - {elapsed, remaining, d, kappa}
    if stray:
        raise ValueError(f"the schedule needs a number for {', '.join(sorted(map(str, stray)))}")
    tau, alpha, beta = values
    rates = window.rate(tau), window.rate(alpha), window.rate(beta)
    straight = in_tau or window.is_straight(alpha), in_tau or window.is_straight(beta)
    return Piece(window.name, window.start, window.end, (tau, alpha, beta), rates, straight)


@final
@dataclass(frozen=True)
class Table:
    """A plan as expressions in d: x_{k+1} = A_k x_k + Σ B_kj D_j + shift_k + wave_k He_n(z).

    ``units`` are (name, expression in d), which the other entries may hold as symbols. It is that of every d from
    ``least`` on, or of ``only`` one.
    """

    times: tuple[sp.Expr, ...]
    psi: tuple[sp.Expr, ...]
    alpha: tuple[sp.Expr, ...]
    beta: tuple[sp.Expr, ...]
    A: tuple[sp.Expr, ...]
    B: tuple[tuple[tuple[int, sp.Expr], ...], ...]
    shift: tuple[sp.Expr, ...]
    wave: tuple[sp.Expr, ...]
    degree: int
    units: tuple[tuple[sp.Symbol, sp.Expr], ...] = ()
    least: float = 0.0
    only: float | None = None

    @property
    def bends(self) -> bool:
        """Whether a step adds a multiple of He_n of the noise."""
        return any(value != 0 for value in self.wave)

    @property
    def memory(self) -> int:
        """How many posterior means have to be kept: 1 where no step uses an earlier one."""
        return max((k - j + 1 for k, row in enumerate(self.B) for j, _ in row), default=1)


def table_of(plan: Plan, dimension: float) -> Table:
    """Return a plan in numbers, for the one dimension that it is made for."""
    table = plan.B.tocsr()
    bounds, columns, values = (part.tolist() for part in (table.indptr, table.indices, table.data))
    rows = tuple(
        tuple((j, sp.Float(b)) for j, b in zip(columns[first:last], values[first:last], strict=True))
        for first, last in pairwise(bounds)
    )
    arrays = (plan.times, plan.psi, plan.alpha, plan.beta, plan.A)
    times, psi, alpha, beta, scale = (_floats(array.tolist()) for array in arrays)
    shift, wave = _floats(plan.shift.tolist()), _floats(plan.wave.tolist())
    return Table(times, psi, alpha, beta, scale, rows, shift, wave, plan.degree, only=float(dimension))


COMPUTED = ("interpolant", "canonical")
"""Schemes whose coefficients a source computes itself."""


@final
@dataclass(frozen=True)
class Subject:
    """All that a source says; without ``pieces`` it is a table alone, whose own nodes stand for a schedule.

    ``scheme`` is the one that ``table`` was made with or, without a table, "interpolant" or "canonical", which the
    source computes itself. ``settings`` are (name, value) of the table: d, steps, kappa.
    """

    title: str
    path: tuple[str, str, str] | None
    pieces: tuple[Piece, ...]
    needs_kappa: bool
    scheme: str
    owner: Owner
    notes: tuple[str, ...] = ()
    table: Table | None = None
    settings: tuple[tuple[str, float], ...] = ()
    data: tuple[tuple[str, object], ...] = ()


def _floats(values: Sequence[float]) -> tuple[sp.Expr, ...]:
    return tuple(sp.Float(value) if np.isfinite(value) else sp.oo for value in values)


def _solved(expression: sp.Expr) -> sp.Expr:
    """Return an expression with numbers for its implicit constants."""
    constants = expression.atoms(ImplicitConstant)
    return expression.xreplace({c: sp.Float(number(c, "a constant")) for c in constants})
