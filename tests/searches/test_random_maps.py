"""The scalar map of random measures against the plain loop: any site, coupling, dimension and plan."""

import numpy as np
import pytest
from random_cases import seeds
from sampling_cases import dilated, plain, trigonometric, variance_exploding

from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.distributions.product.model import ProductModel
from symsched.laws.numeric import AtomSite, GaussianSite
from symsched.simulation.run import run_plan

PLANS = [dilated, variance_exploding, trigonometric, lambda d, steps: plain(steps)]


def random_site(rng):
    if rng.random() < 0.25:
        return GaussianSite(rng.normal(), rng.uniform(0.2, 1.5))
    count = rng.integers(2, 5)
    return AtomSite(rng.normal(size=count) * rng.choice([0.3, 1, 3]), rng.dirichlet(np.ones(count)))


def random_model(rng, d):
    site = random_site(rng)
    if rng.random() < 0.3:
        return ProductModel(d, [0.4, 0.6], (site, random_site(rng)))
    most = 0.9 if isinstance(site, GaussianSite) else 3.0
    coupling = rng.uniform(0.1, most) / site.variance
    return MeanFieldModel(d, site, coupling, tilt=rng.normal(), boundaries=(coupling * site.mean,))


@pytest.mark.parametrize("seed", seeds(12))
def test_the_map_is_the_loop(seed):
    rng = np.random.default_rng(seed)
    d = int(10 ** rng.uniform(1.7, 3.6))
    model, plan = random_model(rng, d), PLANS[rng.integers(4)](d, int(rng.choice([6, 20, 45])))
    full, fast = (run_plan(model, plan, 3, seed, method=method) for method in ("full", "scalar map"))
    scale = max(1.0, float(np.abs(full.x).max()))
    np.testing.assert_allclose(fast.x, full.x, rtol=0, atol=1e-8 * scale)
    np.testing.assert_allclose(fast.responsibilities, full.responsibilities, rtol=0, atol=1e-8)
    np.testing.assert_allclose(fast.means, full.means, rtol=0, atol=1e-8 * scale)
