"""Windows that many limits share: of two modes, and of modes in general directions."""

from functools import lru_cache

import numpy as np

from symsched.algebra.arrays import Array
from symsched.predictions.designs.learned.window import Choice, Window, best_window, weight_tables


def half_distance(places: Array) -> float:
    """Return half the smallest distance of two places."""
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2)
    return float(gaps[~np.eye(len(places), dtype=bool)].min()) / 2


@lru_cache(maxsize=16)
def pair_window(count: int, weights: tuple[float, float] | None) -> Window:
    """Return the window of two modes, the same for every pair."""
    tables = weight_tables(2, np.full(2, 0.5), weights)
    return best_window(Choice(np.array([[1.0], [-1.0]])), tables, count, free=True)[0]


def crowd(places: Array, weights: Array, count: int) -> tuple[Window, Choice]:
    """Return the window of modes in general directions, and their points about their centre."""
    half = half_distance(places)
    about = (places - places.mean(axis=0)) / half
    _, size, axes = np.linalg.svd(about, full_matrices=False)
    kept = axes[size > 1e-9 * size[0]]
    # A direction in which two modes tie must not be that of the lines.
    turned = np.linalg.qr(np.random.default_rng(0).standard_normal((len(kept), len(kept))))[0]
    choice = Choice(about @ kept.T @ turned)
    free = bool(np.linalg.norm(places.mean(axis=0)) < 1e-9 * half)
    return best_window(choice, weight_tables(len(places), weights), count, free=free)[0], choice
