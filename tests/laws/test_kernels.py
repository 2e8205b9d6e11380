"""Kernels in their fast forms against the sites they stand for."""

import numpy as np
import pytest

from symsched.laws.numeric import AtomSite, DensitySite
from symsched.laws.numeric.tables import fast_kernel


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
