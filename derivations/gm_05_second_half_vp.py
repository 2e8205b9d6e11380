"""Claim 5: the second half of dilated VP."""

from functools import cache

import numpy as np
import sympy as sp

from gm_case import FAR, KAPPA, SIGMA, claim, heavier, limit, m, predicted, sigma, symbolic
from independent.mixture import ExactFlow, vector_flow, width_by_angles
from independent.paths import DILATED
from symsched.reporting.charts import Level
from symsched.symbols import t
from symsched.validation.cells import Formula, Identity, Steps, cell
from symsched.validation.checks import Axes, ClosedForm, Flow, Quantity, Settles, SolvesODE

STEPS, FINE = 20, 2_000
TIMES = (0.6, 0.75, 0.9, 0.999)  # from just after the middle to just before the end
VECTOR, READ = 40_000, (0.75, 0.95)


# %%
@cell("The equation of one coordinate, for each mode.")
def equations():
    found = symbolic("vp")
    yield Steps(found.derivation, ("data window", "data: given its mode"))
    for sign, ode in zip((1, -1), found.phases[1].odes, strict=True):
        yield Formula(f"mode {sign:+d}", ode)


@cell(
    "Its general solution: the mode's mean times τ, plus any multiple of the width. At t = 1/2 the width is 1, so a "
    "coordinate z enters with c = z and leaves at t = 1 as ±m + σ z. The overlap M averages c away: M = τS."
)
def solutions():
    clock, c = 2 * t - 1, sp.Symbol("c", real=True)
    width = sp.sqrt((1 - clock) ** 2 + sigma**2 * clock**2)
    for sign, ode in zip((1, -1), symbolic("vp").phases[1].odes, strict=True):
        solution = sign * m * clock + c * width
        sentence = f"x = {sign:+d}·m τ + c √((1 − τ)² + σ²τ²) solves it, for every c"
        yield Identity(sentence, sp.diff(solution, t), ode.rhs.subs(ode.lhs.args[0], solution))


# %%
def site(name, mode=0):
    return limit(name).phases[1].odes[mode]


EXACT = ExactFlow(DILATED["vp"], "1e24")


def overlap(mode, start, flow=None):
    """M from the mode's equation, on the path whose noise has r·z/√d = ``start``."""
    return SolvesODE(
        name=f"mode {mode}: M at t = {{t:g}}, by the exact flow",
        equation=lambda: site("vp", mode),
        starts=(0.0,),
        times=TIMES,
        exact=lambda _, at: EXACT.overlap(start, at),
        tolerance=1e-10,  # the solver's 1e-11; d = 10²⁴ leaves κ/√d = 3·10⁻¹²
        begin=0.5,
        dimension=1e24,
        flow=flow,
        wrong={"equation": lambda: site("vp", 1 - mode)},
    )


def widths(path, times, **changes):
    """The factor of a deviation from the mode's mean since t = 1/2, by √D. VP starts with width 1: it is the width."""
    settings = {
        "name": "factor of the width from t = 1/2 to {t:g}, by √D",
        "equation": lambda: site(path),
        "starts": (1.0,),
        "times": times,
        "exact": lambda _, at: ExactFlow(DILATED[path], "1e24").orthogonal(at),
        "tolerance": 1e-10,  # the same
        "begin": 0.5,
        "spread": True,
        "dimension": 1e24,
    }
    return SolvesODE(**(settings | changes))


DRAWN = ExactFlow(DILATED["vp"], 10_000)
HEAVY = overlap(
    0,
    1.0,
    Flow(
        Axes("halves", "Second half of dilated VP, the heavier mode", "M", "t"),
        (0.0,),
        np.linspace(0.51, 0.999, 60),
        lambda _, at: DRAWN.overlap(1.0, at),
        "exact flow, d = 10 000",
        6,
    ),
)
WIDTHS = widths(
    "vp",
    TIMES,
    name="width at t = {t:g}, by √(α² + σ²β²)",
    flow=Flow(
        Axes("width", "Width of a mode in the second half of dilated VP", "width", "t", (Level("σ", float(SIGMA)),)),
        (1.0,),
        np.linspace(0.51, 0.999, 60),
        lambda _, at: DRAWN.orthogonal(at),
        "exact flow, d = 10 000",
        6,
    ),
    wrong={"equation": lambda: site("vp-trig")},
)


