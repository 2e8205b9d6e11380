"""The step over the gap behind a phase of order q > 1: against a plain loop, the true weights, and Euler's jump."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from scipy import sparse
from sympy.stats import Normal

from symsched import VE, VP, ProductMixture, derive, parse, predict, simulate
from symsched.laws import AtomLaw
from symsched.symbols import d as dimension

R = sp.Rational
SKEWED = (AtomLaw((-R(1, 2), sp.S(2)), (R(4, 5), R(1, 5))), AtomLaw((R(1, 2), sp.S(-2)), (R(4, 5), R(1, 5))))
SPINS = AtomLaw((sp.S(-1), sp.S(1)), (R(1, 2), R(1, 2)))
# Three atoms with the same mean, variance and third cumulant, 0, 1 and 3/2, and another fourth.
SKEWED_OTHERWISE = AtomLaw((-sp.S(1), sp.S(0), R(5, 2)), (R(2, 7), R(3, 5), R(4, 35)))
CASES = {
    "q = 2": (parse("3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)"), 3.0),
    "q = 3": (ProductMixture([(R(7, 10), SKEWED[0]), (R(3, 10), SKEWED[1])]), 3.0),
    "q = 4": (ProductMixture([(R(3, 5), SPINS), (R(2, 5), Normal("a", 0, 1))]), 3.0),
    "shifted, q = 2": (parse("1/4*Normal(3, 1) + 3/4*Normal(3, 2)"), 3.0),
    "skewed sites, q = 2": (parse("2/5*Exponential(1) + 3/5*Normal(1, 1/2)"), 3.0),
    "tree": (parse("35/100*Normal(1, 3/2) + 1/4*Normal(1, 1/2) + 2/5*Normal(-1, 4/5)"), 3.0),
}


def true_weights(mixture):
    return np.array([float(mode.weight) for mode in mixture.modes])


def weights(name, d, steps, interpolant=VP, **settings):
    mixture, kappa = CASES[name]
    return np.array([m.weight for m in predict(derive(mixture, interpolant), steps, d=d, kappa=kappa, **settings)])


@pytest.mark.parametrize(("interpolant", "dimensions"), [(VP, (1e6, 1e9, 1e12)), (VE, (1e9,))], ids=["vp", "ve"])
@pytest.mark.parametrize("name", CASES)
def test_the_same_steps_do_at_every_dimension(name, interpolant, dimensions):
    """The nodes in ψ, and so the weights, are those of any interpolant: another one is tried at one dimension."""
    steps = 28 if name == "tree" else 24
    mixture, kappa = CASES[name]
    schedule = derive(mixture, interpolant).schedule
    for d in dimensions:
        plan = schedule.plan(steps, d, kappa)
        assert plan.steps == steps
        assert plan.evaluations == steps - 1
        np.testing.assert_allclose(weights(name, d, steps, interpolant), true_weights(mixture), atol=0.006)


@pytest.mark.parametrize("name", ["q = 2", "q = 3", "tree"])
def test_samples_have_the_weights_of_the_data(name):
    """Whole vectors at d = 10^4: within four standard errors and the grid's own .006 of the data's weights."""
    mixture, kappa = CASES[name]
    run = simulate(mixture, derive(mixture, VP), d=10_000, n=3_000, steps=28, kappa=kappa, rng=3, keep="statistics")
    for seen, weight in zip(run.weights, true_weights(mixture), strict=True):
        assert abs(seen.value - weight) < 4 * seen.standard_error + 0.006


@pytest.mark.parametrize("power", [1.0, 1.5, 3.0])
def test_a_jump_that_is_straight_in_another_power_of_psi_loses_a_mode(power):
    """The control: the same nodes, the step over the gap straight in ψ^power instead of ψ^2."""
    mixture, kappa = CASES["q = 2"]
    limit = derive(mixture, VP)
    plan = limit.schedule.plan(24, 1e8, kappa)
    gap = int(np.searchsorted(plan.times, float(limit.schedule.windows[1].start), side="right")) - 1
    here, there = plan.psi[gap], plan.psi[gap + 1]
    factor = (there**power - here**power) / (power * here ** (power - 1))
    table = plan.B.tolil()
    table[gap, :] = 0
    # R = D − c_1, and c_1 = 0 here.
    table[gap, gap] = plan.alpha[gap + 1] * factor
    wrong = predict(limit, d=1e8, schedule=replace(plan, A=plan.alpha[1:] / plan.alpha[:-1], B=sparse.csr_array(table)))
    right = predict(limit, d=1e8, schedule=plan)
    assert abs(right[0].weight - 0.3) < 0.005
    assert abs(wrong[0].weight - 0.3) > 0.25


def test_the_path_converges_at_fixed_d_as_steps_grow():
    """Modes so close that at d = 10^4 nothing is decided before the data phase."""
    limit = derive(parse("3/10*Normal(0, 6/5) + 7/10*Normal(0, 1)"), VP)
    errors = [abs(predict(limit, steps, d=1e4, kappa=3)[0].weight - 0.3) for steps in (24, 100, 400)]
    assert errors[2] < errors[1] < errors[0]
    assert errors[2] < 0.002


def test_kappa_counts_half_the_distance_of_the_modes():
    """Modes ten times closer have a window ten times as long in s, and the weights of the others."""
    near = derive(parse("3/10*Normal(0, 11/10) + 7/10*Normal(0, 1)"), VP)
    far = derive(parse("3/10*Normal(0, sqrt(31/10)) + 7/10*Normal(0, 1)"), VP)
    one, other = (predict(limit, 24, d=1e16, kappa=3)[0].weight for limit in (near, far))
    assert one == pytest.approx(other, abs=0.005)


def test_euler_needs_a_bridge_that_grows_with_log_d():
    """The control of the schedule's own steps: 24 Euler steps on the geometric bridge, Θ(log d) of which are needed."""
    far = [abs(weights("q = 2", d, 24, scheme="canonical")[0] - 0.3) for d in (1e4, 1e8, 1e16)]
    own = [abs(weights("q = 2", d, 24)[0] - 0.3) for d in (1e4, 1e8, 1e16)]
    assert far[0] < far[1] < far[2]
    assert far[2] > 0.05
    assert max(own) < 0.006


