"""A number from samples, with its standard error."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A Monte Carlo estimate with its standard error."""

    value: float
    standard_error: float

    def __str__(self) -> str:
        """Value ± standard error."""
        return f"{self.value:.6g} ± {self.standard_error:.2g}"
