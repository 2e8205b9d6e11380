"""A step that does not end is stopped, and leaves the interpreter as it was."""

import subprocess
import sys
import threading

import pytest

from symsched.algebra.budget import VARIABLE, within_budget
from symsched.errors import DerivationError


def endless():
    while True:
        pass


def stubborn():
    """Swallows the first attempts to stop it, as a library with a bare except does."""
    for _ in range(3):
        try:
            endless()
        except BaseException:
            continue
    endless()


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    monkeypatch.setenv(VARIABLE, "0.1")


@pytest.mark.parametrize("step", [endless, stubborn])
def test_a_step_without_an_end(step):
    assert within_budget("a step", step, lambda: 3) == 3
    with pytest.raises(DerivationError, match=r"^a step: it was not done after 0.1 seconds"):
        within_budget("a step", step)
    assert within_budget("a step", lambda: 4) == 4


def test_errors_of_a_step_are_its_own():
    with pytest.raises(KeyboardInterrupt):
        within_budget("a step", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(ZeroDivisionError):
        within_budget("a step", lambda: 1 / 0)


def test_every_thread_has_its_own_time():
    found = []
    threads = [threading.Thread(target=lambda: found.append(within_budget("s", endless, lambda: 5))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [5, 5, 5]


TRACED = """
import sys
from symsched.algebra.budget import within_budget
def endless():
    while True:
        pass
within_budget("in time", lambda: 1)
within_budget("too long", endless, lambda: 2)
sys.setprofile(lambda *_: None)
print(sum(k for k in range(1000)))
"""


def test_a_profiler_goes_on_after_a_step():
    """An exception that was taken back again would have CPython look for it before every instruction, for ever."""
    done = subprocess.run([sys.executable, "-c", TRACED], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "499500"
