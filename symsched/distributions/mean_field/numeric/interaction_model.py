"""Mean-field Gibbs measures with any smooth interaction."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from symsched.algebra.arrays import Array
from symsched.distributions.mean_field.numeric.interaction import Interaction
from symsched.distributions.mean_field.numeric.model import AbstractMeanFieldModel, site_range
from symsched.distributions.mean_field.numeric.smooth_field import SmoothField
from symsched.distributions.mean_field.numeric.tilted_draws import draw_tilted
from symsched.laws.numeric import AbstractSite
from symsched.models.base import checked_draw, checked_rows


@final
@dataclass(frozen=True, eq=False)
class InteractionModel(AbstractMeanFieldModel):
    """The law ∝ Π ρ_0(a_i) exp(d g(m) + f(m)), m = Σ a_i/d, for any smooth ``interaction`` (g, f).

    ``boundaries`` (K−1,) are the increasing values of m between its modes (none: one mode). Exact by ``smooth_field``,
    which needs d of the order of a thousand times |g''| Var a and says so where it is less.
    """

    d: int
    site: AbstractSite
    interaction: Interaction
    boundaries: tuple[float, ...] = ()
    collective: SmoothField = field(init=False, repr=False)
    map_from: ClassVar[int] = 3000

    def __post_init__(self) -> None:
        """Check the parameters and bracket the field."""
        super().__post_init__()
        object.__setattr__(self, "collective", self._collective())

    def _collective(self) -> SmoothField:
        low, high, spread = site_range(self.site, 3)
        totals = self.d * np.linspace(low, high, 401)
        forces = self.interaction.force(totals, float(self.d))
        bends = self.d * self.interaction.bend(totals, float(self.d))
        if not (np.all(np.isfinite(forces)) and np.all(np.isfinite(bends))):
            raise ValueError("the interaction's derivatives must be finite on the range of the mean")
        span = (float(forces.min()), float(forces.max()))
        return SmoothField(float(self.d), self.interaction, span, 1 / spread, float(np.abs(bends).max()))

    @property
    def sensitivity(self) -> float:
        """The largest |g''|."""
        return self.collective.stiffness

    def log_density(self, x: ArrayLike) -> Array:
        """Return the log density of each row (of atoms: the log mass), (n,)."""
        rows = checked_rows(x, self.d, "x")
        energy = self.interaction.energy(rows.sum(axis=1), float(self.d))
        return np.asarray(self.site.log_density(rows).sum(axis=1) + energy - self.prior.log_integral[0])

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """Return independent exact samples, (n, d), by rejection from a mixture of tilted product laws."""
        tilts, log_weights, log_norms, bound = self._proposal
        weights = special.softmax(log_weights)
        count = checked_draw(rng, n)
        samples = np.empty((count, self.d))
        done = 0
        while done < count:
            wanted = count - done
            fields = tilts[rng.choice(tilts.size, size=wanted, p=weights)]
            drawn = draw_tilted(self.site, fields, rng, self.d)
            totals = drawn.sum(axis=1)
            accepted = np.log(rng.random(wanted)) < self._log_ratio(totals, tilts, log_weights, log_norms) - bound
            kept = drawn[accepted]
            samples[done : done + kept.shape[0]] = kept
            done += kept.shape[0]
        return samples

    def _log_ratio(self, totals: Array, tilts: Array, log_weights: Array, log_norms: Array) -> Array:
        """Return log F(S) less the log density of the proposals relative to Π ρ_0."""
        proposals = special.logsumexp(log_weights + tilts * totals[:, None] - log_norms, axis=1)
        return np.asarray(self.interaction.energy(totals, float(self.d)) - proposals)

    @cached_property
    def _proposal(self) -> tuple[Array, Array, Array, float]:
        """Tilts less than a deviation of S apart, their log weights and log normalisers, and the ratio's maximum.

        A tilt's weight is what the measure has around its mean, so that the ratio varies by a small factor only.
        """
        low, high = self.collective.span
        margin = 12 * self.collective.scale / np.sqrt(self.d) + 1e-3 * (high - low)
        u = np.linspace(low - margin, high + margin, 4001)
        log_normaliser, mean = self.site.tilted(u, 0.0)
        variance = self.d * self.site.tilted_variance(u, 0.0)
        totals, log_norms = self.d * mean, self.d * log_normaliser
        height = self.interaction.energy(totals, float(self.d)) + log_norms - u * totals
        travelled = np.concatenate([[0.0], np.cumsum(np.sqrt(variance[1:]) * np.diff(u))])
        alive = np.flatnonzero(height > height.max() - 60)
        stops = np.arange(travelled[alive[0]], travelled[alive[-1]] + 0.7, 0.7)
        chosen = np.unique(np.clip(np.searchsorted(travelled, stops), alive[0], alive[-1]))
        tilts, weights, norms = u[chosen], height[chosen], log_norms[chosen]
        weights = weights - weights.max()
        reach = totals[slice(alive[0], alive[-1] + 1)]
        ratio = self._log_ratio(reach, tilts, weights, norms)
        return tilts, weights, norms, float(ratio.max()) + 0.05
