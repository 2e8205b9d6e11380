"""Rows, charts and ledgers as values that JSON can hold."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

from symsched.algebra.formulas import formula_latex
from symsched.reporting.claim import Finding, Ledger
from symsched.reporting.verdicts import Row

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def to_dict(ledger: Ledger, *, times: bool = True) -> dict[str, Json]:
    """Return the ledger as JSON values, every number of every row and chart in it.

    Without ``times`` there is nothing in it that differs from one run to the next.
    """
    return {
        "title": ledger.title,
        "passed": ledger.passed,
        "summary": ledger.summary,
        "settings": json_value(ledger.settings),
        f"{ledger.noun}s": [_claim(claim, times=times) for claim in ledger.claims],
    }


def _claim(claim: Finding, *, times: bool) -> dict[str, Json]:
    data = fields_to_dict(replace(claim, formula=(), seconds=round(claim.seconds, 3)))
    del data["formula"]
    if not times:
        del data["seconds"]
    return data | {
        "outcome": claim.outcome,
        "holds": claim.holds,
        "as_expected": claim.as_expected,
        "formulas": [{"latex": formula_latex(formula), "sympy": str(formula)} for formula in claim.formula],
    }


def row_to_dict(row: Row) -> dict[str, Json]:
    """Return the row as JSON values: numbers to 15 significant digits, an infinite one as the string "inf"."""
    return fields_to_dict(row)


def fields_to_dict(record: object) -> dict[str, Json]:
    """Return the fields of a dataclass as JSON values."""
    return {field.name: json_value(getattr(record, field.name)) for field in fields(record)}  # type: ignore[arg-type]


def json_value(value: object) -> Json:
    """Return a value that JSON can hold: infinities become "inf" and "-inf", a NaN becomes null.

    >>> json_value([0.1 + 0.2, float("inf"), 10_000])
    [0.3, 'inf', 10000]
    """
    if is_dataclass(value):
        return fields_to_dict(value)
    if isinstance(value, Mapping):
        return {name: json_value(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(entry) for entry in value]
    if value is None or isinstance(value, int | str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if math.isnan(number):
        return None
    return str(number) if math.isinf(number) else float(f"{number:.15g}")
