"""Schedules and tables as source text that needs nothing of this package."""

from collections.abc import Callable

from symsched.errors import nearest
from symsched.schedules.sources.array_code import array_source
from symsched.schedules.sources.building import Numbers, Told, schedule_subject
from symsched.schedules.sources.c_code import c_source
from symsched.schedules.sources.data import csv_source, json_source
from symsched.schedules.sources.dialects import JAX, NUMPY, TORCH
from symsched.schedules.sources.subject import Mode, Owner, Subject, Table, mode_of, table_of

__all__ = [
    "TARGETS",
    "Mode",
    "Numbers",
    "Owner",
    "Subject",
    "Table",
    "Told",
    "mode_of",
    "require_target",
    "schedule_subject",
    "source_of",
    "table_of",
]

_WRITERS: dict[str, Callable[[Subject], str]] = {
    "numpy": lambda subject: array_source(subject, NUMPY),
    "torch": lambda subject: array_source(subject, TORCH),
    "jax": lambda subject: array_source(subject, JAX),
    "c": c_source,
    "json": json_source,
    "csv": csv_source,
}
TARGETS = tuple(_WRITERS)
"""Languages and libraries that ``Schedule.source`` and ``Design.source`` know."""


def source_of(subject: Subject, target: str) -> str:
    """Return a subject as text for one of ``TARGETS``; the same subject gives the same bytes.

    Raises ValueError for any other target, and where a language has no function that the subject needs; TypeError for
    a title that is no text.
    """
    require_target(target)
    if not isinstance(subject.title, str):
        raise TypeError(f"title must be text, got {subject.title!r}")
    return _WRITERS[target](subject)


def require_target(target: object) -> None:
    """Raise ValueError unless a target is known."""
    if not isinstance(target, str) or target not in _WRITERS:
        name = target if isinstance(target, str) else ""
        raise ValueError(f"unknown target {target!r}; {nearest(name, TARGETS)}")