def derived(what, at):
    """Overlap or width at a time, from the derived equation."""
    check, start = (HEAVY, 0.0) if what == "M" else (WIDTHS, 1.0)
    return float(check.solutions((start,), (at,))[0, 0])


@cache
def vector(effort_seed=0):
    """Overlap, width and direction of one vector in dimension d at the times read, by SciPy's solution of its flow."""
    noise = np.random.default_rng([effort_seed, 5]).standard_normal((1, VECTOR))
    noise += VECTOR**-0.5 - noise.mean()
    nodes = [DILATED["vp"](at, VECTOR, KAPPA)[:2] for at in (0.5, *READ)]
    flow = vector_flow(noise, [beta / alpha for alpha, beta in nodes])[:, 0]
    states = [alpha * y for (alpha, _), y in zip(nodes, flow, strict=True)]
    rest = [x - x.mean() for x in states]
    out = {}
    for at, x, part in zip(READ, states[1:], rest[1:], strict=True):
        lengths = np.linalg.norm(part), np.linalg.norm(rest[0])
        out["M", at] = float(x.mean())
        out["width", at] = float(lengths[0] / lengths[1])
        out["direction", at] = abs(float(part @ rest[0] / (lengths[0] * lengths[1])))
    return out


def sample(steps):
    return lambda path, d, effort: heavier(path, steps, d, n=2_000, seed=effort.seed)


def settled(steps, what, value):
    """The check of the width at d = 10¹², where κ/√d of τ is the first half's."""
    name = f"width at t = 1 after {steps // 2} steps per half, by {what}"
    return Settles(
        schedule=DILATED["vp"],
        sample=sample(steps),
        dimensions=(FAR,),
        quantities=(
            Quantity(
                "width",
                name,
                lambda _: value(),
                lambda d: abs(width_by_angles(DILATED["vp"], steps, d, KAPPA) - value()),
                "what these steps and this d leave, by Π cos(θ_k − θ_k+1)",
            ),
        ),
        wrong={"schedule": DILATED["ve"]},
    )


CLAIM = claim(
    number=5,
    title="Dilated VP, second half",
    part="the dilated VP schedule of the Gaussian mixture, second half: the equations of M and of the orthogonal part",
    statement="For t ≥ 1/2 the mode S is chosen and each coordinate follows the derived equation of its mode: the "
    "overlap is M = τS and the part orthogonal to r scales by √(α² + σ²β²), down to the width σ. With K fixed steps "
    "per half the width is that of the grid.",
    formulas=lambda: (*limit("vp").phases[1].odes, limit("vp").phases[1].initial),
    cells=(equations, solutions),
    checks=(
        HEAVY,
        WIDTHS,
        overlap(1, -2.0),
        # τ is κ/√d further on at t = 1/2 than in the limit, and neither number changes faster than τ.
        ClosedForm(
            name="{} at t = {:g}, one vector by SciPy",
            points=tuple((what, at) for at in READ for what in ("M", "width")),
            derived=derived,
            independent=lambda what, at: vector()[what, at],
            tolerance=KAPPA / VECTOR**0.5,
            scale=1.0,
            dimension=VECTOR,
            wrong={"derived": lambda what, at: derived(what, at**2)},
        ),
        ClosedForm(
            name="direction of the orthogonal part at t = {:g}: cosine to its start",
            points=READ,
            derived=lambda _: 1.0,
            independent=lambda at: vector()["direction", at],
            tolerance=1e-12,  # rounded: the flow multiplies all that is orthogonal by one factor
            dimension=VECTOR,
            wrong={"derived": lambda _: float(np.cos(0.01))},
        ),
        settled(STEPS, "Euler's recursion", lambda: predicted("vp", STEPS)["width"]),
        settled(FINE, "the equation", lambda: derived("width", 1 - 1e-9)),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
