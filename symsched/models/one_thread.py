"""Matrix products on one thread while paths are run.

The products of a step have a few thousand numbers. BLAS spreads them over all cores all the same, gains nothing, and
loses several times over where the cores are busy, as they are below a pool of workers.
"""

import functools
import threading
from contextlib import ContextDecorator
from types import TracebackType
from typing import final

from threadpoolctl import ThreadpoolController


@functools.cache
def _controller() -> ThreadpoolController:
    """Return the handle to the BLAS libraries that NumPy and SciPy have loaded."""
    return ThreadpoolController()


@final
class OneThread(ContextDecorator):
    """Keeps BLAS on one thread inside ``with``, in the thread that enters.

    Whether the number of threads belongs to a thread or to the process depends on the BLAS. Every thread that enters
    therefore sets it, and gives back on leaving what the first of those that overlap had found.
    """

    def __init__(self) -> None:
        """Start outside."""
        self._lock = threading.Lock()
        self._inside = 0

    def __enter__(self) -> None:
        """Limit BLAS."""
        with self._lock:
            limit = _controller().limit(limits=1, user_api="blas")
            if self._inside == 0:
                self._first = limit
            self._inside += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Give BLAS its threads back."""
        with self._lock:
            self._inside -= 1
            self._first.restore_original_limits()


one_thread = OneThread()
