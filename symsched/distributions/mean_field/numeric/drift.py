"""The posterior mean of a mean-field measure along maps that all coordinates share."""

from typing import final

from symsched.algebra.arrays import Array
from symsched.distributions.mean_field.numeric.field_law import AbstractCollective, FieldLaw, Question, Windows
from symsched.laws.numeric import AbstractSite
from symsched.laws.numeric.tables import fast_kernel
from symsched.models.one_map.cell_frame import CellFrame
from symsched.models.one_map.cells import Cells
from symsched.models.one_map.drift import AbstractDrift, Evaluation, MissedPeakError, relative_tail
from symsched.models.one_map.populations import Store

_FIELD = 1e-8
"""Relative error of the exponent of the field's law; that of its mean is far smaller."""
_LEAD = 60.0
"""Nats of a peak's lead over others that a few steps cannot make up for; the next look everywhere finds out."""
_MOST_LEADS = 10.0
"""Such leads that are relied on at once, at most."""


@final
class MeanFieldDrift(AbstractDrift):
    """⟨⟨a⟩(u + ψ y)⟩ over the posterior of the collective field u.

    Where each law has one peak that leads by far, the next steps look near it only, ``patience`` for each
    60 nats.
    """

    def __init__(
        self, site: AbstractSite, collective: AbstractCollective, cuts: Array, sensitivity: float, patience: int
    ) -> None:
        """Take the site law, the field's law, its cuts, and how much the field changes with one coordinate, at most."""
        self._site = site
        self._collective = collective
        self._cuts = cuts
        self._sensitivity = sensitivity
        self._patience = patience
        self._left = 0
        self._near: Windows | None = None
        self._store = Store()

    def evaluate(self, frame: CellFrame, cells: Cells, psi: float, field: Array) -> Evaluation:
        """Return posterior mean, basin masses and misfits."""
        tilt = fast_kernel(self._site, psi, self._collective.scale)
        population = frame.coordinates(field, self._store)
        near = self._near if self._left else None
        law = self._collective.law(Question(population, tilt, self._cuts, near=near, tolerance=_FIELD))
        self._remember(law, near is not None)
        mean = frame.unpack(population.mixture(tilt, law.means, law.weights))
        shift = frame.moment_error(mean) * self._sensitivity
        return Evaluation(mean, law.basins, relative_tail(frame, cells, mean), shift)

    def _remember(self, law: FieldLaw, followed: bool) -> None:
        """Decide whether the next steps may look near the law of this one."""
        if followed:
            self._left -= 1
            self._near = law.near
            return
        if self._near is not None and not self._near.hold(law):
            raise MissedPeakError
        self._left = self._patience * int(min(law.lead / _LEAD, _MOST_LEADS))
        self._near = law.near if self._left else None
