"""Every reduction against the plain loop, and runs that do not depend on how they were computed."""

import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from symsched.sampling.affine import integrate_product
from symsched.sampling.bins import Bins
from symsched.sampling.models import DirectionModel, MeanFieldModel, ProductModel
from symsched.sampling.noise import Blocks
from symsched.sampling.recording import OrderParameter, Recording, Workspace, hermite
from symsched.sampling.run import RunInterruptedError, run_plan
from symsched.sampling.scheme import canonical, euler
from symsched.sampling.sites import AtomSite, DensitySite, GaussianSite
from symsched.sampling.tables import fast_kernel

SPIN = AtomSite([-1.0, 1.0], [0.5, 0.5])


def dilated(d, steps, kappa=3.0):
    """The dilated VP schedule with linear interpolant."""
    t = np.linspace(0, 1, steps + 1)
    window = kappa / np.sqrt(d)
    tau = np.where(t <= 0.5, 2 * window * t, window + (1 - window) * (2 * t - 1))
    return canonical(t, 1 - tau, tau)


def plain(steps):
    """The plain VP schedule with linear interpolant."""
    t = np.linspace(0, 1, steps + 1)
    return canonical(t, 1 - t, t)


def trigonometric(d, steps, kappa=3.0):
    """Euler in x on the dilated trigonometric VP interpolant."""
    t = np.linspace(0, 1, steps + 1)
    window = kappa / np.sqrt(d)
    tau = np.where(t <= 0.5, 2 * window * t, window + (1 - window) * (2 * t - 1))
    rate = np.where(t < 0.5, 2 * window, 2 * (1 - window))[:-1]
    alpha = np.sqrt((1 - tau) * (1 + tau))
    return euler(t, alpha, tau, -tau[:-1] / alpha[:-1] * rate, rate)


def variance_exploding(d, steps, kappa=3.0):
    """The dilated VE schedule with linear interpolant."""
    t = np.linspace(0, 1, steps + 1)
    late = kappa / np.sqrt(d)
    rest = np.where(t <= 0.5, 1 - (1 - late) * 2 * t, late * (2 - 2 * t))
    return canonical(t, np.sqrt(d) * rest, 1 - rest)


def spins(d, coupling=2.0, boundaries=(0.0,)):
    return MeanFieldModel(d, SPIN, coupling, tilt=np.log(2), boundaries=boundaries)


def biased(d, bias=0.9):
    low, high = (1 - bias) / 2, (1 + bias) / 2
    return ProductModel(d, [0.8, 0.2], (AtomSite([-1, 1], [low, high]), AtomSite([-1, 1], [high, low])))


def three_modes(d):
    sites = (AtomSite([-1.0, 0.3, 2.0], [0.5, 0.3, 0.2]), GaussianSite(0.1, 0.5), AtomSite([0.0, 1.0], [0.3, 0.7]))
    return ProductModel(d, [0.2, 0.5, 0.3], sites)


def variances(d):
    return ProductModel(d, [0.3, 0.7], (GaussianSite(0.0, 2.25), GaussianSite(0.0, 0.25)))


