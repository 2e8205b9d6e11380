"""Independent numbers for mean-field steps: brute-force integrals over the law of the spin mean."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import mpmath
import numpy as np
import sympy as sp
from scipy import integrate, special
from scipy.optimize import minimize_scalar

from symsched.algebra.arrays import Array
from symsched.algebra.asymptotics import trial_values
from symsched.algebra.codegen import compiled, number
from symsched.algebra.constants import ImplicitConstant
from symsched.algebra.derivation import Check, Verifier
from symsched.distributions.mean_field.landscape import Landscape
from symsched.distributions.mean_field.saddles import Saddle
from symsched.laws import AbstractLaw
from symsched.symbols import d, m, u

_DIMENSION = 10**6
"""Where the weights of maxima are integrated: corrections are 1/d."""
_ENORMOUS = 1e60
"""Where it is seen which of several maxima a tilt leaves with any mass."""
_DIGITS = 200  # with which the exponent there keeps all of its own
_HALVINGS = 120  # of a bracket of its top
_LOST = 30.0
"""Nats there by which a maximum without any falls behind; d^(1/100) makes four."""
_CRITICAL_DIMENSION = 10**16
"""Where the law of a critical mean is integrated: corrections are d^(-1/2) at order four, d^(-1/3) at order six."""


def _profile(landscape: Landscape, tilts: Array) -> tuple[Array, Array, Array]:
    """Spin mean, g − I, and log of dm √I'' at tilts u: by large deviations m has the law exp(d (g − I)) √I'' dm."""
    site = landscape.spin.site()
    zero = np.zeros_like(tilts)
    log_mass, mean = site.tilted(tilts, zero)
    height = compiled(landscape.interaction, (m,), "the interaction")(mean) - (tilts * mean - log_mass)
    return mean, np.asarray(height), np.asarray(0.5 * np.log(site.tilted_variance(tilts, zero)))


def maxima(landscape: Landscape) -> Verifier:
    """Return a verifier of the maxima: each must be the tilted mean at u = g'(m), as high as anything on a fine
    grid, and there must be as many as that grid shows."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        slope = compiled(sp.diff(landscape.interaction, m), (m,), "the slope of the interaction")
        checks = []
        for value in after.args:
            claimed = number(value, "a maximum")
            tilt = slope(claimed)
            site = landscape.spin.site()
            checks.append(
                Check(
                    f"maximum m = {value}",
                    claimed,
                    float(site.tilted(tilt, np.zeros_like(tilt))[1]),
                    1e-9,
                    "tilted mean at u = g'(m)",
                )
            )
            grid = np.linspace(-1.0, 1.0, 20001) * max(1.0, 2 * abs(float(tilt)))
            peak = float(np.max(_profile(landscape, grid)[1]))
            own = float(_profile(landscape, np.asarray([float(tilt)]))[1][0])
            # The grid can only fall short of the true maximum, by at most the square of its spacing.
            checks.append(Check(f"height at m = {value}", own, max(own, peak), 1e-9, "largest value on a grid"))
        seen = _count_maxima(landscape)
        checks.append(Check("number of maxima", len(after.args), seen, 1e-12, "local maxima of a fine grid, refined"))
        return tuple(checks)

    return verify


def _count_maxima(landscape: Landscape) -> int:
    """Number of global maxima of g − I over u: local maxima of a grid, each refined; no derivative of g enters."""
    reach = 2 * max(1.0, *(abs(number(saddle.tilt, "a tilt")) for saddle in landscape.saddles))
    grid = np.linspace(-reach, reach, 4001)
    height = _profile(landscape, grid)[1]
    tops: list[tuple[float, float]] = []
    for k in np.flatnonzero((height[1:-1] >= height[:-2]) & (height[1:-1] >= height[2:])) + 1:
        found = minimize_scalar(
            lambda v: -float(_profile(landscape, np.asarray([v]))[1][0]),
            bounds=(grid[k - 1], grid[k + 1]),
            method="bounded",
            options={"xatol": 1e-10},
        )
        tops.append((float(found.x), -float(found.fun)))
    best = max(height for _, height in tops)
    places = [place for place, height in tops if height > best - 1e-9]
    # Rounding makes many tops of one where g − I is flat: two are two only with a valley between them.
    separate = places[:1]
    for left, right in pairwise(places):
        if float(np.min(_profile(landscape, np.linspace(left, right, 201))[1])) < best - 1e-8:
            separate.append(right)
    values = trial_values(landscape.tilt.free_symbols - {m, d})
    tilt = compiled(landscape.tilt.subs(values).subs(d, _ENORMOUS), (m,), "the tilt")
    if landscape.tilt.has(d) and landscape.spin.log_laplace(u) is not None:
        held, slack = _log_masses(landscape, separate), 0.0
    else:
        held = (tilt(_profile(landscape, np.array(separate))[0]) + np.zeros(len(separate))).tolist()
        slack = 1e-6 * max(map(abs, held))  # a maximum is known to 1e-9 only
    lost = max(held) - _LOST - slack
    heavy = [place for place, exponent in zip(separate, held, strict=True) if exponent > lost]
    bends = [_bend(landscape, place) for place in heavy]
    return bends.count(max(bends))


