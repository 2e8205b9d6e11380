"""The table of a plan, read by every engine, against an independent loop over it."""

import pickle
import warnings
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
import sympy as sp
from sampling_cases import dilated, spins, three_modes, variance_exploding, variances
from sympy.stats import Normal

import gm_case
from symsched import (
    CurieWeiss,
    GaussianMixture,
    GaussianModes,
    ProductMixture,
    derive,
    predict,
    simulate,
    sweep,
    validate,
)
from symsched.distributions.gaussian_modes.model import DirectionModel
from symsched.distributions.product.model import ProductModel
from symsched.laws.numeric import GaussianSite
from symsched.predictions.coordinates import site_statistics
from symsched.predictions.order_paths import order_paths
from symsched.schedules.interpolant import VE, VP
from symsched.schedules.plan import AbstractTable, Plan
from symsched.simulation.run import run_plan

STEPS, HALF = 16, sp.Rational(1, 2)


def loop(model, plan, noise):
    """x at every node, read off the table by the definition of a plan."""
    scales, table = plan.A, plan.B.toarray()
    states, means = [plan.alpha[0] * noise], []
    for k in range(plan.steps):
        means.append(model.posterior(plan.psi[k], states[k] / plan.alpha[k])[0])
        states.append(scales[k] * states[k] + sum(table[k, j] * means[j] for j in range(k + 1)) + plan.shift[k])
    return states


def noise_of(model, n, seed):
    """What a run starts from: one step that leaves it alone."""
    idle = Plan(np.arange(2.0), np.zeros(1), np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.ones(1), np.zeros((1, 1)))
    return run_plan(model, idle, n, seed, method="full").x


def scrambled(plan, seed=0, strength=0.3):
    """The plan with a random lower-triangular table about its own, and a random shift."""
    rng = np.random.default_rng(seed)
    own = plan.B.diagonal()
    table = plan.B.toarray() + strength * np.tril(rng.uniform(-1, 1, plan.B.shape)) * own[:, None]
    shift = strength / 3 * own * rng.uniform(-1, 1, plan.steps)
    return replace(plan, A=plan.A * (1 + 0.1 * rng.uniform(-1, 1, plan.steps)), B=table, shift=shift)


def restarted(plan, node):
    """The plan whose step from ``node`` starts again from the noise, y = z + Σ c_j D_j, with random c_j."""
    rng = np.random.default_rng(5)
    reach = np.zeros(node + 1)
    for k in range(node):
        # x_k = α_k z + Σ_j reach_j D_j on a scheme that is exact for pure noise.
        reach = plan.A[k : k + 1] * reach + np.pad(plan.B.toarray()[k, : k + 1], (0, node - k))
    ratio = plan.alpha[node + 1] / plan.alpha[node]
    table = plan.B.toarray()
    wanted = plan.beta[node + 1] * rng.dirichlet(np.ones(node + 1))
    table[node, : node + 1] = wanted - ratio * reach
    return replace(plan, B=table), wanted


def wrong(plan, node=9, column=7):
    """The plan with one coefficient off by a tenth of its row's own."""
    table = plan.B.toarray()
    table[node, column] += 0.1 * table[node, node]
    return replace(plan, B=table)


def gaussians(d):
    return ProductModel(d, [0.8, 0.2], (GaussianSite(1.0, 0.25), GaussianSite(-1.0, 0.25)))


def directions(d):
    return DirectionModel(d, [0.2, 0.3, 0.5], [[1.0, 0.0], [-0.3, 0.6], [0.0, -1.0]], 0.5)


ENGINES = [
    (gaussians, "full"),
    (gaussians, "affine"),
    (gaussians, "scalar map"),
    (variances, "affine"),
    (directions, "full"),
    (directions, "affine"),
    (three_modes, "full"),
    (three_modes, "scalar map"),
    (spins, "full"),
    (spins, "scalar map"),
]


