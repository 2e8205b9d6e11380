"""The posterior mean of a mixture of product laws along maps that all coordinates share."""

from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.laws.numeric import AbstractSite
from symsched.laws.numeric.kernels import AbstractKernel
from symsched.laws.numeric.tables import fast_kernel
from symsched.models.base import softmax
from symsched.models.one_map.cell_frame import CellFrame
from symsched.models.one_map.cells import Cells
from symsched.models.one_map.drift import AbstractDrift, Evaluation, relative_tail

_LOG_TOLERANCE = 1e-10
"""Error in a mode's log probability at which a cell is refined."""


@final
class ProductDrift(AbstractDrift):
    """Σ_k π_k E_k[a | y], π_k ∝ w_k exp(Σ_j log Z_k(ψ, y_j))."""

    def __init__(self, weights: Array, sites: tuple[AbstractSite, ...]) -> None:
        """Take the mode weights (K,) and the K laws of one coordinate."""
        self._log_weights = np.log(weights)
        self._sites = sites

    def evaluate(self, frame: CellFrame, cells: Cells, psi: float, field: Array) -> Evaluation:
        """Return posterior mean, responsibilities and misfits."""
        tilts: list[AbstractKernel] = [fast_kernel(site, psi) for site in self._sites]
        pairs = [tilt.both(field) for tilt in tilts]
        logs = np.stack([frame.sum(pair[0]) for pair in pairs], axis=1)
        responsibilities = softmax(logs + self._log_weights)
        mean = np.zeros(field.size)
        misfit, unknown = np.zeros(cells.path.size), np.zeros(cells.path.size)
        # An error in a log likelihood matters as far as the modes are not decided yet.
        doubt = (1 - responsibilities.max(axis=1))[cells.path]
        population = frame.population
        for k, (log_normaliser, site_mean) in enumerate(pairs):
            weight = responsibilities[frame.owner, k]
            mean += weight * site_mean
            floor = 1e-15 * np.abs(log_normaliser).max(initial=0.0) * population
            misfit = np.maximum(misfit, doubt * (frame.tails(log_normaliser) * population - floor) / _LOG_TOLERANCE)
            unknown = np.maximum(unknown, frame.moment_error(log_normaliser))
        shift = doubt * unknown * np.abs(mean).max(initial=0.0)
        return Evaluation(mean, responsibilities, np.maximum(misfit, relative_tail(frame, cells, mean)), shift)