def plain_loop(model, plan, stretch, z):
    """The steps as the scheme's text has them, on arrays, with D of a model: y, and ŷ where it is straight."""
    order, variance, anchor, gap = stretch
    y, psi, kept, path = z.copy(), plan.psi, {}, {}

    def reduced(k):
        return psi[k] / math.sqrt(1 + psi[k] ** 2 * variance)

    def clock(k):
        return reduced(k) ** order / order - reduced(anchor) ** (order - 1) * reduced(k)

    def slope(k):
        spread = 1 + psi[k] ** 2 * variance
        share = psi[anchor] * variance
        moved = path[k] - (psi[k] - psi[anchor]) * kept[anchor]
        mean = (1 + psi[anchor] ** 2 * variance) * kept[anchor] - share * moved
        rest = kept[k] - mean - psi[k] * variance * (path[k] - psi[k] * mean) / spread
        return mean, spread * rest / (reduced(k) ** (order - 1) - reduced(anchor) ** (order - 1))

    for k in range(gap + 1):
        path[k], kept[k] = y, posterior(model, psi[k], y)
        if k < anchor:
            y = y + (psi[k + 1] - psi[k]) * kept[k]
            if k and plan.B[k, k - 1]:
                ratio = (psi[k + 1] - psi[k]) / (psi[k] - psi[k - 1]) / 2
                y = y + (psi[k + 1] - psi[k]) * ratio * (kept[k] - kept[k - 1])
            continue
        spread, following = 1 + psi[k] ** 2 * variance, 1 + psi[k + 1] ** 2 * variance
        if k == anchor:
            share = psi[anchor] * variance
            mean, gained = (spread * kept[k] - share * y), 0.0
        else:
            mean, rate = slope(k)
            gained = (clock(k + 1) - clock(anchor if k == anchor + 1 else k)) * rate
            if anchor + 1 < k < gap:
                ratio = (clock(k + 1) - clock(k)) / (clock(k) - clock(k - 1)) / 2
                gained = gained + (clock(k + 1) - clock(k)) * ratio * (rate - slope(k - 1)[1])
        y = math.sqrt(following) * ((y - psi[k] * mean) / math.sqrt(spread) + gained) + psi[k + 1] * mean
    return y


def posterior(model, psi, y):
    """E[a | y] of a mixture of normal laws or of atoms, coordinate by coordinate."""
    logs, means = [], []
    for weight, site in zip(model.weights, model.sites, strict=True):
        if psi == 0:
            logs.append(np.full(len(y), math.log(weight)))
            means.append(np.full_like(y, site.mean))
            continue
        centre, variance = site.mean, site.variance
        if site.gaussian is None:
            a, w = np.asarray(site.values), np.asarray(site.weights)
            tilt = w * np.exp(psi * y[..., None] * a - psi**2 * a**2 / 2)
            logs.append(math.log(weight) + np.log(tilt.sum(-1)).sum(1))
            means.append((tilt @ a) / tilt.sum(-1))
        else:
            total = 1 + psi**2 * variance
            off = y - psi * centre
            logs.append(math.log(weight) + np.sum(y**2 / 2 - off**2 / (2 * total) - math.log(total) / 2, axis=1))
            means.append(centre + psi * variance * off / total)
    logs = np.array(logs)
    share = np.exp(logs - logs.max(axis=0))
    share /= share.sum(axis=0)
    return sum(s[:, None] * m for s, m in zip(share, means, strict=True))


