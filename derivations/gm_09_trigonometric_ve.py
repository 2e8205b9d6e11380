"""Claim 9: dilated VE on the trigonometric interpolant."""

from functools import cache

import numpy as np
import sympy as sp

from gm_08_dilated_ve import both_halves
from gm_case import KAPPA, claim, heavier, limit, predicted, symbolic
from independent.mixture import orthogonal_growth
from independent.paths import DILATED, euler_steps
from symsched.algebra.codegen import compiled
from symsched.reporting.charts import Level
from symsched.schedules.interpolant import INTERPOLANTS
from symsched.symbols import tau
from symsched.validation.cells import Formula, Identity, Steps, cell
from symsched.validation.checks import Axes, ClosedForm, Quantity, Settles
from symsched.validation.effort import Sized

NAME, STEPS, VECTOR = "ve-trig", 20, 20_000
steps_per_half = sp.Symbol("K", integer=True, positive=True)
index = sp.Symbol("k", integer=True, nonnegative=True)


# %%
@cell("The equations, by the same rules as for the linear interpolant.")
def equations():
    yield Steps(symbolic(NAME).derivation, ("window", "order parameter in t", "data: given its mode"))


@cache
def gain(name=NAME):
    """1 + Δτ α̇/α at τ = k/K."""
    return sp.simplify(1 + INTERPOLANTS[name].noise_rate.subs(tau, index / steps_per_half) / steps_per_half)


@cache
def noise_factor(name=NAME):
    """α(0) Π_{k<K} (1 + Δτ α̇/α) at τ = k/K: what Euler in x does in K steps to noise that the posterior misses."""
    return INTERPOLANTS[name].alpha.subs(tau, 0) * sp.Product(gain(name), (index, 0, steps_per_half - 1))


@cache
def growth(steps, name=NAME):
    """The factor over √d after K steps."""
    return float(np.prod(compiled(gain(name), (index, steps_per_half), "a gain")(np.arange(steps), steps)))


@cell(
    "Noise that the posterior does not see is multiplied by 1 + Δτ α̇/α at every step, τ = k/K in the limit. The "
    "factor is about 0.80 √(d/K), where the equation has κ: for fixed K it grows with d."
)
def noise():
    yield Formula("α̇/α", INTERPOLANTS[NAME].noise_rate)
    yield Formula("factor after K steps", noise_factor())
    yield Identity("its terms are 1 − k/(K² − k²)", gain(), 1 - index / (steps_per_half**2 - index**2))
    yield Identity("0.80 √(d/K) within 5 % at K = 1000", growth(1000) * 1000**0.5, 0.8, within=0.04)


# %%
@cache
def spread(steps, d=VECTOR):
    """The growth of the coordinates of d-dimensional vectors over √d after the first half, by the plain loop."""
    noise = np.random.default_rng(9).standard_normal((4, d))
    table = euler_steps(DILATED[NAME], 2 * steps, float(d), KAPPA)
    return orthogonal_growth(table, noise) / d**0.5


def neglected(steps):
    """Twice what a d ten times as small leaves, times 1/10.

    The half ends at τ = √(1 − κ²/d) and the posterior sees some of the noise: both of order 1/d.
    """
    return 2 / 10 * abs(spread(steps, VECTOR // 10) - growth(steps))


def sample(path, dimension, effort):
    return heavier(path, STEPS, dimension, n=effort.choose(40_000, 10_000), seed=effort.seed)


def factors(points, **changes):
    return ClosedForm(
        name="factor of the orthogonal noise over √d, K = {}, whole vectors",
        points=points,
        derived=growth,
        independent=spread,
        tolerance=neglected,
        scale=1.0,
        dimension=VECTOR,
        wrong={"derived": lambda steps: growth(steps, "ve")},
        **changes,
    )


CLAIM = claim(
    number=9,
    title="Dilated VE, trigonometric interpolant",
    part="the dilated VE schedule of the Gaussian mixture, trigonometric interpolant: the equations of M and of x",
    statement="As d → ∞ and then steps → ∞ both halves follow the derived equations. With K Euler steps per half and "
    "d → ∞ the noise orthogonal to the means leaves the first half multiplied by the predicted factor, of order "
    "√(d/K), instead of κ.",
    formulas=lambda: (
        *(phase.ode for phase in limit(NAME).phases),
        sp.Eq(sp.Symbol("f_K"), noise_factor(), evaluate=False),
    ),
    cells=(equations, noise),
    checks=(
        *both_halves(NAME, "ve"),
        factors(
            (10,),
            axes=Axes(
                "factor",
                "Orthogonal noise over √d after the first half",
                "factor over √d",
                "steps per half K",
                (Level("limit equation: κ/√d at d = 20 000", KAPPA / VECTOR**0.5),),
                log_y=True,
            ),
            line=(2, 3, 5, 8, 12, 20, 32, 50, 80),
            seen=(2, 5, 12, 32, 80),
        ),
        factors((5,), full_only=True),
        factors((40,), full_only=True),
        Settles(
            schedule=DILATED[NAME],
            sample=sample,
            dimensions=Sized((10_000, 1_000_000), (10_000,)),
            quantities=tuple(
                Quantity(
                    what,
                    f"{what} after {STEPS // 2} steps per half, by Euler's recursion",
                    lambda dimension, what=what: predicted(NAME, STEPS, dimension)[what],
                )
                for what in ("weight", "width")
            ),
            wrong={"schedule": DILATED["ve"]},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
