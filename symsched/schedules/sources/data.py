"""A subject as data: JSON with everything, CSV with the nodes."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import sympy as sp

from symsched import __version__
from symsched.schedules.sources.comments import head
from symsched.schedules.sources.subject import Subject, Table


def json_source(subject: Subject) -> str:
    """Return the subject as JSON: expressions as text, infinite numbers as "inf"."""
    data: dict[str, object] = {"symsched": __version__, "title": subject.title, "facts": list(subject.owner.facts)}
    if subject.path is not None:
        data["interpolant"] = dict(zip(("name", "alpha", "beta"), subject.path, strict=True))
    if subject.pieces:
        names = ("tau", "alpha", "beta")
        data["windows"] = [
            {
                "name": piece.name,
                "start": str(piece.start),
                "end": str(piece.end),
                **{name: str(value) for name, value in zip(names, piece.values, strict=True)},
                **{f"{name}_rate": str(value) for name, value in zip(names, piece.rates, strict=True)},
            }
            for piece in subject.pieces
        ]
        data["shares"] = {"v": "(t - start)/(end - start)", "r": "(end - t)/(end - start)"}
    data["scheme"] = subject.scheme
    data["notes"] = list(subject.notes)
    data["modes"] = [
        {
            "weight": str(mode.weight),
            "parts": [dict(zip(("share", "mean", "variance"), map(str, part), strict=True)) for part in mode.parts],
        }
        for mode in subject.owner.modes
    ]
    if not subject.owner.modes:
        data["denoiser"] = f"pass one: {subject.owner.unknown}"
    data |= dict(subject.data)
    if subject.table is not None:
        data["settings"] = dict(subject.settings)
        data["table"] = _table(subject.table)
    return json.dumps(data, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _table(table: Table) -> dict[str, object]:
    found: dict[str, object] = {"units": {symbol.name: str(value) for symbol, value in table.units}}
    for name in ("times", "psi", "alpha", "beta", "A", "shift"):
        found["t" if name == "times" else name] = _entries(getattr(table, name))
    found["sigma"] = [*_entries([1 / value if value != 0 else sp.oo for value in table.psi]), 0.0]
    found["B"] = [[[j, *_entries([value])] for j, value in row] for row in table.B]
    if table.bends:
        found["wave"], found["degree"] = _entries(table.wave), table.degree
    return found


def _entries(values: Sequence[sp.Expr]) -> list[object]:
    return [_entry(value) for value in values]


def _entry(value: sp.Expr) -> float | str:
    return float(value) if value.is_number and value.is_finite else "inf" if value.is_number else str(value)


def csv_source(subject: Subject) -> str:
    """Return a row a node, t, τ, α, β, ψ and σ, below the head as comments; ValueError where no table was asked for."""
    if subject.table is None or subject.table.only is None:
        raise ValueError("the target csv is a list of nodes: pass d and steps (and kappa), of a design d alone")
    columns = dict(subject.data)
    table = subject.table
    psi = [float(value) for value in table.psi] + [math.inf]
    shown = {
        "t": [float(value) for value in table.times],
        **({"tau": columns["tau"]} if "tau" in columns else {}),
        "alpha": [float(value) for value in table.alpha],
        "beta": [float(value) for value in table.beta],
        "psi": psi,
        "sigma": [1 / value if value else math.inf for value in psi],
    }
    lines = [f"# {line}".rstrip() for line in head(subject)]
    lines.append("# these are the nodes; the coefficients of the steps are in the target json")
    lines.append(",".join(shown))
    lines += [",".join(repr(float(value)) for value in row) for row in zip(*shown.values(), strict=True)]
    return "\n".join(lines) + "\n"
