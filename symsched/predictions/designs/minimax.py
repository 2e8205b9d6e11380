"""The least worst residual over the coefficients of a table: sequential quadratic programming from many starts."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy import optimize

from symsched.algebra.arrays import Array

_log = logging.getLogger(__name__)
_ENDS = 1e-10  # change of the worst residual at which a start ends


@final
@dataclass(frozen=True)
class Optimum:
    """The best of several starts.

    ``point`` (P,), its ``value``, and ``values``, increasing, at which every accepted start ended: how many agree is
    all that is known of how far from the least the best one is.
    """

    point: Array
    value: float
    values: tuple[float, ...]


def minimax(
    residuals: Callable[[Array], Array],
    starts: Sequence[Array],
    accepted: Callable[[Array], bool],
    iterations: int,
) -> Optimum | None:
    """Return min_x max_i |r_i(x)| over the ``accepted`` local optima from ``starts`` (P,) each; None if there is none.

    A start that ends where it may not counts as it was. The epigraph form min t, −t ≤ r_i(x) ≤ t, by SLSQP (Kraft
    1988) with differences for derivatives.
    """
    ended: list[Array | None] = []
    for start in starts:
        places = (_descend(residuals, start, iterations), start)
        ended.append(next((point for point in places if accepted(point)), None))
        reached = "nowhere" if ended[-1] is None else f"at {_worst(residuals, ended[-1]):.4g}"
        _log.info("start %d of %d, %d coefficients: ended %s", len(ended), len(starts), len(start), reached)
    found = sorted(
        ((point, _worst(residuals, point)) for point in ended if point is not None), key=lambda pair: pair[1]
    )
    return Optimum(*found[0], tuple(value for _, value in found)) if found else None


def _worst(residuals: Callable[[Array], Array], point: Array) -> float:
    return float(np.abs(residuals(point)).max())


def _descend(residuals: Callable[[Array], Array], start: Array, iterations: int) -> Array:
    best, value = start, _worst(residuals, start)
    # A second pass in units of what the first has left finds digits that the first could not see.
    for share in (2, 1):
        unit = max(value, 1e-12)

        def slack(v: Array, unit: float = unit) -> Array:
            r = residuals(v[:-1]) / unit
            return np.nan_to_num(np.concatenate([v[-1] - r, v[-1] + r]), nan=-1e6, posinf=1e6, neginf=-1e6)

        ended = optimize.minimize(
            lambda v: v[-1],
            np.append(best, 1.0),
            jac=lambda v: np.eye(len(v))[-1],
            method="SLSQP",
            constraints={"type": "ineq", "fun": slack},
            options={"maxiter": share * iterations, "ftol": _ENDS},
        )
        point = np.asarray(ended.x[:-1])
        reached = _worst(residuals, point) if np.all(np.isfinite(point)) else np.inf
        if reached < value:
            best, value = point, reached
    return best


def simplex(cost: Callable[[Array], float], start: Array, tries: int, corner: float) -> tuple[float, Array]:
    """Return the least cost that Nelder and Mead's simplex, of size ``corner``, finds in so many tries, and where."""
    corners = np.vstack([start, start + corner * np.eye(len(start))])
    options = {"maxfev": tries, "initial_simplex": corners, "xatol": 1e-3}
    found = optimize.minimize(cost, start, method="Nelder-Mead", options=options)
    return float(found.fun), np.asarray(found.x)
