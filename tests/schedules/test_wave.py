"""A plan with a wave, x_{k+1} = … + wave_k He_n(z): every way to carry paths against a loop over whole vectors."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from sampling_cases import dilated, spins, three_modes, variances

from symsched import VP, ProductMixture, derive, predict, simulate
from symsched.laws import AtomLaw
from symsched.predictions.coordinates import site_statistics
from symsched.predictions.order_paths import order_paths
from symsched.schedules.plan import Plan
from symsched.simulation.run import run_plan

STEPS, R = 12, sp.Rational
CUBIC = {2: lambda z: z**2 - 1, 3: lambda z: z**3 - 3 * z}


def waved(plan, degree, strength=0.1):
    """The plan with a random wave."""
    wave = strength * plan.B.diagonal() * np.random.default_rng(degree).uniform(-1, 1, plan.steps)
    return replace(plan, wave=wave, degree=degree)


def loop(model, plan, noise):
    """x at every node, by the definition."""
    table, states, means = plan.B.toarray(), [plan.alpha[0] * noise], []
    bend = CUBIC[plan.degree](noise)
    for k in range(plan.steps):
        means.append(model.posterior(plan.psi[k], states[k] / plan.alpha[k])[0])
        moved = sum(table[k, j] * means[j] for j in range(k + 1))
        states.append(plan.A[k] * states[k] + moved + plan.shift[k] + plan.wave[k] * bend)
    return states


def noise_of(model, n, seed):
    """What a run starts from: one step that leaves it alone."""
    idle = Plan(np.arange(2.0), np.zeros(1), np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.ones(1), np.zeros((1, 1)))
    return run_plan(model, idle, n, seed, method="full").x


def mirrored():
    """A skewed law against its mirror image: they part by the third cumulant."""
    laws = [AtomLaw((-sign * R(1, 2), sign * sp.S(2)), (R(4, 5), R(1, 5))) for sign in (1, -1)]
    return ProductMixture([(R(7, 10), laws[0]), (R(3, 10), laws[1])])


@pytest.mark.parametrize(("make", "degree"), [(three_modes, 2), (spins, 3)])
@pytest.mark.parametrize("method", ["full", "scalar map"])
def test_a_wave_is_added_to_every_coordinate(make, degree, method):
    """Cells are halved on the way: what is added must follow them."""
    d, n = 3_000, 2
    model, plan = make(d), waved(dilated(d, 30), degree)
    noise = noise_of(model, n, 3)
    run = run_plan(model, plan, n, 3, method=method)
    assert run.method == method
    np.testing.assert_allclose(run.x, loop(model, plan, noise)[-1], rtol=0, atol=1e-8)
    other = run_plan(model, replace(plan, wave=1.01 * plan.wave), n, 3, method=method)
    assert np.abs(other.x - run.x).max() > 1e-4


def test_counted_coordinates_have_the_wave_too():
    d, n = 20_000, 60
    model, plan = spins(d), waved(dilated(d, STEPS), 2, 0.3)
    x = run_plan(model, plan, n // 2, 0, method="scalar map").x
    drawn = run_plan(model, plan, n, 1, keep="statistics")
    assert drawn.method == "order parameter"
    plain = run_plan(model, dilated(d, STEPS), n, 1, keep="statistics")
    # The wave is even in z and pulls the modes by different amounts: those of the heavier one alone.
    ours = x.mean(axis=1)
    ours, theirs, without = (one[one > 0] for one in (ours, drawn.moments[:, 0], plain.moments[:, 0]))
    error = np.hypot(ours.std() / np.sqrt(len(ours)), theirs.std() / np.sqrt(len(theirs)))
    assert abs(ours.mean() - theirs.mean()) < 4 * error
    assert abs(without.mean() - ours.mean()) > 8 * error


def test_normal_modes_are_carried_whole():
    """What is affine in the noise cannot carry a wave: it is refused by name, and not chosen."""
    d = 300
    model, plan = variances(d), waved(dilated(d, STEPS), 2)
    for keep in ("x", "statistics"):
        assert run_plan(model, plan, 2, 0, keep=keep).method in ("scalar map", "full")
    np.testing.assert_allclose(run_plan(model, plan, 2, 3).x, loop(model, plan, noise_of(model, 2, 3))[-1], atol=1e-8)
    for method in ("affine", "order parameter"):
        with pytest.raises(ValueError, match="linear in their noise, and the plan adds a wave"):
            run_plan(model, plan, 2, 0, method=method, keep="statistics")
    assert run_plan(model, replace(plan, wave=np.zeros(STEPS)), 2, 0).method == "affine"


def test_order_parameters_of_order_three_feel_the_wave_as_d_grows():
    mixture = mirrored()
    limit, errors, controls = derive(mixture, VP), [], []
    for d in (10**6, 10**11):
        plan = limit.schedule.plan(20, d, 2.0, "adams")
        # A wave as large as what the data do to a path in the window.
        plan = replace(plan, wave=0.5 * plan.psi**2 * plan.B.diagonal(), degree=2)
        run = run_plan(mixture.model(d), plan, 8, 0, statistic=mixture.statistic(d), keep="statistics")
        nu = run.order[:, :9]
        for table, found in ((plan, errors), (replace(plan, wave=0.9 * plan.wave), controls)):
            followed = order_paths(limit.order_model(d), table, nu[:, :1]).nu[:, :9, 0]
            found.append(np.abs(followed - nu).mean())
    assert errors[1] < 0.15 * errors[0] < 0.05
    assert controls[1] > 10 * errors[1]


def test_weights_and_sites_are_predicted_with_a_wave():
    """A wave that leans towards one mode, against samples."""
    mixture, d, n = mirrored(), 20_000, 500
    limit = derive(mixture, VP)
    plan = limit.schedule.plan(20, d, 2.0)
    leaning = replace(plan, wave=-0.3 * plan.psi**2 * plan.B.diagonal() * (plan.psi < 0.5), degree=2)
    told, plainly = (predict(limit, d=d, schedule=one) for one in (leaning, plan))
    run = simulate(mixture, leaning, d=d, n=n, keep="statistics", rng=2)
    assert abs(run.weights[0].value - told[0].weight) < 4 * run.weights[0].standard_error
    assert abs(plainly[0].weight - told[0].weight) > 8 * run.weights[0].standard_error
    means, _ = site_statistics(limit.order_model(d), leaning)[0]
    seen = run.sites[0].mean
    assert abs(seen.value - means.mean) < 4 * seen.standard_error + 2e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wave": np.ones(3), "degree": 2}, r"wave must have shape \(4,\)"),
        ({"wave": np.full(4, np.inf), "degree": 2}, "wave of the plan holds a value that is not finite"),
        ({"wave": np.ones(4)}, "degree must be at least 2"),
        ({"degree": -1}, "degree must be at least 0"),
    ],
)
def test_a_wave_is_checked_once(change, message):
    with pytest.raises(ValueError, match=message):
        replace(dilated(100, 4), **change)


def test_a_plan_with_a_wave_can_be_sent():
    plan = waved(dilated(100, 6), 3)
    again = pickle.loads(pickle.dumps(plan))
    assert again.rows == plan.rows
    assert (again.degree, again.bends, dilated(100, 6).bends) == (3, True, False)
    with pytest.raises(TypeError, match="degree must be an integer"):
        replace(plan, degree=2.5)
