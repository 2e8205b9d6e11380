"""Seconds that one symbolic step may take before numbers take over."""

import ctypes
import logging
import math
import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from symsched.errors import DerivationError

VARIABLE = "SYMSCHED_SECONDS_PER_STEP"
"""The environment variable that sets the budget."""
_DEFAULT = 20.0
_AGAIN = 0.2
"""Seconds between two attempts to stop a step: a library may swallow the first."""

_INSTRUCTIONS = 1000  # before the last of which an exception that was raised in a thread has arrived

T = TypeVar("T")
_log = logging.getLogger(__name__)


class _OutOfTime(BaseException):
    """Raised inside a step that has used its time; no library takes it for an error of its own."""


def seconds_per_step() -> float:
    """Return the budget of a step: the environment variable SYMSCHED_SECONDS_PER_STEP, or 20."""
    text = os.environ.get(VARIABLE, "")
    try:
        seconds = float(text) if text.strip() else _DEFAULT
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise ValueError(f"{VARIABLE} must be a positive number of seconds, got {text!r}")
    return seconds


_running: set[int] = set()
"""Threads in a step: a step inside another one shares its time."""


def within_budget(step: str, action: Callable[[], T], instead: Callable[[], T] | None = None) -> T:
    """Return ``action()``, or ``instead()`` where it takes longer than the budget.

    The exception that stops it is raised between two Python instructions of this thread, in whatever thread that is,
    so that Ctrl-C goes on working. Raises DerivationError, naming the ``step``, where there is nothing to do instead.
    """
    thread = threading.get_ident()
    if thread in _running:
        return action()
    begin = time.perf_counter()
    seconds, done, gate = seconds_per_step(), threading.Event(), threading.Lock()
    stopped, results = threading.Event(), []

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            with gate:
                if not done.is_set():
                    stopped.set()
                    _stop(thread)
            wait = _AGAIN

    def settle() -> None:
        """End the watch, and wait for an exception that is on its way to this thread."""
        while not done.is_set() or thread in _running:
            try:
                with gate:
                    done.set()
                if stopped.is_set():
                    for _ in range(_INSTRUCTIONS):
                        pass
                _running.discard(thread)
            except _OutOfTime:
                continue

    watcher = threading.Thread(target=watch, daemon=True)
    _running.add(thread)
    try:
        try:
            if seconds < threading.TIMEOUT_MAX:
                watcher.start()
            results.append(action())
        finally:
            settle()
    except _OutOfTime:
        settle()
    if results:
        _log.debug("%s: %.1f s", step, time.perf_counter() - begin)
        return results[0]
    if instead is not None:
        _log.info("%s: not done after %g s, numbers take over", step, seconds)
        return instead()
    raise DerivationError(
        step,
        f"it was not done after {seconds:g} seconds",
        f"Give simpler parameters, numbers instead of symbols, or more time: set {VARIABLE} to a number of seconds.",
    )


def _stop(thread: int) -> None:
    """Have a thread raise _OutOfTime at its next instruction.

    It cannot be taken back: CPython would go on looking for an exception before every instruction, for good.
    """
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_OutOfTime))