@pytest.mark.parametrize(
    ("name", "order", "variance"), [("q = 2", 2, 0.0), ("q = 3", 3, 1.0), ("q = 4", 4, 1.0), ("tree", 2, 0.0)]
)
def test_the_table_is_the_loop_that_the_text_describes(name, order, variance):
    mixture, kappa = CASES[name]
    limit, d, n = derive(mixture, VP), 300, 5
    plan = limit.schedule.plan(16, d, kappa)
    z = np.random.default_rng(1).standard_normal((n, d))
    windows = limit.schedule.windows
    gap = int(np.searchsorted(plan.times, float(windows[-2].start) + 1e-12, side="right")) - 1
    anchor = 0 if name != "tree" else int(np.flatnonzero(plan.psi > kappa / math.sqrt(d) * (1 + 1e-9))[0])
    model, x = mixture.model(d), plan.alpha[0] * z
    kept = []
    for k in range(gap + 1):
        kept.append(posterior(model, plan.psi[k], x / plan.alpha[k]))
        x = plan.A[k] * x + sum(plan.B[k, j] * kept[j] for j in range(k + 1))
    loop = plain_loop(model, plan, (order, variance, anchor, gap), z)
    np.testing.assert_allclose(x / plan.alpha[gap + 1], loop, rtol=1e-9, atol=1e-9)


REFUSED = {
    "a separation that shrinks": ProductMixture(
        [(R(1, 2), Normal("a", 0, 1)), (R(1, 2), Normal("b", 0, 1 + dimension ** -R(1, 8)))]
    ),
    "two variances before a third cumulant": ProductMixture(
        [(R(1, 2), Normal("a", 0, 2)), (R(1, 4), SKEWED[0]), (R(1, 4), SKEWED[1])]
    ),
    "a common third cumulant before a fourth": ProductMixture([(R(1, 2), SKEWED[0]), (R(1, 2), SKEWED_OTHERWISE)]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_where_the_step_does_not_hold_the_bridge_stays(name):
    schedule = derive(REFUSED[name], VP).schedule
    crossings = [window.crossing for window in schedule.windows]
    if name == "two variances before a third cumulant":
        # The variances' own gap is crossed, that of the third cumulant is not.
        assert [None if c is None else c.order for c in crossings] == [2, None, None, None, None]
    else:
        assert crossings == [None] * 3
        assert schedule.scheme == "interpolant"
    assert any(window.name.startswith("bridge") for window in schedule.windows)


def test_too_few_steps_are_refused():
    mixture, kappa = CASES["tree"]
    schedule = derive(mixture, VP).schedule
    with pytest.raises(ValueError, match="steps must be at least 5"):
        schedule.plan(4, 1e8, kappa)
    assert schedule.plan(5, 1e8, kappa).steps == 5


def test_every_number_of_steps_and_dimension_has_increasing_nodes():
    for name, interpolant in itertools.product(CASES, (VP, VE)):
        mixture, kappa = CASES[name]
        schedule = derive(mixture, interpolant).schedule
        for steps, d in itertools.product((5, 6, 7, 13, 40), (300.0, 1e5, 1e15)):
            plan = schedule.plan(steps, d, kappa)
            assert plan.steps == steps
            assert np.all(np.diff(plan.psi) >= 0)
            assert np.all(np.diff(plan.times) > 0)


def test_the_step_is_in_the_derivation_and_checked():
    steps = derive(CASES["q = 3"][0], VP).derivation.steps
    (found,) = [step for step in steps if "the gap behind" in step.rule]
    assert all(check.passed for check in found.check())
    rate, jump = found.after.args
    wrong = sp.Tuple(sp.Eq(rate.lhs, 2 * rate.rhs, evaluate=False), jump)
    assert not all(check.passed for check in found.verify(wrong))
    bent = sp.Tuple(rate, sp.Eq(jump.lhs, jump.rhs.subs(sp.Symbol("psihat'", positive=True), 1), evaluate=False))
    assert not all(check.passed for check in found.verify(bent))


def test_lists_for_samplers_that_bring_eulers_step_keep_the_bridge():
    mixture, kappa = CASES["q = 2"]
    schedule = derive(mixture, VP).schedule
    ratios = 1 / schedule.sigmas(24, 1e8, kappa)[:-1]
    assert len(ratios) == 24
    low, high = kappa * 1e8**-0.25, 1 / kappa
    bridge = ratios[(ratios > low * 1.01) & (ratios < high * 0.99)]
    assert len(bridge) == 24 // 3 - 1
    np.testing.assert_allclose(bridge[1:] / bridge[:-1], (high / low) ** (3 / 24), rtol=1e-6)
    own = schedule.plan(24, 1e8, kappa).psi
    assert not np.any((own > low * 1.01) & (own < high * 0.99))
