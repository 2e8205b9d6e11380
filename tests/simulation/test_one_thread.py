"""BLAS is kept on one thread while paths run, and gets its threads back."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from symsched.models.one_thread import OneThread


def threads():
    assert np.ones(2) @ np.ones(2) == 2
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def _two_threads():
    with threadpool_limits(limits=2, user_api="blas"):
        yield


def test_threads_that_overlap_leave_the_number_as_it_was():
    gate = OneThread()
    entered, leave = threading.Event(), threading.Event()
    seen = []

    def other():
        with gate:
            seen.append(threads())
            entered.set()
            leave.wait(10)

    worker = threading.Thread(target=other)
    with gate:
        worker.start()
        assert entered.wait(10)
        assert threads() == {1}
    leave.set()
    worker.join()
    assert seen == [{1}]
    assert threads() == {2}


def test_threads_come_back_after_an_error():
    gate = OneThread()
    with pytest.raises(ZeroDivisionError), gate:
        assert threads() == {1}
        _ = 1 / 0
    assert threads() == {2}
