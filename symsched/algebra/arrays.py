"""The arrays that numbers come in."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]


def real_array(values: object, name: str) -> Array:
    """Return numbers as a float64 array; TypeError for anything that holds something else."""
    try:
        held = np.asarray(values)
        if held.dtype.kind not in "fiuO":
            raise TypeError
        return held.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} must be an array of real numbers, got {values!r}") from None


def unwritable(numbers: ArrayLike) -> Array:
    """Return a copy that nobody can write to: what is shared by all who ask for it must not change."""
    copy = np.array(numbers, dtype=np.float64)
    copy.setflags(write=False)
    return copy
