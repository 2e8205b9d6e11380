"""Every reduction against the plain loop, from the same noise."""

import numpy as np
import pytest
from sampling_cases import PLANS, biased, dilated, plain, spins, three_modes, variances

from symsched.distributions.gaussian_modes.model import DirectionModel
from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.distributions.product.affine import integrate_product
from symsched.distributions.product.model import ProductModel
from symsched.laws.numeric import DensitySite, GaussianSite
from symsched.models.noise import Blocks
from symsched.models.one_map.bins import Bins
from symsched.models.recording import OrderParameter, Recording, Workspace, hermite
from symsched.schedules.plan import Plan
from symsched.simulation.run import run_plan


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


def stopped(plan, node):
    """A plan that ends in mid-flow, where the map is steep: x at its end is not near any atom."""
    part = slice(0, node)
    table = plan.A[part], plan.B[part, part]
    return Plan(plan.times[: node + 1], plan.psi[part], plan.alpha[: node + 1], plan.beta[: node + 1], *table)


@pytest.mark.parametrize(
    "make", [spins, lambda d: spins(d, 1.0), lambda d: spins(d, 1.1), biased], ids=["2", "critical", "1.1", "biased"]
)
@pytest.mark.parametrize(("d", "n"), [(100, 10), (1000, 6)])
def test_scalar_map_agrees_with_the_loop_in_mid_flow(make, d, n):
    """Negative control: one step more moves the coordinates by far more than the tolerance."""
    model, plan = make(d), dilated(d, 100)
    full, fast = (run_plan(model, stopped(plan, 93), n, 5, method=method) for method in ("full", "scalar map"))
    np.testing.assert_allclose(fast.x, full.x, rtol=0, atol=1e-8)
    other = run_plan(model, stopped(plan, 92), n, 5, method="scalar map")
    assert np.abs(other.x - full.x).max() > 1e-3


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
    np.testing.assert_allclose(fast.moments, full.moments, rtol=0, atol=1e-10)
    np.testing.assert_allclose(fast.central_moments, full.central_moments, rtol=0, atol=1e-10)


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
    d, plan = 2500, dilated(2500, 12)
    statistic = OrderParameter(2, centre=0.05, variance=0.8)
    run = run_plan(biased(d), plan, 7, 0, statistic=statistic)
    assert run.method == "scalar map"
    assert run.order_nodes.tolist() == list(range(13))
    np.testing.assert_allclose(run.means[:, -1], run.x.mean(axis=1), atol=1e-9)
    np.testing.assert_allclose(run.moments[:, 1], (run.x**2).mean(axis=1), atol=1e-9)
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


def test_bins_sum_smooth_functions_exactly():
    """Chebyshev weights from the bins' moments against plain sums; a shifted function as negative control."""
    from symsched.models.one_map.cell_frame import CellFrame
    from symsched.models.one_map.cells import NODES, Cells

    d = 50_000
    z = np.random.default_rng(0).standard_normal((2, d))
    bins = Bins.of(d)
    moments, outside = bins.gather(z)
    assert moments[:, :, 0].sum() == 2 * d - outside.size
    cells = Cells.start(bins, z, moments, outside, 1.0)
    frame = CellFrame(cells)
    for power in range(NODES):
        expected = (z**power).sum(axis=1)
        np.testing.assert_allclose(frame.sum(cells.x**power), expected, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(frame.sum(np.cos(cells.x)), np.cos(z).sum(axis=1), rtol=1e-6)
    assert np.all(np.abs(frame.sum(np.cos(cells.x + 1e-3)) - np.cos(z).sum(axis=1)) > 1e-2)


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


def test_affine_scalars_alone_reproduce_the_recursion():
    """The scalars of a single Gaussian are a product over the plan: known in closed form."""
    d, plan = 50, plain(10)
    out = np.empty((1, d))
    model = ProductModel(d, [1.0], (GaussianSite(0.0, 0.25),))
    integrate_product(model.gaussians, plan, Workspace(np.random.default_rng(0), out, Recording.of(plan, None, ())))
    theta = np.arctan2(plan.alpha, 0.5 * plan.beta)
    gain = 0.5 * np.prod(np.cos(np.diff(theta)))
    np.testing.assert_allclose(out, gain * np.random.default_rng(0).standard_normal((1, d)), rtol=1e-12)


def test_mean_field_density_sites_agree_with_the_loop():
    site = DensitySite(lambda a: -(a**4), (-np.inf, np.inf))
    compare(MeanFieldModel(60, site, 3.5, tilt=0.3, boundaries=(0.0,)), dilated(60, 3), n=1, method="scalar map")
