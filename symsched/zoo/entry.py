"""What the zoo knows of a distribution: how to build it, and how to validate it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from symsched.distributions.base import AbstractDistribution
from symsched.errors import nearest
from symsched.schedules.interpolant import INTERPOLANTS, Interpolant

Builder = Callable[..., AbstractDistribution]
"""A function of keyword parameters, each with a default; its name and its docstring's first line are the entry's."""


@dataclass(frozen=True)
class Settings:
    """How a distribution is best validated: dimensions, samples, steps, window constant κ, name of the interpolant."""

    dimensions: tuple[int, ...] = (1_000, 10_000, 100_000)
    n: int = 4_000
    steps: int = 40
    kappa: float = 3.0
    interpolant: str = "vp"

    @property
    def path(self) -> Interpolant:
        """The interpolant."""
        return INTERPOLANTS[self.interpolant]

    @property
    def quick(self) -> Settings:
        """The same with a quarter of the samples (at least 500), and two dimensions at most."""
        return replace(self, dimensions=self.dimensions[-2:], n=max(500, self.n // 4))


@dataclass(frozen=True)
class Entry:
    """A named distribution: its builder, the group it stands in, and the settings that suit it."""

    build: Builder
    group: str
    settings: Settings = Settings()

    @property
    def name(self) -> str:
        """The builder's name, written with hyphens."""
        return self.build.__name__.replace("_", "-")

    @property
    def description(self) -> str:
        """One line on it: the first of the builder's docstring, empty where Python runs without docstrings."""
        return next(iter((inspect.getdoc(self.build) or "").splitlines()), "").rstrip(".")

    @property
    def parameters(self) -> Mapping[str, sp.Expr]:
        """Parameters of the builder with their defaults."""
        return {name: p.default for name, p in inspect.signature(self.build).parameters.items()}

    def distribution(self, **values: sp.Expr | float) -> AbstractDistribution:
        """Return the distribution with some parameters changed; ValueError for a parameter that it does not have."""
        known = self.parameters
        for name in values:
            if name not in known:
                hint = nearest(name, known) if known else "it has none"
                raise ValueError(f"{self.name} has no parameter {name!r}; {hint}")
        return self.build(**{name: sp.sympify(value, strict=True) for name, value in values.items()})
