"""A family that the package has never seen: a class, its cascade, its model and its order model, all in this file."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import sympy as sp

import symsched
from symsched.distributions.base import AbstractDistribution
from symsched.distributions.cascade import Branch, CanonicalPhase, Cascade, ModeLaw
from symsched.laws import AbstractLaw, AtomLaw
from symsched.laws.numeric import AbstractSite
from symsched.laws.numeric.kernels import kernel
from symsched.models.base import AbstractModel, checked_noisy, checked_rows, softmax
from symsched.models.order_model import DiscreteOrderModel, Points
from symsched.reporting.verdicts import Verdict
from symsched.symbols import d

HALF = sp.Rational(1, 2)


@dataclasses.dataclass(frozen=True, eq=False)
class FlippedModel(AbstractModel):
    """A row of independent numbers of law ``site``, or the negative of one."""

    d: int
    site: AbstractSite
    share: float

    @property
    def dimension(self):
        return self.d

    @property
    def modes(self):
        return 2

    def sample(self, rng, n):
        signs = np.where(rng.random(n) < self.share, 1.0, -1.0)
        return signs[:, None] * self.site.sample(rng, (n, self.d))

    def log_density(self, x):
        rows = checked_rows(x, self.d, "x")
        logs = np.stack([self.site.log_density(sign * rows).sum(axis=1) for sign in (1, -1)], axis=1)
        return np.log(np.exp(logs) @ [self.share, 1 - self.share])

    def posterior(self, psi, y):
        psi, rows = checked_noisy(psi, y, self.d)
        logs, means = zip(*(kernel(self.site, psi).both(sign * psi * rows) for sign in (1, -1)), strict=True)
        totals = np.stack([log.sum(axis=1) for log in logs], axis=1)
        shares = softmax(totals + np.log([self.share, 1 - self.share]))
        return shares[:, :1] * means[0] - shares[:, 1:] * means[1], shares


@dataclasses.dataclass(frozen=True)
class Flipped(AbstractDistribution):
    """Independent coordinates of one law, all negated together with probability 1 − ``share``."""

    share: sp.Expr
    law: AbstractLaw
    mirrored: AbstractLaw

    @property
    def free_symbols(self):
        return frozenset(self.share.free_symbols | self.law.free_symbols)

    def subs(self, values):
        return Flipped(self.share.subs(values), self.law.subs(values), self.mirrored.subs(values))

    def _derive(self):
        modes = (ModeLaw(self.share, self.law), ModeLaw(1 - self.share, self.mirrored))
        means = tuple(mode.law.cumulants(1)[0] for mode in modes)
        choice = AtomLaw(means, tuple(mode.weight for mode in modes))
        speciation = Branch((0, 1), sp.S.One, choice, ((0,), (1,)), coordinates=(self.law, self.mirrored))
        data = tuple(Branch((k,), mode.weight, mode.law) for k, mode in enumerate(modes))
        phases = (
            CanonicalPhase("speciation", HALF, 1, (speciation,), ((),), (sp.S.Zero,)),
            CanonicalPhase("data", sp.S.Zero, None, data),
        )
        return Cascade(modes, phases, ())

    def _numeric(self, dimension):
        member = self.at(dimension)
        return FlippedModel(dimension, member.law.site(), float(member.share))

    def _order_numeric(self, dimension):
        sites = (self.law.site(), self.mirrored.site())
        places = np.array([[site.mean] for site in sites])
        weights = np.array([float(self.share), 1 - float(self.share)])
        return DiscreteOrderModel(dimension, Points((1,), weights, places), sites)


def flipped(share):
    many, few = sp.Rational(9, 10), sp.Rational(1, 10)
    return Flipped(sp.Rational(share), AtomLaw((-1, 1), (few, many)), AtomLaw((-1, 1), (many, few)))


LIMIT = symsched.derive(flipped("0.7"), symsched.VP)
SETTINGS = {"dimensions": (200, 1_000), "n": 300, "steps": 16, "kappa": 3, "rng": 1}


def test_it_is_derived():
    assert [(phase.name, phase.exponent, phase.order) for phase in LIMIT.phases] == [
        ("speciation", HALF, 1),
        ("data", 0, None),
    ]
    assert LIMIT.phases[0].ode.lhs.has(sp.Function("mu"))
    assert LIMIT.speciation_time.has(d)
    LIMIT.derivation.check()


def test_it_is_sampled_by_the_loop_that_every_model_has():
    run = symsched.simulate(LIMIT.distribution, LIMIT, d=400, n=50, steps=24, kappa=3)
    assert run.method == "full"
    assert run.x.shape == (50, 400)
    with pytest.raises(ValueError, match="needs exchangeable coordinates; this model has 'full'"):
        symsched.simulate(LIMIT.distribution, LIMIT, d=400, n=2, steps=24, kappa=3, method="scalar map")


def test_it_is_the_mixture_that_it_says():
    mixture = symsched.ProductMixture(
        [(sp.Rational(7, 10), LIMIT.distribution.law), (sp.Rational(3, 10), LIMIT.distribution.mirrored)]
    )
    other = symsched.derive(mixture, symsched.VP)
    for found, expected in zip(symsched.predict(LIMIT, 24, kappa=3), symsched.predict(other, 24, kappa=3), strict=True):
        for name in ("weight", "weight_error", "site_mean", "site_variance"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-12)


def test_its_predictions_hold_and_wrong_ones_do_not(monkeypatch):
    report = symsched.validate(LIMIT, **SETTINGS)
    assert report.passed, report.to_markdown()
    biased = dataclasses.replace(LIMIT, distribution=flipped("0.8"))
    right = Flipped._numeric
    monkeypatch.setattr(Flipped, "_numeric", lambda self, size: dataclasses.replace(right(self, size), share=0.7))
    failing = {row.claim for row in symsched.validate(biased, **SETTINGS).rows if row.verdict is Verdict.FAILS}
    assert {"mode 0: weight", "mode 1: weight"} <= failing
