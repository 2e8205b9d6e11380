"""How much work a claim may do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """The size of a reproduction: ``quick`` for a first look, and the seed of every random number in it."""

    quick: bool = False
    seed: int = 0

    def choose(self, full: int, quick: int) -> int:
        """Return the full size, or the quick one."""
        return quick if self.quick else full
