"""What an exchangeable model tells the maps of its paths: the posterior mean at their nodes, and how good it is."""

import abc
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.models.base import AbstractModel
from symsched.models.one_map.cell_frame import CellFrame
from symsched.models.one_map.cells import Cells

_RESOLVED = 3e-13
"""Size of the last Chebyshev coefficients, relative to the function, at which a cell is refined."""
_RESOLVED_SUMS = 1e-9
"""The same where only sums are wanted."""


@final
@dataclass(frozen=True)
class Evaluation:
    """The posterior ``mean`` at every value (T,) and the ``responsibilities`` (r, K).

    ``misfit`` (C,): a cell is halved where it exceeds 1; ``shift`` (C,): error of the posterior mean from what the bins
    leave unknown of each cell's sums.
    """

    mean: Array
    responsibilities: Array
    misfit: Array
    shift: Array


class AbstractDrift(abc.ABC):
    """The posterior mean of an exchangeable model at the nodes of the cells."""

    @abc.abstractmethod
    def evaluate(self, frame: CellFrame, cells: Cells, psi: float, field: Array) -> Evaluation:
        """Return the posterior mean and how well the cells resolve it; ``field`` is ψ y at every value."""


class AbstractExchangeableModel(AbstractModel):
    """A model under which all coordinates of a path obey the same scalar recursion."""

    @abc.abstractmethod
    def drift(self, patience: int) -> AbstractDrift:
        """Return the posterior mean of one block of paths; a shortcut may be trusted for ``patience`` steps."""


class MissedPeakError(ArithmeticError):
    """A peak of the field's law grew while nobody looked; the paths must be run again, looking at every step."""


def relative_tail(frame: CellFrame, cells: Cells, values: Array) -> Array:
    """Return the tails of a function in units of what counts as resolved."""
    return frame.tails(values) / (resolution(cells) * (1 + np.abs(values).max(initial=0.0)))


def resolution(cells: Cells) -> float:
    """Return the relative tail that counts as resolved."""
    return _RESOLVED if cells.named else _RESOLVED_SUMS
