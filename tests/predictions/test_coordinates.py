"""What a path's own order parameter leaves in its coordinates at finite d, against samples."""

from symsched import VP, derive, design, parse, predict, simulate


def test_paths_that_end_in_the_wider_mode_have_begun_with_wider_noise():
    """Given Σ (z² − 1)/√(2d) = ν_0 the noise has variance 1 + ν_0 √(2/d): a table that goes back to z shows it."""
    limit = derive(parse("3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)"), VP)
    table = design(limit, 3)
    told, far = (predict(limit, d=d, schedule=table) for d in (300, 1e10))
    run = simulate(limit.distribution, table, d=300, n=8_000, rng=4, keep="statistics")
    for mode, seen in enumerate(site.variance for site in run.sites):
        assert abs(seen.value - told[mode].site_variance) < 4 * seen.standard_error + 4e-3 * seen.value
    # The control: what is left out as d → ∞ is seen at this d.
    seen = run.sites[0].variance
    assert abs(seen.value - far[0].site_variance) > 5 * seen.standard_error
