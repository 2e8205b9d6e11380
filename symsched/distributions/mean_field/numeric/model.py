"""Mean-field Gibbs measures, and those with a quadratic interaction."""

import abc
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, final

import numpy as np
from numpy.typing import ArrayLike

from symsched.algebra.arrays import Array
from symsched.distributions.mean_field.numeric.drift import MeanFieldDrift
from symsched.distributions.mean_field.numeric.field_draws import draw_fields
from symsched.distributions.mean_field.numeric.field_law import AbstractCollective, FieldLaw, Question
from symsched.distributions.mean_field.numeric.quadratic_field import QuadraticField
from symsched.distributions.mean_field.numeric.tilted_draws import draw_tilted
from symsched.errors import require_integer, require_real
from symsched.laws.numeric import AbstractSite, AtomSite
from symsched.laws.numeric.kernels import SiteKernel, kernel
from symsched.laws.numeric.tables import fast_kernel
from symsched.models.base import AbstractModel, checked_draw, checked_noisy, checked_rows
from symsched.models.method import Method
from symsched.models.one_map.counted import exchangeable_methods
from symsched.models.one_map.drift import AbstractExchangeableModel
from symsched.models.one_map.populations import Coordinates

_ROWS = 1 << 21
"""Coordinates whose fields are found together."""


class AbstractBasinModel(AbstractModel):
    """A measure on R^d whose coordinates interact through their mean only, and whose modes are basins.

    ``boundaries`` (K−1,) cut them, increasing.
    """

    d: int
    site: AbstractSite
    boundaries: tuple[float, ...]

    @property
    def modes(self) -> int:
        """The number of basins K."""
        return len(self.boundaries) + 1

    @property
    def integrates(self) -> bool:
        """Whether the site law is known by quadrature only."""
        return isinstance(kernel(self.site, 0.0), SiteKernel)

    @property
    def cuts(self) -> Array:
        """The boundaries as an array, (K−1,)."""
        return np.asarray(self.boundaries, dtype=np.float64)