def compare(model, plan, *, n=4, method="auto", statistic=None, tolerance=1e-8):
    """Run the plain loop and a reduction from the same noise; return both."""
    statistic = OrderParameter() if statistic is None else statistic
    watch = tuple(range(plan.steps))
    full = run_plan(model, plan, n, 3, method="full", statistic=statistic, watch=watch)
    fast = run_plan(model, plan, n, 3, method=method, statistic=statistic, watch=watch)
    assert fast.method == method
    np.testing.assert_allclose(fast.x, full.x, rtol=0, atol=tolerance)
    np.testing.assert_allclose(fast.responsibilities, full.responsibilities, rtol=0, atol=tolerance)
    np.testing.assert_allclose(fast.means, full.means, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(fast.order, full.order, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(fast.moments, full.moments, rtol=1e-8, atol=1e-8)
    np.testing.assert_array_equal(fast.modes, full.modes)
    return full, fast


PLANS = [dilated, trigonometric, variance_exploding, lambda d, steps: plain(steps)]


@pytest.mark.parametrize("plan", PLANS, ids=["dilated VP", "trigonometric VP", "dilated VE", "plain VP"])
@pytest.mark.parametrize(
    "make",
    [
        spins,
        lambda d: spins(d, 1.1),
        lambda d: spins(d, 1.0),
        lambda d: spins(d, 0.7, ()),
        biased,
        three_modes,
        variances,
    ],
    ids=["2", "1.1", "critical", "one mode", "biased", "three modes", "variances"],
)
def test_scalar_map_agrees_with_the_loop(make, plan):
    compare(make(3000), plan(3000, 24), method="scalar map")


@pytest.mark.parametrize("make", [spins, biased])
def test_scalar_map_agrees_with_the_loop_where_it_is_steep(make):
    """With 100 steps a spin's fate is decided within 1e-20 of its threshold."""
    d = 20_000
    _, fast = compare(make(d), dilated(d, 100), n=2, method="scalar map")
    assert 0 < fast.map_error < 1e-10


def test_scalar_map_agrees_with_the_loop_for_a_coordinate_near_its_threshold():
    """Few steps leave the map with a finite slope, so that many coordinates end between the atoms."""
    d = 20_000
    full, _ = compare(spins(d, 1.5), dilated(d, 8), n=2, method="scalar map")
    assert np.mean(np.abs(np.abs(full.x) - 1) > 1e-3) > 0.01


def test_density_sites_agree_with_the_loop():
    site = DensitySite(lambda a: -(a**4) + a, (-np.inf, np.inf))
    compare(ProductModel(1200, [0.4, 0.6], (site, GaussianSite(0.0, 0.3))), dilated(1200, 6), n=1, method="scalar map")


@pytest.mark.parametrize("plan", PLANS[:3])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_affine_agrees_with_the_loop_for_product_laws(plan, order):
    d = 700
    statistic = OrderParameter(order, centre=0.1, variance=0.4)
    compare(variances(d), plan(d, 20), method="affine", statistic=statistic, tolerance=1e-11)


@pytest.mark.parametrize("plan", PLANS[:3])
def test_affine_agrees_with_the_loop_for_directions(plan):
    d = 700
    model = DirectionModel(d, [0.2, 0.3, 0.5], [[1.0, 0.0], [-0.3, 0.6], [0.0, -1.0]], 0.5)
    full = run_plan(model, plan(d, 20), 5, 1, method="full", watch=range(20))
    fast = run_plan(model, plan(d, 20), 5, 1, watch=range(20))
    assert (full.method, fast.method) == ("full", "affine")
    for name in ("x", "means", "projections", "responsibilities"):
        np.testing.assert_allclose(getattr(fast, name), getattr(full, name), rtol=0, atol=1e-10, err_msg=name)
    np.testing.assert_allclose(fast.moments, full.moments[:, :2], rtol=0, atol=1e-10)
    np.testing.assert_allclose(fast.central_moments, full.central_moments[:, :2], rtol=0, atol=1e-10)


def test_methods_agree_across_families():
    """The same Gaussian mixture as product law and as direction, three methods."""
    d, plan = 2000, dilated(2000, 16)
    product = ProductModel(d, [0.8, 0.2], (GaussianSite(0.9, 0.25), GaussianSite(-0.9, 0.25)))
    direction = DirectionModel(d, [0.8, 0.2], [[0.9], [-0.9]], 0.5)
    runs = [run_plan(product, plan, 3, 9, method=m) for m in ("full", "affine", "scalar map")]
    runs.append(run_plan(direction, plan, 3, 9))
    for run in runs[1:]:
        np.testing.assert_allclose(run.x, runs[0].x, rtol=0, atol=1e-10)


def test_recorded_statistics_are_those_of_the_samples():
    d, plan = 1500, dilated(1500, 12)
    statistic = OrderParameter(2, centre=0.05, variance=0.8)
    run = run_plan(biased(d), plan, 7, 0, statistic=statistic)
    assert run.method == "scalar map"
    assert run.order_nodes.tolist() == list(range(13))
    np.testing.assert_allclose(run.means[:, -1], run.x.mean(axis=1), atol=1e-9)
    np.testing.assert_allclose(run.moments[:, 2], (run.x**3).mean(axis=1), atol=1e-9)
    standard = (run.x - 0.05) / np.sqrt(0.8)
    np.testing.assert_allclose(run.order[:, -1], hermite(2, standard).sum(axis=1) / np.sqrt(2 * d), rtol=1e-8)
    np.testing.assert_allclose(run.central_moments[:, 1], run.x.var(axis=1), atol=1e-9)
    np.testing.assert_allclose(
        run.means[:, 0], Blocks(0, 7, d).generator(0).standard_normal((7, d)).mean(axis=1), atol=1e-12
    )


def test_order_parameter_without_variance_stops_before_the_end():
    run = run_plan(spins(1000), dilated(1000, 6), 2, 0, statistic=OrderParameter(1))
    assert run.order.shape == (2, 6)
    assert run.order_nodes.tolist() == [0, 1, 2, 3, 4, 5]


def test_statistics_only_runs_record_the_same():
    for model in (biased(1200), variances(1200), DirectionModel(1200, [0.4, 0.6], [[1.0], [-1.0]], 0.5)):
        kept = run_plan(model, dilated(1200, 10), 5, 1)
        alone = run_plan(model, dilated(1200, 10), 5, 1, keep="statistics")
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
    d = 2_000_000
    return ProductModel(d, [0.8, 0.2], (GaussianSite(1.0, 0.25), GaussianSite(-1.0, 0.25))), dilated(d, 4)


def test_results_are_bit_identical_on_a_process_pool():
    model, plan = blocked()
    alone = run_plan(model, plan, 9, 5, keep="statistics", statistic=OrderParameter())
    with ProcessPoolExecutor(2) as pool:
        for rows in (None, 2, 100):
            pooled = run_plan(
                model, plan, 9, 5, keep="statistics", statistic=OrderParameter(), executor=pool, rows=rows
            )
            for name in ("means", "order", "responsibilities", "moments"):
                np.testing.assert_array_equal(getattr(alone, name), getattr(pooled, name))
        small = spins(3000)
        alone = run_plan(small, dilated(3000, 5), 2, 5)
        pooled = run_plan(small, dilated(3000, 5), 2, 5, executor=pool)
        np.testing.assert_array_equal(alone.x, pooled.x)


def test_results_are_bit_identical_on_a_dask_cluster():
    distributed = pytest.importorskip("distributed")
    model, plan = blocked()
    alone = run_plan(model, plan, 5, 5, keep="statistics")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        pooled = run_plan(model, plan, 5, 5, keep="statistics", executor=client.get_executor())
    np.testing.assert_array_equal(alone.means, pooled.means)
    np.testing.assert_array_equal(alone.moments, pooled.moments)


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
        run_plan(model, plan, 9, 5, keep="statistics", progress=stop)
    partial = caught.value.partial
    assert partial.n == 4
    np.testing.assert_array_equal(partial.means, run_plan(model, plan, 4, 5, keep="statistics").means)


def test_single_precision_output_is_the_rounded_double():
    exact = run_plan(biased(2000), dilated(2000, 10), 3, 1)
    single = run_plan(biased(2000), dilated(2000, 10), 3, 1, dtype=np.float32)
    assert single.x.dtype == np.float32
    np.testing.assert_array_equal(single.x, exact.x.astype(np.float32))


def test_bins_sum_smooth_functions_exactly():
    """Chebyshev weights from the bins' moments against plain sums; a shifted function as negative control."""
    from symsched.sampling.cells import NODES, Cells

    d = 50_000
    z = np.random.default_rng(0).standard_normal((2, d))
    bins = Bins.of(d)
    moments, outside = bins.gather(z)
    assert moments[:, :, 0].sum() == 2 * d - outside.size
    cells = Cells.start(bins, z, moments, outside, 1.0)
    for power in range(NODES):
        expected = (z**power).sum(axis=1)
        np.testing.assert_allclose(cells.summation() @ cells.x**power, expected, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(cells.summation() @ np.cos(cells.x), np.cos(z).sum(axis=1), rtol=1e-6)
    assert np.all(np.abs(cells.summation() @ np.cos(cells.x + 1e-3) - np.cos(z).sum(axis=1)) > 1e-2)


@pytest.mark.slow
def test_the_exact_flow_recovers_the_mode_weights():
    """Many steps at finite d give p itself (negative control: the plain schedule with few steps does not)."""
    d, n = 400, 4000
    model = ProductModel(d, [0.8, 0.2], (GaussianSite(1.0, 0.25), GaussianSite(-1.0, 0.25)))
    run = run_plan(model, dilated(d, 400, kappa=5.0), n, 2, keep="statistics")
    weight = np.mean(run.modes == 0)
    assert abs(weight - 0.8) < 5 * np.sqrt(0.16 / n)
    biased_weight = np.mean(run_plan(model, plain(4), n, 2, keep="statistics").modes == 0)
    assert abs(biased_weight - 0.8) > 5 * np.sqrt(0.16 / n)


def test_euler_weight_of_the_dilated_schedule_in_high_dimension():
    """d = ∞, ten steps in the first half: 0.817176593904 (canonical recursion from N(0, 1), by the sign)."""
    d, n = 10**6, 40
    model = ProductModel(d, [0.8, 0.2], (GaussianSite(1.0, 0.25), GaussianSite(-1.0, 0.25)))
    run = run_plan(model, dilated(d, 20), n, 4, keep="statistics")
    mu = run.means[:, 0] * np.sqrt(d)
    for _ in range(10):
        mu = mu + 0.3 * np.tanh(0.5 * np.log(4) + 0.3 * _ * mu)
    np.testing.assert_allclose(run.means[:, 10] * np.sqrt(d), mu, rtol=0, atol=2e-2)


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


def test_affine_scalars_alone_reproduce_the_recursion():
    """The scalars of a single Gaussian are a product over the plan: known in closed form."""
    d, plan = 50, plain(10)
    out = np.empty((1, d))
    model = ProductModel(d, [1.0], (GaussianSite(0.0, 0.25),))
    integrate_product(model, plan, Workspace(np.random.default_rng(0), out, Recording.of(plan, None, ())))
    theta = np.arctan2(plan.alpha, 0.5 * plan.beta)
    gain = 0.5 * np.prod(np.cos(np.diff(theta)))
    np.testing.assert_allclose(out, gain * np.random.default_rng(0).standard_normal((1, d)), rtol=1e-12)


@pytest.mark.parametrize(
    "site",
    [
        DensitySite(lambda a: -(a**4) + a, (-np.inf, np.inf)),
        DensitySite(lambda a: 0 * a, (-1.0, 1.0)),
        DensitySite(lambda a: -np.abs(a), (-np.inf, 0.0, np.inf)),
        AtomSite([-1.0, 0.3, 2.0], [0.5, 0.3, 0.2]),
        AtomSite(np.linspace(-2, 2, 30), np.full(30, 1 / 30)),
    ],
    ids=["quartic", "uniform", "Laplace", "three atoms", "thirty atoms"],
)
@pytest.mark.parametrize("psi", [0.0, 1e-3, 0.3, 20.0])
def test_fast_kernels_agree_with_the_sites(site, psi):
    rng = np.random.default_rng(11)
    v = psi * (psi * site.sample(rng, 60) + 1.5 * rng.standard_normal(60))
    fast = fast_kernel(site, psi)
    log_normaliser, mean = site.tilted(v, psi**2)
    scale = 1 + np.abs(log_normaliser).max()
    for _ in range(2):
        np.testing.assert_allclose(fast.both(v)[0], log_normaliser, rtol=0, atol=1e-13 * scale)
        np.testing.assert_allclose(fast.both(v)[1], mean, rtol=0, atol=2e-13)
        np.testing.assert_allclose(fast.mean(v), mean, rtol=0, atol=2e-13)
        np.testing.assert_allclose(fast.spread(v)[1], site.tilted_variance(v, psi**2), rtol=0, atol=1e-10)
        v = v[::-1]
        log_normaliser, mean = log_normaliser[::-1], mean[::-1]


def test_tables_do_not_depend_on_what_was_asked_before():
    site = DensitySite(lambda a: -(a**4) + a, (-np.inf, np.inf))
    v = np.linspace(-40, 40, 101)
    fast_kernel.cache_clear()
    whole = fast_kernel(site, 3.0).mean(v)
    fast_kernel.cache_clear()
    pieces = [fast_kernel(site, 3.0).mean(v[k : k + 1])[0] for k in range(101)]
    np.testing.assert_array_equal(whole, pieces)


def test_mean_field_density_sites_agree_with_the_loop():
    site = DensitySite(lambda a: -(a**4), (-np.inf, np.inf))
    compare(MeanFieldModel(150, site, 3.5, tilt=0.3, boundaries=(0.0,)), dilated(150, 3), n=1, method="scalar map")


def moments_agree(first, second):
    """Return the largest |z| between two runs' means, order parameters, end moments and mode counts."""
    scores = []
    for name in ("means", "order", "moments"):
        a, b = getattr(first, name), getattr(second, name)
        width = min(a.shape[1], b.shape[1])
        for power in (1, 2):
            x, y = a[:, :width] ** power, b[:, :width] ** power
            spread = np.sqrt(x.var(axis=0) / x.shape[0] + y.var(axis=0) / y.shape[0])
            scores.append(np.abs(x.mean(axis=0) - y.mean(axis=0)) / np.maximum(spread, 1e-9))
    x, y = np.mean(first.modes), np.mean(second.modes)
    scores.append(np.atleast_1d(abs(x - y) / np.sqrt(0.25 / first.n + 0.25 / second.n)))
    return max(float(score.max(initial=0.0)) for score in scores)


@pytest.mark.parametrize(
    ("make", "order"), [(spins, 1), (lambda d: spins(d, 0.8, ()), 1), (biased, 1), (variances, 2), (three_modes, 1)]
)
def test_order_parameters_alone_follow_the_same_law(make, order):
    d, n = 20_000, 300
    statistic = OrderParameter(order, variance=0.9)
    whole = run_plan(make(d), dilated(d, 12), n, 1, keep="statistics", statistic=statistic)
    alone = run_plan(make(d), dilated(d, 12), n, 2, keep="statistics", statistic=statistic, method="order parameter")
    assert alone.x is None
    assert alone.method == "order parameter"
    assert moments_agree(whole, alone) < 5
    wrong = run_plan(make(d), dilated(d, 12, kappa=6.0), n, 2, keep="statistics", statistic=statistic)
    assert moments_agree(whole, wrong) > 5


def test_order_parameters_of_directions_follow_the_same_law():
    d, n = 50, 4000
    model = DirectionModel(d, [0.2, 0.3, 0.5], [[1.0, 0.0], [-0.3, 0.6], [0.0, -1.0]], 0.5)
    whole = run_plan(model, dilated(d, 12), n, 1, keep="statistics")
    alone = run_plan(model, dilated(d, 12), n, 2, keep="statistics", method="order parameter")
    assert alone.projections.shape == whole.projections.shape
    assert moments_agree(whole, alone) < 5


@pytest.mark.parametrize("make", [spins, biased, variances])
def test_order_parameters_reach_a_dimension_without_arrays(make):
    """Through the speciation window the order parameter's law at d = 10^8 is that at 10^12."""
    n, runs = 150, []
    for seed, d in enumerate((10**8, 10**12)):
        run = run_plan(make(d), dilated(d, 12), n, seed, keep="statistics", statistic=OrderParameter(1, variance=1.0))
        assert run.method == "order parameter"
        runs.append(run)
    a, b = (run.order[:, :6] for run in runs)
    for power in (1, 2):
        x, y = a**power, b**power
        score = (x.mean(axis=0) - y.mean(axis=0)) / np.sqrt((x.var(axis=0) + y.var(axis=0)) / n)
        assert np.all(np.abs(score) < 5)
    assert abs(np.mean(runs[0].modes) - np.mean(runs[1].modes)) < 5 * np.sqrt(0.5 / n)


def test_samples_are_refused_where_there_are_none():
    with pytest.raises(ValueError, match="statistics"):
        run_plan(spins(100), dilated(100, 4), 2, 0, method="order parameter")
    with pytest.raises(ValueError, match="order above 2"):
        run_plan(
            variances(100),
            dilated(100, 4),
            2,
            0,
            keep="statistics",
            method="order parameter",
            statistic=OrderParameter(3),
        )