def _log_masses(landscape: Landscape, tilts: Sequence[float]) -> list[float]:
    """Return the log masses of m around the tops beside some tilts at d = 10^60, less the largest, in many digits.

    The top of d (g − uΛ' + Λ) + f is where its slope falls through zero next to a tilt; the law of u around it is
    summed.
    """
    values = trial_values(landscape.tilt.free_symbols - {m, d})
    size = sp.Integer(10) ** round(math.log10(_ENORMOUS))
    log_mass = landscape.spin.log_laplace(u)
    whole = _in_digits(size * landscape.interaction + landscape.tilt.subs(values).subs(d, size))
    laplace = [sp.lambdify(u, sp.diff(log_mass, u, k), "mpmath") for k in range(3)]
    energy, pull = (sp.lambdify(m, sp.diff(whole, m, k), "mpmath") for k in range(2))

    def rise(at: mpmath.mpf) -> mpmath.mpf:
        return pull(laplace[1](at)) / size - at

    def exponent(at: mpmath.mpf) -> mpmath.mpf:
        mean = laplace[1](at)
        return energy(mean) - size * (at * mean - laplace[0](at)) + mpmath.log(laplace[2](at)) / 2

    def around(tilt: float) -> mpmath.mpf:
        steps = [mpmath.mpf(10) ** (-mpmath.mpf(k) / 4) for k in range(2, 240)]
        # The first keeps 0 itself, where log(sinh u/u) has no value, off the grid.
        places = [tilt + sign * step for sign, order in ((-1, 1), (1, -1)) for step in steps[::order]]
        rises = [rise(place) for place in places]
        tops = []
        for (left, right), (before, after) in zip(pairwise(places), pairwise(rises), strict=True):
            if before > 0 >= after:
                low, high = left, right
                for _ in range(_HALVINGS):
                    middle = (low + high) / 2
                    low, high = (middle, high) if rise(middle) > 0 else (low, middle)
                tops.append((low + high) / 2)
        if not tops:
            return mpmath.mpf("-inf")
        top = max(tops, key=exponent)
        highest = exponent(top)
        width = next(step for step in reversed(steps) if exponent(top + step) < highest - 1)
        nodes = [width * (mpmath.mpf(k) / 20) for k in range(-300, 301)]
        return highest + mpmath.log(mpmath.fsum(mpmath.exp(exponent(top + x) - highest) for x in nodes) * width / 20)

    with mpmath.workdps(_DIGITS):
        found = [around(tilt) for tilt in tilts]
        return [float(mass - max(found)) for mass in found]


def _in_digits(expression: sp.Expr) -> sp.Expr:
    """Return the expression with numbers for the constants that an equation defines, which mpmath cannot take."""
    return expression.xreplace({constant: sp.N(constant, _DIGITS) for constant in expression.atoms(ImplicitConstant)})


def _bend(landscape: Landscape, place: float) -> int:
    """The even power with which g − I falls from a maximum, from how much wider it is 10⁴ times further down."""
    offsets = 10.0 ** (np.arange(-140, 1) / 20)
    fallen = _profile(landscape, np.array([place]))[1] - _profile(landscape, place + offsets)[1]
    wide, narrow = (offsets[np.argmax(fallen > depth)] for depth in (1e-6, 1e-10))
    return 2 * round(2 / math.log10(wide / narrow))


