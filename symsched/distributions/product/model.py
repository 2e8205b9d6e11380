"""Mixtures of laws with independent, identically distributed coordinates."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from symsched.algebra.arrays import Array
from symsched.distributions.product.affine import Gaussians
from symsched.distributions.product.drift import ProductDrift
from symsched.errors import require_integer
from symsched.laws.numeric import AbstractSite
from symsched.laws.numeric.kernels import SiteKernel, kernel
from symsched.laws.numeric.tables import fast_kernel
from symsched.models.base import checked_draw, checked_noisy, checked_rows, checked_weights, softmax
from symsched.models.method import Method
from symsched.models.one_map.counted import exchangeable_methods
from symsched.models.one_map.drift import AbstractExchangeableModel

_CHUNK = 1 << 16  # coordinates worked on together: they stay in the cache
_MAP_FROM = 1000
"""Dimension from which the scalar map is faster than the plain loop."""
_MAP_INTEGRALS_FROM = 100
"""The same where the loop integrates over a site without a closed form for every coordinate."""


@final
@dataclass(frozen=True, eq=False)
class ProductModel(AbstractExchangeableModel):
    """The law Σ_k w_k ρ_k^{⊗d}: ``d`` coordinates, ``weights`` (K,), ``sites`` the K laws of one coordinate.

    The posterior mean is Σ_k π_k E_k[a_i | y_i] with π_k ∝ w_k Π_j Z_k(ψ, y_j).

    >>> import numpy as np
    >>> from symsched.laws.numeric import GaussianSite
    >>> model = ProductModel(4, [0.5, 0.5], (GaussianSite(1.0, 0.0), GaussianSite(-1.0, 0.0)))
    >>> mean, responsibilities = model.posterior(0.5, np.full((1, 4), 0.5))
    >>> bool(np.allclose(mean, np.tanh(0.5 * 4 * 0.5)))
    True
    """

    d: int
    weights: Array
    sites: tuple[AbstractSite, ...]

    def __post_init__(self) -> None:
        """Check the dimension and the modes."""
        object.__setattr__(self, "d", require_integer(self.d, "d", 1))
        object.__setattr__(self, "sites", tuple(self.sites))
        if not self.sites:
            raise ValueError("a product model needs at least one site")
        object.__setattr__(self, "weights", checked_weights(self.weights, len(self.sites)))

    @property
    def modes(self) -> int:
        """The number of modes K."""
        return len(self.sites)

    def sample(self, rng: np.random.Generator, n: int) -> Array:
        """Return independent samples, (n, d): a mode per row, then its coordinates."""
        count = checked_draw(rng, n)
        labels = rng.choice(self.modes, size=count, p=self.weights)
        samples = np.empty((count, self.d))
        for k, site in enumerate(self.sites):
            rows = np.flatnonzero(labels == k)
            samples[rows] = site.sample(rng, (rows.size, self.d))
        return samples

    def log_density(self, x: ArrayLike) -> Array:
        """Return log Σ_k w_k Π_i ρ_k(x_i) for each row, (n,)."""
        rows = checked_rows(x, self.d, "x")
        logs = np.stack([site.log_density(rows).sum(axis=1) for site in self.sites], axis=1)
        return np.asarray(special.logsumexp(logs + np.log(self.weights), axis=1))

    def posterior(self, psi: float, y: ArrayLike) -> tuple[Array, Array]:
        """Return the posterior mean (n, d) and the responsibilities (n, K)."""
        psi, rows = checked_noisy(psi, y, self.d)
        kernels = [kernel(site, psi) for site in self.sites]
        logs = np.tile(np.log(self.weights), (rows.shape[0], 1))
        means = np.empty((self.modes, *rows.shape))
        step = max(1, _CHUNK // self.d)
        for start in range(0, rows.shape[0], step):
            chunk = slice(start, start + step)
            fields = psi * rows[chunk]
            for k, tilt in enumerate(kernels):
                log_normaliser, means[k, chunk] = tilt.both(fields)
                logs[chunk, k] += log_normaliser.sum(axis=1)
        responsibilities = softmax(logs)
        return np.einsum("nk,knd->nd", responsibilities, means), responsibilities

    def responsibilities(self, psi: float, y: ArrayLike) -> Array:
        """Return π ∝ w_k Π Z_k(ψ, y_i) from the tables that samplers use, (n, K)."""
        psi, rows = checked_noisy(psi, y, self.d)
        evidence = [fast_kernel(site, psi, 0.0).both(psi * rows)[0].sum(axis=1) for site in self.sites]
        return np.asarray(special.softmax(np.log(self.weights) + np.stack(evidence, axis=1), axis=1))

    @cached_property
    def gaussians(self) -> Gaussians | None:
        """The modes where every site is Gaussian: then paths are affine in their noise."""
        found = [site.gaussian for site in self.sites if site.gaussian is not None]
        return Gaussians(self.d, self.weights, *np.array(found).T) if len(found) == self.modes else None

    def drift(self, patience: int) -> ProductDrift:
        """Return the posterior mean along scalar maps."""
        return ProductDrift(self.weights, self.sites)

    def methods(self) -> tuple[Method, ...]:
        """Return the affine methods of Gaussian sites first, then the scalar map."""
        integrated = any(isinstance(kernel(site, 0.0), SiteKernel) for site in self.sites)
        maps = exchangeable_methods(self, _MAP_INTEGRALS_FROM if integrated else _MAP_FROM)
        return maps if self.gaussians is None else (*self.gaussians.methods, *maps)