@pytest.mark.parametrize("base", [dilated, variance_exploding], ids=["vp", "ve"])
@pytest.mark.parametrize(("make", "method"), ENGINES, ids=[f"{m.__name__}, {method}" for m, method in ENGINES])
def test_every_engine_reads_the_same_table(make, method, base):
    d, n = 1500, 3
    model, plan = make(d), scrambled(base(d, STEPS))
    states = loop(model, plan, noise_of(model, n, 3))
    run = run_plan(model, plan, n, 3, method=method)
    assert run.method == method
    np.testing.assert_allclose(run.x, states[-1], rtol=0, atol=1e-8)
    means = np.stack([x.mean(axis=1) for x in states], axis=1)
    np.testing.assert_allclose(run.means, means, rtol=1e-8, atol=1e-8)
    other = run_plan(model, wrong(plan), n, 3, method=method)
    assert np.abs(other.means - means).max() > 1e-4


def test_cells_that_are_halved_express_what_they_keep_again():
    """Steep maps: the kept posterior means must follow every refinement, down to single coordinates."""
    d = 6_000
    model, plan = spins(d, 1.5), scrambled(dilated(d, 40), strength=0.1)
    run = run_plan(model, plan, 2, 3, method="scalar map")
    np.testing.assert_allclose(run.x, loop(model, plan, noise_of(model, 2, 3))[-1], rtol=0, atol=1e-8)


@pytest.mark.parametrize("make", [gaussians, directions])
def test_sums_alone_follow_the_table_in_law(make):
    d, n = 200, 1500
    model, plan = make(d), scrambled(dilated(d, 8))
    x = loop(model, plan, noise_of(model, n, 1))[-1]
    drawn = [x.mean(axis=1), (x**2).mean(axis=1)]

    def distance(table):
        run = run_plan(model, table, n, 2, method="order parameter", keep="statistics")
        pairs = zip(drawn, run.moments[:, :2].T, strict=True)
        return max(abs(a.mean() - b.mean()) / np.sqrt((a.var() + b.var()) / n) for a, b in pairs)

    assert distance(plan) < 4
    assert distance(replace(plan, shift=plan.shift + 0.1)) > 8