def weights(landscape: Landscape) -> Verifier:
    """Return a verifier of mode weights: the integral of the law of m around each maximum, at d = 10^6 or 10^60."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        values = trial_values(after.free_symbols | landscape.tilt.free_symbols - {m, d})
        tilt = compiled(landscape.tilt.subs(values).subs(d, _DIMENSION), (m,), "the tilt")
        centres = [number(saddle.tilt, "a tilt") for saddle in landscape.saddles]
        room = 2 * max(1.0, *map(abs, centres))
        ends = [centres[0] - room, *((low + high) / 2 for low, high in pairwise(centres)), centres[-1] + room]

        def exponent(nodes: Array) -> Array:
            mean, height, root = _profile(landscape, nodes)
            return np.asarray(_DIMENSION * height + tilt(mean) + root)

        logs = []
        if landscape.tilt.has(d) and landscape.spin.log_laplace(u) is not None:
            # At 10^6 what is left of a tilt that grows with d is no small number.
            logs, ends = _log_masses(landscape, centres), ends[:1]
        for saddle, left, right in zip(landscape.saddles, ends, ends[1:], strict=False):
            coarse = np.linspace(left, right, 4001)
            centre = float(coarse[np.argmax(exponent(coarse))])  # a tilt that grows with d moves a maximum
            width = 14 / math.sqrt(_DIMENSION * number(saddle.chi * saddle.variance, "stiffness"))
            # Trapezium on a smooth bump: converges faster than any power.
            nodes = np.linspace(centre - width, centre + width, 4001)
            logs.append(float(special.logsumexp(exponent(nodes)) + np.log(nodes[1] - nodes[0])))
        masses = special.softmax(logs).tolist()
        return tuple(
            Check(
                f"weight of mode {k}",
                number(claimed.subs(values), "a weight"),
                mass,
                1e-4,
                "law of m at large d",
            )
            for k, (claimed, mass) in enumerate(zip(after.args, masses, strict=True))
        )

    return verify


def shifted(landscape: Landscape, saddle: Saddle) -> Verifier:
    """Return a verifier of where the mass sits beside a critical point: the exponent's highest points at a large d.

    They are where its slope falls through zero: at d = 10^40 in many digits, at 10^8 where Λ is known by quadrature.
    """

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        scale, *places = after.args
        cumulant, site = landscape.spin.log_laplace(u), landscape.spin.site()
        power, tolerance = (8, 0.1) if cumulant is None else (40, 1e-3)
        size = sp.Integer(10) ** power
        slope = _in_digits(sp.diff(landscape.interaction * d + landscape.tilt, m).subs(d, size) / size)
        pull = sp.lambdify(m, slope, "mpmath")
        mean = (
            (lambda tilt: mpmath.mpf(float(site.tilted(float(tilt), 0.0)[1])))
            if cumulant is None
            else sp.lambdify(u, sp.diff(cumulant, u), "mpmath")
        )
        with mpmath.workdps(120):
            known = (saddle.magnetisation, saddle.tilt, saddle.variance, size**-scale)
            centre, tilt, spread, unit = (mpmath.mpf(sp.N(part, 100)) for part in known)
            nodes = [tilt + step * unit / (40 * spread) for step in range(-400, 402)]
            means = [mean(node) for node in nodes]
            rises = [pull(value) - node for value, node in zip(means, nodes, strict=True)]
            found = [
                float((low + (high - low) * rise / (rise - fall) - centre) / unit)
                for (low, high), (rise, fall) in zip(pairwise(means), pairwise(rises), strict=True)
                if rise > 0 >= fall
            ]
        rule = f"where the slope of the exponent falls through zero at d = 10^{power}"
        claims = [number(place, "v") for place in places]
        return tuple(
            Check(f"place v = {claim:.6g}", claim, min([math.inf, *found], key=_distance(claim)), tolerance, rule)
            for claim in claims
        )

    return verify


def _distance(claim: float) -> Callable[[float], float]:
    return lambda place: abs(place - claim)


def critical(landscape: Landscape, saddle: Saddle, law: AbstractLaw) -> Verifier:
    """Return a verifier of a critical law: its mean and mean square against the law of m at d = 10^16."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        values = trial_values((after.free_symbols | landscape.tilt.free_symbols) - {m, d} - set(_variable(after)))
        # The normaliser is an integral over a bound variable: a number, found once.
        norms = {integral: sp.N(integral.subs(values), 20) for integral in after.atoms(sp.Integral)}
        density = compiled(after.xreplace(norms).subs(values), _variable(after), "the critical density")
        scale = float(_CRITICAL_DIMENSION) ** (1 / saddle.bend)
        tilt = compiled(landscape.tilt.subs(values).subs(d, _CRITICAL_DIMENSION), (m,), "the tilt")
        centre = number(saddle.magnetisation, "the critical mean")
        stiffness, curvature = number(saddle.stiffness, "stiffness"), number(saddle.variance, "variance")
        reach = 3 * (40 / stiffness) ** (1 / saddle.bend) / scale / curvature
        tilts = number(saddle.tilt, "tilt") + np.linspace(-reach, reach, 4001)
        mean, _, root = _profile(landscape, tilts)
        position = scale * (mean - centre)
        # d (g − I) is lost to rounding at this d, so it is summed up from its slope: d/du (g − I) = (g'(m) − u) Λ''(u).
        slope = compiled(sp.diff(landscape.interaction, m), (m,), "the slope")(mean) - tilts
        rise = np.concatenate(([0.0], np.cumsum((slope[1:] + slope[:-1]) / 2 * np.diff(mean)))) * _CRITICAL_DIMENSION
        exponent = rise + tilt(mean) + root
        mass = np.exp(exponent - np.max(exponent))
        checks = []
        for power in (1, 2):
            claimed = integrate.quad(
                lambda x, p=power: x**p * float(density(np.asarray(x))), -30, 30, points=[0.0], limit=500
            )[0]
            independent = float(np.sum(position**power * mass) / np.sum(mass))
            checks.append(Check(f"E u^{power}", claimed, independent, 5e-3, "law of m at d = 10^16"))
        return tuple(checks)

    return verify


def _variable(expression: sp.Basic) -> tuple[sp.Symbol, ...]:
    from_density = [symbol for symbol in expression.free_symbols if symbol.name in {"u", "a"}]
    return tuple(from_density)
