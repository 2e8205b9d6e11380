"""The schemes that fill a plan: their order, their constants, their digits."""

import numpy as np
import pytest
from scipy import optimize
from scipy.special import ndtr

import gm_case
from symsched import derive
from symsched.predictions.order_paths import order_paths
from symsched.predictions.predict import predict
from symsched.schedules.interpolant import VE, VP
from symsched.schedules.schemes import Nodes, adams


def weight_by_flow(limit, steps, scheme, kappa=4.0):
    """P(+) of ``steps`` steps to s = κ and then the exact flow, by quantiles, at p = 4/5 and d = ∞."""
    plan = limit.schedule.plan(2 * steps, 1e100, kappa, scheme)
    model = limit.order_model(1e100)

    def beyond(start):
        nu = order_paths(model, plan, np.array([[start]])).nu[0, steps, 0]
        return 0.8 * ndtr(nu - kappa) + 0.2 * ndtr(nu + kappa) - 0.2

    return ndtr(-optimize.brentq(beyond, -4, 3, xtol=1e-14))


@pytest.mark.parametrize(("scheme", "order", "constant"), [("canonical", 1, 0.2158), ("adams", 2, 0.546)])
def test_order_of_convergence_inside_the_window(scheme, order, constant):
    """The error of the weight falls like N^−order; its constant is that of an expansion along the separatrix."""
    limit, counts = gm_case.limit("vp"), np.array([20, 40, 80, 160])
    errors = np.array([weight_by_flow(limit, n, scheme) - 0.8 for n in counts])
    slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert slope == pytest.approx(-order, abs=0.05)
    # The next order is removed by extrapolation.
    scaled = errors * counts.astype(float) ** order
    assert 2 * scaled[-1] - scaled[-2] == pytest.approx(constant, rel=0.005)


@pytest.mark.parametrize("interpolant", [VP, VE], ids=["vp", "ve"])
@pytest.mark.parametrize("d", [1e6, 1e12, 1e100])
def test_adams_keeps_its_digits(interpolant, d):
    """Exact for a posterior mean that is constant or, but for its Euler steps, linear in ψ, at any d."""
    plan = derive(gm_case.mixture(), interpolant).schedule.plan(40, d, 3.0, "adams")
    np.testing.assert_allclose(plan.A * plan.beta[:-1] + plan.B.sum(axis=1), plan.beta[1:], rtol=1e-13)
    ends = plan.beta[1:-1] / plan.alpha[1:-1]
    moved, steps = (plan.B @ plan.psi)[:-1] / plan.alpha[1:-1], ends - plan.psi[:-1]
    euler = np.flatnonzero(np.abs(moved / (steps * (plan.psi[:-1] + ends) / 2) - 1) > 1e-9)
    # VE crosses the gap of scales in the last step of its first window.
    assert euler.tolist() == ([0, 19, 20] if interpolant is VE else [0, 20])
    assert np.count_nonzero(plan.B.toarray()[[*euler, 39]]) == len(euler) + 1


def test_adams_passes_by_a_window_that_stands_still():
    times, alpha = np.linspace(0, 1, 7), np.array([1.0, 0.9, 0.8, 0.8, 0.8, 0.5, 0.0])
    nodes = Nodes(times, alpha, 1 - alpha, (0, 2, 4), lambda: (alpha[1:], 1 - alpha[1:]))
    assert np.array_equal(np.argwhere(np.tril(adams(nodes).B.toarray(), -1)), [[1, 0]])


@pytest.mark.parametrize("d", [1e12, 1e100])
def test_adams_in_the_limit_is_a_recursion_without_d(d):
    kappa, steps = 4.0, 12
    h = kappa / steps

    def last(start):
        nu, before = start, None
        for k in range(steps):
            slope = np.tanh(np.log(2) + k * h * nu)
            nu, before = nu + h * (slope if before is None else 1.5 * slope - 0.5 * before), slope
        return np.log(2) + kappa * nu

    weight = ndtr(-optimize.brentq(last, -4, 3, xtol=1e-14))
    found = predict(gm_case.limit("vp"), 2 * steps, kappa=kappa, scheme="adams", d=d)[0].weight
    assert found == pytest.approx(weight, abs=20 / np.sqrt(d) + 1e-12)
    euler = predict(gm_case.limit("vp"), 2 * steps, kappa=kappa, d=d)[0].weight
    assert abs(euler - weight) > 5e-3