def test_a_row_that_restarts_from_the_noise():
    d, node = 1500, 10
    model = spins(d)
    plan, wanted = restarted(dilated(d, STEPS), node)
    noise = noise_of(model, 3, 3)
    states = loop(model, plan, noise)
    means = [model.posterior(plan.psi[k], states[k] / plan.alpha[k])[0] for k in range(node + 1)]
    expected = plan.alpha[node + 1] * noise + sum(c * mean for c, mean in zip(wanted, means, strict=True))
    np.testing.assert_allclose(states[node + 1], expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(run_plan(model, plan, 3, 3).x, states[-1], rtol=0, atol=1e-8)


@pytest.mark.parametrize("interpolant", ["vp", "ve"])
def test_order_parameters_follow_the_table_as_d_grows(interpolant):
    limit = gm_case.limit(interpolant)
    errors, control = [], []
    for d in (1_000, 100_000):
        model, plan = gaussians(d), scrambled(limit.schedule.plan(STEPS, d, 3.0), strength=0.2)
        noise = noise_of(model, 2, 3)
        states = np.stack([x.sum(axis=1) / np.sqrt(d) for x in loop(model, plan, noise)[:-1]], axis=1)
        nu = (states / plan.alpha[:-1])[:, : STEPS // 2 + 1]
        reduced = limit.order_model(d)
        for found, table in ((errors, plan), (control, wrong(plan, 6, 3))):
            followed = order_paths(reduced, table, noise.sum(axis=1, keepdims=True) / np.sqrt(d)).nu[..., 0]
            found.append(np.abs(followed[:, : nu.shape[1]] - nu).max())
    assert errors[1] < 0.3 * errors[0] < 0.3
    assert control[1] > 10 * errors[1]


def test_projections_follow_the_table():
    """Of all directions only the constant one feels the shift."""
    d, third = 10**6, sp.Rational(1, 3)
    modes = GaussianModes([third] * 3, [[1, -third, 0], [-third, 1, -third], [0, -third, 1]], sp.Rational(1, 2))
    limit = derive(modes, VP)
    plan = scrambled(limit.schedule.plan(STEPS, d, 3.0), strength=0.2)
    run = run_plan(modes.model(d), plan, 5, 0, keep="statistics")
    nu = (run.projections[:, :-1] / plan.alpha[:-1, None])[:, : STEPS // 2 + 1]
    for table, least, most in ((plan, 0.0, 1e-4), (replace(plan, shift=np.zeros(STEPS)), 1e-2, np.inf)):
        followed = order_paths(limit.order_model(d), table, nu[:, 0]).nu[:, : nu.shape[1]]
        assert least <= np.abs(followed - nu).max() <= most


def test_order_parameters_of_order_two_feel_a_mean_that_the_table_gets_wrong():
    """A common mean 1 of all modes, rows that do not sum to what it needs, and a shift: √d μ² is of order 1."""
    laws = [(sp.Rational(3, 10), Normal("a", 1, sp.Rational(3, 2))), (sp.Rational(7, 10), Normal("b", 1, HALF))]
    mixture = ProductMixture(laws)
    limit, rng = derive(mixture, VP), np.random.default_rng(1)
    factors = 1 + 0.2 * rng.uniform(-1, 1, (30, 1))
    errors, controls = [], []
    for d in (10**4, 10**8):
        plan = limit.schedule.plan(30, d, 2.0, "adams")
        plan = replace(plan, B=factors * plan.B.toarray(), shift=0.2 * plan.B.diagonal())
        run = run_plan(mixture.model(d), plan, 20, 0, statistic=mixture.statistic(d), keep="statistics")
        nu = run.order[:, :11]
        for table, found in ((plan, errors), (replace(plan, shift=np.zeros(30)), controls)):
            followed = order_paths(limit.order_model(d), table, nu[:, :1]).nu[:, :11, 0]
            found.append(np.abs(followed - nu).mean())
    assert errors[1] < 0.15 * errors[0] < 0.015
    assert controls[1] > 0.05


@pytest.mark.parametrize("family", ["gaussian mixture", "curie-weiss"])
def test_coordinates_follow_the_table_as_d_grows(family):
    distribution = gm_case.mixture() if family == "gaussian mixture" else CurieWeiss(2, 0.7)
    limit, d, n = derive(distribution, VE), 10**6, 150
    plan = scrambled(limit.schedule.plan(STEPS, d, 3.0), strength=0.1)
    run = run_plan(distribution.model(d), plan, n, 0, keep="statistics")
    assert run.method == "order parameter"

    def distance(table):
        laws = site_statistics(limit.order_model(d), table)
        mode = int(np.argmax(np.bincount(run.modes)))
        worst = 0.0
        for found, predicted in zip(run.central_moments.T, laws[mode], strict=True):
            mine = found[run.modes == mode]
            worst = max(worst, abs(mine.mean() - predicted.mean) / np.hypot(mine.std() / np.sqrt(mine.size), 2e-5))
        return worst

    assert distance(plan) < 4
    assert distance(wrong(plan, 14, 12)) > 8


def test_a_plan_stands_for_a_schedule():
    """A table written by hand is simulated and predicted; one that a schedule wrote gives what the schedule gives."""
    d, mixture = 10**5, gm_case.mixture()
    limit = gm_case.limit("ve")
    written = limit.schedule.plan(STEPS, d, 3.0)
    ours, theirs = (
        simulate(mixture, limit, d=d, n=20, steps=STEPS, kappa=3.0),
        simulate(mixture, written, d=d, n=20),
    )
    np.testing.assert_array_equal(ours.x, theirs.x)
    np.testing.assert_allclose(ours.paths, theirs.paths, rtol=1e-14)
    assert predict(limit, STEPS, kappa=3.0, d=d) == predict(limit, d=d, schedule=written)
    by_hand, _ = restarted(written, 10)
    run = simulate(mixture, by_hand, d=d, n=4000, keep="statistics")
    predicted = predict(limit, schedule=by_hand, d=d)
    assert abs(run.weights[0].value - predicted[0].weight) < 4 * run.weights[0].standard_error
    assert abs(run.sites[0].mean.value - predicted[0].site_mean) < 1e-3
    assert abs(predict(limit, schedule=written, d=d)[0].site_mean - predicted[0].site_mean) > 1e-2
    with pytest.raises(ValueError, match="the plan's own 16, got 12"):
        simulate(mixture, written, d=d, n=20, steps=12)
    with pytest.raises(TypeError, match="steps"):
        simulate(mixture, limit, d=d, n=20)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"B": np.ones(4)}, r"B must have shape \(4, 4\)"),
        ({"B": np.triu(np.ones((4, 4)))}, "lower triangular"),
        ({"A": np.array([1.0, np.nan, 1.0, 1.0])}, "A of the plan holds a value that is not finite"),
        ({"B": np.diag([1.0, np.inf, 1.0, 1.0])}, "B of the plan holds a value that is not finite"),
        ({"shift": np.zeros(3)}, r"shift must have shape \(4,\)"),
        ({"psi": np.array([0.0, 2.0, 1.0, 3.0])}, "psi must not decrease"),
    ],
)
def test_a_table_is_checked_once(change, message):
    with pytest.raises(ValueError, match=message):
        replace(dilated(100, 4), **change)


