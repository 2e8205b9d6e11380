"""What the user wrote, read into distributions, interpolants and numbers; every error says what was required."""

import argparse
import re
import sys
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symsched.algebra.codegen import number
from symsched.distributions.base import AbstractDistribution
from symsched.distributions.text import parse, parse_value
from symsched.distributions.text.laws import LAWS
from symsched.errors import nearest, require_integer
from symsched.limits.limit import Limit, derive
from symsched.schedules.interpolant import INTERPOLANTS, Interpolant
from symsched.zoo import Settings, find

_WORD = re.compile(r"[A-Za-z][\w-]*")


@dataclass(frozen=True)
class Request:
    """A distribution that was asked for: its name or text, one line on it, and the settings that suit it."""

    title: str
    description: str
    distribution: AbstractDistribution
    interpolant: Interpolant
    settings: Settings

    def limit(self) -> Limit:
        """Derive its limit."""
        return derive(self.distribution, self.interpolant)

    def sampling(self, options: argparse.Namespace, least_dimension: int) -> dict[str, Any]:
        """Return the settings of a simulation: what the options give, else what suits the distribution."""
        suited = self.settings
        return {
            "dimensions": [whole(d, "d", least_dimension) for d in options.d] if options.d else suited.dimensions,
            "n": suited.n if options.n is None else whole(options.n, "n", 1),
            "kappa": suited.kappa if options.kappa is None else real(options.kappa, "kappa"),
            "rng": whole(options.seed, "seed", 0),
            "scheme": options.scheme,
            "progress": progress(options),
        }


def request(options: argparse.Namespace) -> Request:
    """Return the distribution and interpolant that the options name; a single word is a name, all else a mixture."""
    text = options.name.strip()
    if _WORD.fullmatch(text) and text not in LAWS:
        entry = find(text)
        distribution = entry.distribution(**_values(options.values))
        path = _interpolant(options.interpolant or entry.settings.interpolant)
        return Request(entry.name, entry.description, distribution, path, entry.settings)
    if options.values:
        raise ValueError("--set changes a named distribution; write the numbers into the mixture itself")
    return Request(text, "a mixture", parse(text), _interpolant(options.interpolant or "vp"), Settings())


def _values(assignments: list[str]) -> dict[str, sp.Expr]:
    values: dict[str, sp.Expr] = {}
    for assignment in assignments:
        name, sign, text = assignment.partition("=")
        if not sign or not name.strip() or not text.strip():
            raise ValueError(f"--set takes parameter=value, such as p=4/5, got {assignment!r}")
        if name.strip() in values:
            raise ValueError(f"--set gives {name.strip()} twice")
        values[name.strip()] = parse_value(text)
    return values


def _interpolant(name: str) -> Interpolant:
    key = name.lower().replace("_", "-")
    if key not in INTERPOLANTS:
        raise ValueError(f"unknown interpolant {name!r}; {nearest(name, INTERPOLANTS)}")
    return INTERPOLANTS[key]


def whole(text: str, name: str, minimum: int) -> int:
    """Return the integer that ``text`` writes, as 10000, 1e4 or 10**4."""
    value = _number_in(text, f"{name} must be a whole number such as 10000 or 1e4, got {text!r}")
    if not value.is_Integer:
        raise ValueError(f"{name} must be a whole number, got {text}")
    return require_integer(int(value), name, minimum)


def real(text: str, name: str) -> float:
    """Return the real number that ``text`` writes."""
    return number(_number_in(text, f"{name} must be a number such as 10000 or 1e4, got {text!r}"), name)


def _number_in(text: str, otherwise: str) -> sp.Expr:
    """Return the value of a text; ValueError with ``otherwise`` for a word, of which a list of laws is no help."""
    try:
        return parse_value(text)
    except ValueError as error:
        if text.isalpha():
            raise ValueError(otherwise) from error
        raise


def progress(options: argparse.Namespace) -> bool:
    """Whether to show a progress bar: as asked, else if standard error is a terminal."""
    return sys.stderr.isatty() if options.progress is None else bool(options.progress)
