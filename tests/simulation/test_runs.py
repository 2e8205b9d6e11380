"""Runs do not depend on how they are computed, and hold no more than they must."""

import pickle
import tracemalloc
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from sampling_cases import (
    biased,
    dilated,
    plain,
    spins,
    variances,
)

from symsched.distributions.gaussian_modes.model import DirectionModel
from symsched.distributions.product.model import ProductModel
from symsched.laws.numeric import DensitySite, GaussianSite
from symsched.models.noise import Blocks
from symsched.models.recording import OrderParameter
from symsched.simulation.run import RunInterruptedError, run_plan


def test_statistics_only_runs_record_the_same():
    for model in (biased(2200), variances(1200), DirectionModel(1200, [0.4, 0.6], [[1.0], [-1.0]], 0.5)):
        kept = run_plan(model, dilated(1200, 10), 5, 1)
        alone = run_plan(model, dilated(1200, 10), 5, 1, keep="statistics", method=kept.method)
        assert alone.x is None
        np.testing.assert_array_equal(alone.means, kept.means)
        np.testing.assert_array_equal(alone.responsibilities, kept.responsibilities)
        np.testing.assert_array_equal(alone.moments, kept.moments)


def test_rows_do_not_depend_on_how_many_are_run():
    d = 5000
    few, many = Blocks(1, 3, d), Blocks(1, 3000, d)
    assert few.rows == many.rows
    a, b = np.empty((3, 8)), np.empty((3, 8))
    few.generator(0).standard_normal(out=a)
    many.generator(0).standard_normal(out=b)
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(many.generator(1).standard_normal(8), b[0])


def blocked():
    """A run of five blocks."""
    d = 4_000_000
    return ProductModel(d, [0.8, 0.2], (GaussianSite(1.0, 0.25), GaussianSite(-1.0, 0.25))), dilated(d, 4)


def test_results_are_bit_identical_on_a_process_pool():
    model, plan = blocked()
    settings = {"keep": "statistics", "statistic": OrderParameter(), "method": "affine"}
    alone = run_plan(model, plan, 9, 5, **settings)
    with ProcessPoolExecutor(2) as pool:
        for rows in (None, 2, 100):
            pooled = run_plan(model, plan, 9, 5, **settings, executor=pool, rows=rows)
            for name in ("means", "order", "responsibilities", "moments"):
                np.testing.assert_array_equal(getattr(alone, name), getattr(pooled, name))
        small = spins(3000)
        alone = run_plan(small, dilated(3000, 5), 2, 5)
        pooled = run_plan(small, dilated(3000, 5), 2, 5, executor=pool)
        np.testing.assert_array_equal(alone.x, pooled.x)


def test_results_are_bit_identical_on_a_dask_cluster():
    distributed = pytest.importorskip("distributed")
    model, plan = blocked()
    alone = run_plan(model, plan, 5, 5, keep="statistics", method="affine")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        pooled = run_plan(model, plan, 5, 5, keep="statistics", method="affine", executor=client.get_executor())
    np.testing.assert_array_equal(alone.means, pooled.means)
    np.testing.assert_array_equal(alone.moments, pooled.moments)


def test_statistics_alone_draw_no_coordinates_where_their_law_is_known():
    gaussian = ProductModel(1000, [0.8, 0.2], (GaussianSite(1.0, 0.25), GaussianSite(-1.0, 0.25)))
    choices = [(gaussian, "order parameter"), (biased(900), "full"), (biased(20_000), "order parameter")]
    for model, method in choices:
        assert run_plan(model, dilated(model.dimension, 2), 1, 1, keep="statistics").method == method
    third = run_plan(gaussian, dilated(1000, 2), 1, 1, keep="statistics", statistic=OrderParameter(order=3))
    assert third.method == "affine"


def test_sites_without_a_closed_form_are_not_integrated_coordinate_by_coordinate():
    quartic = DensitySite(lambda a: -(a**4), (-np.inf, np.inf))
    model = ProductModel(300, [0.5, 0.5], (quartic, GaussianSite(0.3, 0.4)))
    fast = run_plan(model, dilated(300, 4), 2, 3)
    assert fast.method == "scalar map"
    np.testing.assert_allclose(fast.x, run_plan(model, dilated(300, 4), 2, 3, method="full").x, rtol=0, atol=1e-8)


def test_tasks_can_be_pickled():
    for model in (spins(100), biased(100), DirectionModel(100, [1.0], [[1.0]], 0.5)):
        again = pickle.loads(pickle.dumps(model))
        y = np.linspace(-1, 1, 200).reshape(2, 100)
        np.testing.assert_array_equal(model.posterior(0.3, y)[0], again.posterior(0.3, y)[0])


def test_an_interrupted_run_keeps_what_it_has():
    model, plan = blocked()

    def stop(done, n):
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(RunInterruptedError) as caught:
        run_plan(model, plan, 9, 5, keep="statistics", method="affine", progress=stop)
    partial = caught.value.partial
    assert partial.n == 4
    np.testing.assert_array_equal(partial.means, run_plan(model, plan, 4, 5, keep="statistics", method="affine").means)


def test_single_precision_output_is_the_rounded_double():
    exact = run_plan(biased(2000), dilated(2000, 10), 3, 1)
    single = run_plan(biased(2000), dilated(2000, 10), 3, 1, dtype=np.float32)
    assert single.x.dtype == np.float32
    np.testing.assert_array_equal(single.x, exact.x.astype(np.float32))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"method": "scalar"}, "scalar map"),
        ({"method": "affine"}, "Gaussian"),
        ({"keep": "y"}, "keep"),
        ({"watch": [6]}, "nodes 0 to 5"),
        ({"dtype": np.int64}, "float32"),
        ({"n": 0}, "at least 1"),
        ({"n": 2.5}, "integer"),
        ({"seed": -1}, "at least 0"),
    ],
)
def test_bad_input_is_refused_with_a_reason(arguments, words):
    options = {"n": 2, "seed": 0} | arguments
    with pytest.raises((ValueError, TypeError), match=words):
        run_plan(spins(50), dilated(50, 6), **options)


def test_directions_refuse_the_scalar_map():
    with pytest.raises(ValueError, match="exchangeable"):
        run_plan(DirectionModel(5, [1.0], [[1.0]], 0.5), plain(3), 2, 0, method="scalar map")


def peak_of(model, plan, n, **options):
    """Return the largest memory held during a run, in bytes, without its output."""
    tracemalloc.start()
    run = run_plan(model, plan, n, 0, **options)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak, 0 if run.x is None else run.x.nbytes


@pytest.mark.parametrize(
    ("make", "d", "n"), [(variances, 200_000, 60), (biased, 200_000, 60), (spins, 200_000, 60), (biased, 5000, 1500)]
)
def test_memory_is_bounded_by_the_output_and_a_buffer(make, d, n):
    buffer = 400e6
    peak, output = peak_of(make(d), dilated(d, 4), n)
    assert output == 8 * n * d
    assert peak < 3 * output + buffer
    assert peak < output + buffer
    method = run_plan(make(d), dilated(d, 4), 1, 0).method
    alone, _ = peak_of(make(d), dilated(d, 4), 4 * n, keep="statistics", method=method)
    assert alone < buffer
