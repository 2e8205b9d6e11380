"""Designs of order q > 2, whose first row is a wave that is known before anything is evaluated."""

import math
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from scipy import special

from symsched import VP, derive, design, predict, simulate
from symsched.predictions.designs.learned.design import LearnedDesign
from symsched.zoo import find

R = sp.Rational
WEIGHTS = (0.4, 0.6)


@pytest.fixture(scope="module")
def laplace():
    return design(derive(find("laplace-or-normal").distribution(), VP), 3)


def laplace_mode(psi, y):
    """log-likelihood and E a of a = Laplace of variance 1 from y = z + ψ a, up to what both modes share."""
    rate = math.sqrt(2)
    # e^{−rate |a|} against the normal law of y/ψ, of deviation 1/ψ: two halves.
    ends = [(sign * psi * y - rate) / psi for sign in (1, -1)]
    logs = [end**2 / 2 + special.log_ndtr(end) for end in ends]
    whole = np.logaddexp(*logs)
    means = [
        sign * (end + np.exp(-(end**2) / 2 - special.log_ndtr(end)) / math.sqrt(2 * math.pi)) / psi
        for sign, end in zip((1, -1), ends, strict=True)
    ]
    mean = sum(np.exp(log - whole) * one for log, one in zip(logs, means, strict=True))
    return whole - y**2 / 2 + math.log(rate / 2 / psi * math.sqrt(2 * math.pi)), mean


def normal_mode(psi, y):
    """The same of a = N(0, 1)."""
    spread = 1 + psi**2
    return -(y**2) / (2 * spread) - math.log(spread) / 2, psi * y / spread


def looped(table, modes, weights, d, rng):
    """One path of ``d`` coordinates through the printed numbers, as ``to_dict`` gives them: x, and which mode it is."""
    z, order, spread = rng.standard_normal(d), table["order"], table["spread"]
    near, wave = table["near"], special.eval_hermitenorm(order - 1, z)
    x = 0.0 if near is None else d ** -near["exponent"]
    slopes = near["slopes"] if near else [{"growth": 0.0, "known": 0.0, "read": {}}] * len(table["slopes"])

    def mean(psi, y):
        seen = [mode(psi, y) for mode in modes]
        share = special.softmax([math.log(w) + np.sum(log) for w, (log, _) in zip(weights, seen, strict=True)])
        return sum(s * one for s, (_, one) in zip(share, seen, strict=True)), int(np.argmax(share))

    seen, shown = [np.zeros(d)], {}
    for k, (slope, more) in enumerate(zip(table["slopes"], slopes, strict=True), 1):
        psi = slope["strength"] * d ** -slope["exponent"] * math.exp(more["growth"] * x)
        width = 1 + spread * psi**2
        hat = psi / math.sqrt(width)
        bent = (slope["known"] + more["known"] * x) * wave
        for i, c in slope["read"].items():
            bent = bent + (c + more["read"].get(i, 0.0) * x) * shown[i]
        y = math.sqrt(width) * (z + hat**order / math.factorial(order) * bent)
        seen.append(mean(psi, y)[0])
        shown[str(k)] = math.factorial(order - 1) * width / hat ** (order - 1) * (seen[k] - spread * psi * y / width)
    columns = [0, *range(len(slopes), len(slopes) + len(table["nodes"]))]
    for psi, row in zip(table["nodes"][1:], table["rows"], strict=True):
        y = z + sum(c * seen[i] for c, i in zip(row, columns, strict=False) if c)
        found, mode = mean(psi, y)
        seen.append(found)
    out = table["output"][0] * z + sum(e * seen[i] for e, i in zip(table["output"][1:], columns, strict=True))
    return out, mode


def test_three_evaluations_do_for_a_fourth_cumulant_at_every_dimension(laplace):
    assert isinstance(laplace, LearnedDesign)
    assert laplace.evaluations == 3
    assert laplace.predicted.weight < 0.005
    assert laplace.valid_from <= 1e4
    # Between the dimensions at which it was fitted too.
    for d in (1e4, 1e5, 1e10):
        assert laplace.plan(d).evaluations == 3
        assert laplace.errors_at(d).weight < 0.005
        assert laplace.errors_at(d).width < 0.02


def test_a_plain_loop_over_whole_vectors_follows_the_printed_numbers(laplace):
    d, n, table, rng = 10_000, 500, laplace.to_dict(), np.random.default_rng(3)
    paths = [looped(table, (laplace_mode, normal_mode), WEIGHTS, d, rng) for _ in range(n)]
    told = predict(laplace.limit, d=d, schedule=laplace)
    first = np.array([mode == 0 for _, mode in paths])
    assert abs(first.mean() - told[0].weight) < 4 * math.sqrt(told[0].weight * (1 - told[0].weight) / n)
    assert abs(told[0].weight - WEIGHTS[0]) < 0.005
    # Fourth cumulants of what it makes: 3 and 0.
    for mode, cumulant in ((True, 3), (False, 0)):
        x = np.concatenate([one for (one, _), is_first in zip(paths, first, strict=True) if is_first == mode])
        assert np.mean(x**2) == pytest.approx(1, abs=0.02)
        assert np.mean(x**4) - 3 * np.mean(x**2) ** 2 == pytest.approx(cumulant, abs=0.15)


def test_the_wave_is_what_finds_the_weights(laplace):
    """The control: without it, or without what numbers gain at finite d, weights are lost."""
    d = 10_000
    told = predict(laplace.limit, d=d, schedule=laplace)[0].weight
    bare = laplace.plan(d)
    assert bare.bends
    assert bare.degree == 3
    lost = predict(laplace.limit, d=d, schedule=replace(bare, wave=np.zeros(bare.steps)))[0].weight
    far = predict(laplace.limit, d=d, schedule=replace(laplace.table, near=None).plan(d))[0].weight
    assert abs(told - WEIGHTS[0]) < 0.005
    assert abs(lost - WEIGHTS[0]) > 0.05
    assert abs(far - WEIGHTS[0]) > 0.02


def test_samplers_take_it(laplace):
    run = simulate(laplace.limit.distribution, laplace, d=20_000, n=800, rng=2, keep="statistics")
    assert abs(run.weights[0].value - WEIGHTS[0]) < 4 * run.weights[0].standard_error + 0.005


def test_what_it_shows(laplace):
    assert "He_3(z)" in laplace.to_text()
    assert r"\mathrm{He}_{3}(z)" in laplace.latex()
    assert "exp(" in laplace.to_text()
    assert r"e^{" in laplace.latex()
    assert "middle of the modes off by 10 % of half their distance" in laplace.sensitivities
    assert laplace.least_dimension < 1e4
    with pytest.raises(ValueError, match="needs a d of at least"):
        laplace.plan(laplace.least_dimension / 2)
