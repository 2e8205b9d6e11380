"""Work shared out among processes, from which Ctrl-C takes what is done."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


def shared(work: Callable[[Part], Result], parts: Sequence[Part], workers: int) -> Iterator[Result]:
    """Yield the results as they are done: one after the other, or from several processes, with the same numbers."""
    if workers == 1:
        for part in parts:
            yield work(part)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            # A terminal sends Ctrl-C to every process; those that are started now inherit that they do not hear it, and
            # one that comes meanwhile is heard here as soon as they are started, not lost.
            heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                futures = [pool.submit(work, part) for part in parts]
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, heard)
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            # Nobody waits for parts that are half done.
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise
