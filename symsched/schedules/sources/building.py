"""From a schedule to what a source says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from symsched.algebra.arrays import Array
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.plan import Plan
from symsched.schedules.sources.subject import COMPUTED, Owner, Subject, piece_of, table_of
from symsched.schedules.window import Window


@final
@dataclass(frozen=True)
class Told:
    """What a schedule tells: its windows, in which of them Euler's steps are steps in τ, its own scheme, its owner."""

    interpolant: Interpolant
    windows: tuple[Window, ...]
    in_tau: Sequence[bool]
    needs_kappa: bool
    scheme: str
    owner: Owner


@final
@dataclass(frozen=True)
class Numbers:
    """The steps at one d: a plan, τ at its nodes, and the settings that it was made with."""

    plan: Plan
    tau: Array
    settings: Mapping[str, float]


def schedule_subject(told: Told, numbers: Numbers | None, scheme: str | None, title: str) -> Subject:
    """Return what a source says of a schedule, with steps in ``numbers`` where they are given.

    Raises ValueError for a ``scheme`` that a source does not compute itself where there are none.
    """
    chosen = told.scheme if scheme is None else scheme
    notes: tuple[str, ...] = ()
    if numbers is None and chosen not in COMPUTED:
        if scheme is not None:
            raise ValueError(
                f"a source computes the steps of {' and '.join(COMPUTED)}; for scheme={scheme!r} pass d and steps, and "
                "kappa where the schedule depends on it"
            )
        notes = (f"the schedule's own scheme is {chosen}: pass d, steps and kappa to have its steps as numbers",)
        chosen = "canonical"
    path = told.interpolant
    return Subject(
        title,
        (path.name, str(path.alpha), str(path.beta)),
        tuple(piece_of(window, in_tau=flag) for window, flag in zip(told.windows, told.in_tau, strict=True)),
        told.needs_kappa,
        chosen,
        told.owner,
        notes,
        None if numbers is None else table_of(numbers.plan, numbers.settings["d"]),
        () if numbers is None else tuple(numbers.settings.items()),
        () if numbers is None else (("tau", numbers.tau.tolist()),),
    )
