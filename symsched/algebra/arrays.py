"""The arrays that numbers come in."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]


def unwritable(numbers: ArrayLike) -> Array:
    """Return a copy that nobody can write to: what is shared by all who ask for it must not change."""
    copy = np.array(numbers, dtype=np.float64)
    copy.setflags(write=False)
    return copy
