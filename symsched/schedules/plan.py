"""A discretised path as data: a lower-triangular table of coefficients on a grid, and the one step that reads it.

Every explicit scheme that is linear in the posterior mean is such a table: Euler, DDIM, Adams, Heun, restarts. A
scheme is a way to fill it (``symsched.schedules.schemes``), not a control flow: whoever carries a path asks ``History``
to advance.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Self, final

import numpy as np
from scipy import sparse, special

from symsched.algebra.arrays import Array, unwritable
from symsched.errors import require_integer

_ROUNDING = 1e-9  # of amplitudes that a user divides by each other


@dataclass(frozen=True, eq=False)
class Plan:
    """N steps x_{k+1} = A_k x_k + Σ_{j≤k} B_kj D_j + shift_k + wave_k He_n(z), D_j = E[a | z + ψ_j a = x_j/α_j].

    They start from x_0 = α_0 z. D at ψ = 0 is E a whatever the noise: it is free, and ``evaluations`` does not count
    it. Where ψ stands still, the state before it may be an inner stage of a scheme of two evaluations a step, such as
    Heun's. A wave is what a design knows of a cumulant of order n + 1 before it has evaluated anything; He_0 = 1 and
    He_1 = z are what ``shift`` and ``A`` are for, so that n, the ``degree``, is at least 2 where there is one.

    ============  =======  =====================================================
    array         shape    meaning
    ============  =======  =====================================================
    ``times``     (N+1,)   sampling time t_k
    ``psi``       (N,)     β_k/α_k, finite: the last node is never evaluated
    ``alpha``     (N+1,)   noise amplitude, alpha[N] = 0
    ``beta``      (N+1,)   signal amplitude, beta[N] = 1
    ``A``         (N,)     coefficient of the state
    ``B``         (N, N)   coefficients of the posterior means; 0 where j > k.
                           Kept sparse, so that N may be large; a dense array will do
    ``shift``     (N,)     constant added to every coordinate, 0 unless given
    ``wave``      (N,)     coefficient of He_n(z) of a coordinate's noise, 0 unless given
    ============  =======  =====================================================

    ``dimension`` is the d that a schedule or a design made it for; None where its maker did not say.
    """

    times: Array
    psi: Array
    alpha: Array
    beta: Array
    A: Array
    B: sparse.csr_array
    shift: Array = field(default_factory=lambda: np.zeros(0))
    wave: Array = field(default_factory=lambda: np.zeros(0))
    degree: int = 0
    dimension: float | None = None

    def __post_init__(self) -> None:
        """Check shapes, finiteness and order once, so that no integrator has to."""
        for name in ("times", "psi", "alpha", "beta", "A", "shift", "wave"):
            _require_real(name, getattr(self, name))
            object.__setattr__(self, name, unwritable(getattr(self, name)))
        n = self.psi.size
        if self.psi.ndim != 1:
            raise ValueError(f"psi must have shape (N,), a number for each step, got {self.psi.shape}")
        for name in ("shift", "wave"):
            if getattr(self, name).size == 0:
                object.__setattr__(self, name, unwritable(np.zeros(n)))
        _require_real("B", self.B)
        if np.ndim(self.B) != 2:
            raise ValueError(f"B must have shape {(n, n)}, got {np.shape(self.B)}")
        table = sparse.csr_array(self.B, dtype=np.float64, copy=True)
        table.eliminate_zeros()
        table.sort_indices()
        object.__setattr__(self, "B", table)
        steps = dict.fromkeys(("psi", "A", "shift", "wave"), (n,))
        nodes = dict.fromkeys(("times", "alpha", "beta"), (n + 1,))
        shapes = {"B": (n, n), **steps, **nodes}
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} must have shape {shape}, got {getattr(self, name).shape}")
        for name in shapes:
            if not np.all(np.isfinite(table.data if name == "B" else getattr(self, name))):
                raise ValueError(
                    f"{name} of the plan holds a value that is not finite; the grid meets the end of the interpolant"
                )
        object.__setattr__(self, "degree", require_integer(self.degree, "degree", 0))
        self._check_meaning()

    def made_for(self, dimension: float) -> Self:
        """Return the plan with the dimension that it was made for."""
        made = copy(self)
        object.__setattr__(made, "dimension", float(dimension))
        return made

    def _check_meaning(self) -> None:
        """Raise ValueError where arrays of the right shapes are not those of a plan."""
        if self.bends and self.degree < 2:
            raise ValueError(f"a wave of degree {self.degree} is a shift or a multiple of x: degree must be at least 2")
        if sparse.triu(self.B, 1).nnz:
            raise ValueError("B must be lower triangular: a step cannot use a posterior mean that comes later")
        if self.steps == 0 or np.any(self.alpha[:-1] <= 0):
            raise ValueError("a plan needs a node, and noise alpha > 0 at every node but the last")
        # A window that stands still does so up to rounding.
        if np.any(np.diff(self.psi) < -1e-12 * self.psi[1:]):
            raise ValueError("psi must not decrease along the plan")
        if not np.allclose(self.psi * self.alpha[:-1], self.beta[:-1], rtol=_ROUNDING, atol=_ROUNDING):
            raise ValueError("psi must be beta/alpha at every node but the last")

    def __repr__(self) -> str:
        """One line: steps, evaluations and the range of ψ."""
        return f"<Plan of {self.steps} steps, {self.evaluations} evaluations, psi up to {self.psi[-1]:.4g}>"

    @property
    def steps(self) -> int:
        """Number of steps N."""
        return int(self.psi.shape[0])

    @property
    def evaluations(self) -> int:
        """Number of nodes with ψ > 0: the posterior means that a sample costs, each a call of a denoiser."""
        return int(np.count_nonzero(self.psi > 0))

    @cached_property
    def bends(self) -> bool:
        """Whether a step adds a wave: a coordinate is then not linear in its noise."""
        return bool(np.any(self.wave))

    def bend(self, noise: Array) -> Array | None:
        """Return He_n(z) of coordinates of ``noise`` z, None where no step adds it."""
        return np.asarray(special.eval_hermitenorm(self.degree, noise)) if self.bends else None

    @property
    def influence(self) -> Array:
        """``Σ_k |B_kj|``, shape (N,): how much of an error in D_j enters the path."""
        return np.asarray(abs(self.B).sum(axis=0), dtype=np.float64)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The steps, one by one."""
        below = sparse.tril(self.B, -1, format="csr")
        bounds, columns, values = (part.tolist() for part in (below.indptr, below.indices, below.data))
        used_again = set(columns)
        own, shifts, waves = self.B.diagonal().tolist(), self.shift.tolist(), self.wave.tolist()
        return tuple(
            Row(
                scale,
                own[k],
                tuple(zip(columns[first:last], values[first:last], strict=True)),
                shifts[k],
                waves[k],
                k in used_again,
            )
            for k, (scale, (first, last)) in enumerate(zip(self.A.tolist(), pairwise(bounds), strict=True))
        )

    @cached_property
    def is_diagonal(self) -> bool:
        """Whether a step is A_k x_k + B_kk D_k: no earlier posterior mean, no shift, no wave."""
        return not (np.any(self.shift) or self.bends) and all(not row.earlier for row in self.rows)

    def folded(self, slopes: Array, intercepts: Array) -> tuple[Array, Array]:
        """Return ``gains`` and ``pulls`` of A_k x + B_kk D = gain x + pull where D = slope x + intercept, (N, …) each.

        What ``History.advance`` does to D_k itself, for all nodes at once; ``History.complete`` does the rest.
        """
        own = self.B.diagonal().reshape(-1, *[1] * (slopes.ndim - 1))
        return self.A.reshape(own.shape) + own * slopes, own * intercepts


