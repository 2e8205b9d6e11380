"""How much work a claim may do."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Sized(Generic[T_co]):
    """A setting in two sizes: one for the full reproduction, one for a first look."""

    full: T_co
    quick: T_co


@dataclass(frozen=True)
class Effort:
    """The size of a reproduction: ``quick`` for a first look, and the seed of every random number in it."""

    quick: bool = False
    seed: int = 0

    def of(self, setting: T | Sized[T]) -> T:
        """Return a setting in this size."""
        if isinstance(setting, Sized):
            return setting.quick if self.quick else setting.full
        return setting

    def choose(self, full: int, quick: int) -> int:
        """Return the full size, or the quick one."""
        return quick if self.quick else full
