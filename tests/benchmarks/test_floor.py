"""Times next to the floor: ``pytest tests/benchmarks --benchmark-enable``. Nothing is asserted about time."""

import numpy as np
import pytest

from symsched.simulation.run import run_plan

from .families import FAMILIES, dilated_plan

CASES = [("Gaussian modes", 20), ("Gaussian modes", 200), ("directions", 200)]
CASES += [("exchangeable mixture", 100), ("Curie–Weiss", 100)]


@pytest.mark.parametrize(("d", "n"), [(10**6, 8), (10**5, 80), (10**4, 400)])
def test_floor(benchmark, d, n):
    if benchmark.disabled:
        d, n = 1000, 2
    benchmark.group = f"d = {d}"
    benchmark(lambda: np.random.default_rng(0).standard_normal((n, d)))


@pytest.mark.parametrize(("d", "n"), [(10**6, 8), (10**5, 80), (10**4, 400)])
@pytest.mark.parametrize(("family", "steps"), CASES)
def test_samples(benchmark, family, steps, d, n):
    if benchmark.disabled:
        d, n, steps = 1000, 2, 3
    benchmark.group = f"d = {d}"
    model, plan = FAMILIES[family].model(d), dilated_plan(d, steps)
    run = benchmark(lambda: run_plan(model, plan, n, 0))
    assert run.x.shape == (n, d)


@pytest.mark.parametrize("d", [10**2, 10**6, 10**12])
@pytest.mark.parametrize("family", FAMILIES)
def test_order_parameters(benchmark, family, d):
    benchmark.group = f"order parameters of {family}"
    model, plan = FAMILIES[family].model(d), dilated_plan(d, 4)
    run = benchmark(lambda: run_plan(model, plan, 20, 0, keep="statistics", method="order parameter"))
    assert run.means.shape == (20, 5)
