"""How random distributions are drawn: the same ones in every run, and ten times as many under ``pytest -m search``."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings

_MANY = 10


def some(count):
    return settings(
        derandomize=True,
        deadline=None,
        max_examples=count,
        database=None,
        phases=(Phase.generate,),  # an example that fails is small enough as it is
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )


def searched(few, *strategies) -> Callable[[Callable], Callable]:
    """Hold a property of random cases: of a few in every run, of many in a long search."""

    def decorate(holds):
        def test(cases):
            some(cases)(given(*strategies)(holds))()

        sizes = [pytest.param(few, id="few"), pytest.param(_MANY * few, id="many", marks=pytest.mark.search)]
        return pytest.mark.parametrize("cases", sizes)(test)

    return decorate


def seeds(few):
    """Return the seeds of random cases, those after the first few behind the marker of long searches."""
    return [pytest.param(seed, marks=pytest.mark.search if seed >= few else ()) for seed in range(_MANY * few)]