def test_a_plan_holds_what_is_not_zero_and_can_be_sent():
    plan = scrambled(dilated(100, 6))
    again = pickle.loads(pickle.dumps(plan))
    assert again.rows == plan.rows
    for name in ("times", "psi", "alpha", "beta"):
        np.testing.assert_array_equal(getattr(again, name), getattr(plan, name))
    # A plain schedule may need √d steps: a table of N² numbers would be 80 gigabytes.
    long = dilated(10**10, 100_000)
    assert long.B.nnz <= long.steps == 100_000 == len(long.rows)


def test_a_plan_keeps_numbers_of_its_own():
    table = np.diag([1.0, 2.0])
    plan = Plan([0, 0.5, 1], [0, 1], [1, 0.5, 0], [0, 0.5, 1], A=[0.5, 0], B=table)
    table[:] = 9
    assert plan.B.toarray().tolist() == [[1, 0], [0, 2]]
    with pytest.raises(ValueError, match="read-only"):
        plan.A[0] = 7
    for wrong, message in (({"alpha": [1, 0, 0]}, "alpha > 0"), ({"psi": [[0], [1]]}, "psi must have shape")):
        with pytest.raises(ValueError, match=message):
            replace(plan, **wrong)


def test_what_a_plan_settles_is_refused_beside_it():
    mixture, limit = gm_case.mixture(), gm_case.limit("ve")
    written = limit.schedule.plan(STEPS, 1e4, 3.0)

    @dataclass(frozen=True)
    class Fixed(AbstractTable):
        key: ClassVar[tuple[object, ...]] = ("fixed",)

        def plan(self, d):
            return written

    table = Fixed()
    for settled in ({"kappa": 3.0}, {"scheme": "canonical"}):
        (name,) = settled
        message = f"settles kappa and scheme itself: leave out {name}"
        for driver in (written, table):
            with pytest.raises(ValueError, match=message):
                simulate(mixture, driver, d=10_000, n=5, **settled)
            with pytest.raises(ValueError, match=message):
                predict(limit, d=1e4, schedule=driver, **settled)
        with pytest.raises(ValueError, match=message):
            validate(limit, schedule=table, dimensions=(10_000,), n=5, **settled)
        with pytest.raises(ValueError, match=message):
            sweep(mixture, table, dimensions=(10_000,), steps=(STEPS,), n=5, **settled)
        # Beside a schedule that it is for, it may be given.
        both = sweep(
            mixture, {"a": table, "b": limit}, dimensions=(10_000,), steps=(4,), n=5, **{"kappa": 3.0, **settled}
        )
        assert [cell.steps for cell in both.cells] == [STEPS, 4]
    with pytest.raises(ValueError, match="the plan's own 16, got 12"):
        validate(limit, schedule=table, dimensions=(10_000,), n=5, steps=12)
    for driver in (written, table, limit.schedule):
        with pytest.raises(TypeError, match="pass a schedule, a design or a plan as schedule="):
            predict(limit, driver)


def test_a_plan_for_another_dimension_is_not_run_without_a_word():
    """Eight steps made for d = 10^4 and taken at 10^8 end with a weight of 1.0 for .8."""
    limit = derive(GaussianMixture(p=sp.Rational(4, 5)), VP)
    plan = limit.schedule.plan(8, 10_000, 3)
    assert plan.dimension == 10_000
    with pytest.warns(UserWarning, match="made for d = 10000"):
        elsewhere = predict(limit, schedule=plan, d=1e8)
    assert elsewhere[0].weight > 0.99
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predict(limit, schedule=plan, d=10_000)
    with pytest.raises(TypeError, match=r"for one d.*simulate"):
        validate(limit, schedule=plan, dimensions=(10_000,), n=10)