class AbstractMeanFieldModel(AbstractBasinModel, AbstractExchangeableModel):
    """A measure whose coordinates are independent given one collective field."""

    collective: AbstractCollective
    map_from: ClassVar[int]
    """Dimension from which the scalar map is faster than the plain loop or another method."""

    def __post_init__(self) -> None:
        """Check the dimension and the boundaries."""
        object.__setattr__(self, "d", require_integer(self.d, "d", 1))
        cuts = tuple(require_real(cut, "boundaries") for cut in self.boundaries)
        if any(low >= high for low, high in pairwise(cuts)):
            raise ValueError(f"boundaries must increase, got {cuts}")
        object.__setattr__(self, "boundaries", cuts)

    @property
    @abc.abstractmethod
    def sensitivity(self) -> float:
        """How much the field changes with the mean, at most."""

    def drift(self, patience: int) -> MeanFieldDrift:
        """Return the posterior mean through the field; peaks that lead are followed for ``patience`` steps."""
        return MeanFieldDrift(self.site, self.collective, self.cuts, self.sensitivity / self.d, patience)

    def methods(self) -> tuple[Method, ...]:
        """Return the scalar map, of counted coordinates or of all."""
        return exchangeable_methods(self, self.map_from)

    @cached_property
    def prior(self) -> FieldLaw:
        """The law of the collective field u under the measure itself."""
        return self.collective.law(self.unobserved)

    @property
    def coordinate_mean(self) -> float | None:
        """The mean ⟨⟨a⟩(u)⟩ of the tilted site over the prior law of the field; None where d is too small for that."""
        try:
            law = self.prior
        except ArithmeticError:
            return None
        return float(self.unobserved.population.mixture(self.unobserved.kernel, law.means, law.weights)[0, 0])

    @property
    def unobserved(self) -> Question:
        """The question of the field's law without data."""
        everyone = Coordinates(np.zeros((1, 1)), float(self.d))
        return Question(everyone, fast_kernel(self.site, 0.0, self.collective.scale), self.cuts, absolute=True)

    def posterior(self, psi: float, y: ArrayLike) -> tuple[Array, Array]:
        """Return the posterior mean ⟨⟨a⟩(u + ψ y_i)⟩_u, (n, d), and the mass of each basin, (n, K)."""
        psi, rows = checked_noisy(psi, y, self.d)
        tilt = fast_kernel(self.site, psi, self.collective.scale)
        means, masses = np.empty(rows.shape), np.empty((rows.shape[0], self.modes))
        step = max(1, _ROWS // self.d)
        for start in range(0, rows.shape[0], step):
            chunk = slice(start, start + step)
            population = Coordinates(psi * rows[chunk])
            law = self.collective.law(Question(population, tilt, self.cuts))
            means[chunk] = population.mixture(tilt, law.means, law.weights)
            masses[chunk] = law.basins
        return means, masses


@final
@dataclass(frozen=True, eq=False)
class MeanFieldModel(AbstractMeanFieldModel):
    """The law ∝ Π ρ_0(a_i) exp(d (coupling m²/2 + slope m) + tilt m), m = Σ a_i/d.

    ``site`` is ρ_0, ``coupling`` ≥ 0. Its modes are basins of the collective field u: ``boundaries`` (K−1,) are the
    increasing values of u between them (none: one mode). Exact by the Hubbard–Stratonovich transform, see
    ``quadratic_field``.

    >>> import numpy as np
    >>> from symsched.laws.numeric import AtomSite
    >>> spins = MeanFieldModel(3, AtomSite([-1.0, 1.0], [0.5, 0.5]), coupling=1.5)
    >>> configurations = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
    >>> bool(abs(np.exp(spins.log_density(configurations)).sum() - 1) < 1e-12)
    True
    """

    d: int
    site: AbstractSite
    coupling: float
    slope: float = 0.0
    tilt: float = 0.0
    boundaries: tuple[float, ...] = ()
    collective: QuadraticField = field(init=False, repr=False)
    map_from: ClassVar[int] = 100

    def __post_init__(self) -> None:
        """Check the parameters and bracket the field."""
        super().__post_init__()
        for name in ("coupling", "slope", "tilt"):
            object.__setattr__(self, name, require_real(getattr(self, name), name))
        if self.coupling < 0:
            raise ValueError(f"coupling must not be negative, got {self.coupling}: the interaction is convex")
        object.__setattr__(self, "collective", _collective(self))

    @property
    def sensitivity(self) -> float:
        """The coupling."""
        return self.coupling

    @property
    def pull(self) -> float:
        """The field slope + tilt/d on every coordinate."""
        return self.slope + self.tilt / self.d

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """Return independent samples, (n, d): the field from its one-dimensional law, then tilted sites."""
        count = checked_draw(rng, n)
        collective = self.collective
        fixed = collective.coupling == 0
        fields = np.full(count, self.pull) if fixed else draw_fields(collective.density(self.unobserved), rng, count)
        return draw_tilted(self.site, fields, rng, self.d)

    def log_density(self, x: ArrayLike) -> Array:
        """Return the log density of each row (of atoms: the log mass), (n,)."""
        rows = checked_rows(x, self.d, "x")
        total = rows.sum(axis=1)
        energy = self.coupling * total**2 / (2 * self.d) + self.pull * total
        # The Gaussian integral over u gives sqrt(2 pi c/d) exp(c (sum a)^2/(2 d) + s sum a).
        gaussian = np.log(2 * np.pi * self.coupling / self.d) / 2 if self.coupling else 0.0
        log_partition = self.prior.log_integral[0] - gaussian
        return np.asarray(self.site.log_density(rows).sum(axis=1) + energy - log_partition)


def _collective(model: MeanFieldModel) -> QuadraticField:
    """Return the field's prior weight with a bracket of its stationary points u = pull + coupling E[a | u]."""
    site, coupling, pull = model.site, model.coupling, model.pull
    low, high, spread = site_range(site, 2)
    span = (pull + coupling * low, pull + coupling * high)
    return QuadraticField(float(model.d), coupling, pull, span, 1 / spread)


def site_range(site: AbstractSite, widths: float) -> tuple[float, float, float]:
    """Return the range of a site's values, without atoms ``widths`` deviations about the mean, and the deviation."""
    spread = float(np.sqrt(site.variance))
    if spread == 0:
        raise ValueError("a mean-field site must not be a single atom")
    if isinstance(site, AtomSite):
        return float(site.values[0]), float(site.values[-1]), spread
    return site.mean - widths * spread, site.mean + widths * spread, spread