def _require_real(name: str, values: object) -> None:
    """Raise TypeError unless values are real numbers: NumPy would drop an imaginary part."""
    kind = np.dtype(getattr(values, "dtype", None) or np.asarray(values).dtype)
    if kind.kind not in "fiu":
        raise TypeError(f"{name} of a plan must hold real numbers, got an array of {kind}")


@final
@dataclass(frozen=True)
class Row:
    """One step: the factors of the state, of D_k and of ``earlier`` D_j, shift and wave, whether D_k is used again."""

    scale: float
    own: float
    earlier: tuple[tuple[int, float], ...]
    shift: float
    wave: float
    used_again: bool


@final
class History:
    """Advances one path along a plan, and keeps those D_j that a later step still uses.

    The path may be any array that is linear in the coordinates, the D_j alike; ``unit`` is what it gains when every
    coordinate gains 1, ``bend`` when each gains He_n of its noise.
    """

    def __init__(self, plan: Plan, unit: Array | float = 1.0, bend: Array | float | None = None) -> None:
        """Start at node 0."""
        if plan.bends and bend is None:
            raise ValueError(
                f"this plan adds He_{plan.degree} of a coordinate's noise, and paths that are linear in it cannot carry"
                " that; take method='full', or 'scalar map' where coordinates are exchangeable"
            )
        self._rows = plan.rows
        self._unit = unit
        self._bend = bend
        self._kept: dict[int, Array] = {}

    def advance(self, node: int, x: Array, mean: Array) -> Array:
        """Turn x_k into x_{k+1} in place and return it; ``mean``, D_k, is the history's from now on."""
        row = self._rows[node]
        x *= row.scale
        if row.used_again:
            x += row.own * mean
        else:
            mean *= row.own
            x += mean
        return self.complete(node, x, mean)

    def complete(self, node: int, x: Array, mean: Array) -> Array:
        """Add earlier D_j, shift and wave to x = A_k x_k + B_kk D_k in place; keep ``mean``, D_k, if it is needed."""
        row = self._rows[node]
        for j, factor in row.earlier:
            x += factor * self._kept[j]
        if row.shift:
            x += row.shift * self._unit
        if row.wave and self._bend is not None:
            x += row.wave * self._bend
        if row.used_again:
            self._kept[node] = mean
        return x

    def re_express(self, expressed: Callable[[Array], Array]) -> None:
        """Replace what is kept by another expression of it, when the path has changed its own."""
        self._kept = {j: expressed(mean) for j, mean in self._kept.items()}
        if isinstance(self._bend, np.ndarray):
            self._bend = expressed(self._bend)


class AbstractTable(abc.ABC):
    """What has a plan of its own at every dimension: the number of steps, κ and the scheme are settled."""

    needs_kappa: ClassVar[bool] = False

    @property
    @abc.abstractmethod
    def key(self) -> tuple[object, ...]:
        """The numbers that its plans depend on."""

    @abc.abstractmethod
    def plan(self, d: float) -> Plan:
        """Return the plan at dimension ``d``."""
