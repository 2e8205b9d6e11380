"""Errors, and the checks that turn bad input into a clear message."""

import difflib
import math
from collections.abc import Iterable, Mapping
from numbers import Integral, Real

_MOST = 1 << 40
_EXACT = 2.0**53
"""Up to here every integer is a float."""


class DerivationError(ValueError):
    """Raised when a limit cannot be derived; names the step and what to do.

    ``step`` is the rule that could not be applied.
    """

    def __init__(self, step: str, reason: str, remedy: str) -> None:
        """Join the parts into one message."""
        self.step = step
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{step}: {reason}. {remedy}")


def require_integer(value: object, name: str, minimum: int) -> int:
    """Return ``value`` as an int that is at least ``minimum``, or raise; a float such as 1e4 will do.

    Raises TypeError for something that is no integer, ValueError for one that is too small.
    """
    if isinstance(value, Real) and not isinstance(value, Integral) and float(value).is_integer():
        value = int(float(value)) if abs(float(value)) <= _EXACT else value
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer of at least {minimum}, got {value!r}")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value}")
    return int(value)


def require_count(value: object, name: str, minimum: int) -> int:
    """Return ``value`` as a number of things that are held in memory, at least ``minimum``, or raise as above."""
    count = require_integer(value, name, minimum)
    if count > _MOST:
        raise ValueError(f"{name} must be at most 2^40, which is more than any memory holds, got {value!r}"[:200])
    return count


def require_real(
    value: object,
    name: str,
    *,
    above: float = -math.inf,
    below: float = math.inf,
) -> float:
    """Return ``value`` as a finite float strictly between ``above`` and ``below``, or raise.

    Raises TypeError for something that is no real number: text and truth values are not taken for numbers.
    """
    try:
        if isinstance(value, (str, bytes, bool)):
            raise TypeError
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        raise ValueError(f"{name} must be a finite number, got one beyond 1.8e308") from None
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a real number, got {value!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    if not above < number < below:
        lower = "" if above == -math.inf else f" above {above:g}"
        upper = "" if below == math.inf else f" below {below:g}"
        joint = " and" if lower and upper else ""
        raise ValueError(f"{name} must be a number{lower}{joint}{upper}, got {number:g}")
    return number


def nearest(name: object, known: Iterable[str], also: Mapping[str, str] | None = None) -> str:
    """Return the end of an error message for an unknown ``name``: the nearest known one, and the list.

    ``also`` gives the known name of others in use.
    """
    names = sorted(known)
    asked = str(name).lower()
    close = [also[asked]] if also and asked in also else difflib.get_close_matches(asked, names, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}known names: {', '.join(names)}"
