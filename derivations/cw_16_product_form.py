"""Claim 16: what the two-mode product form of the posterior leaves out."""

import math
from functools import cache, partial

import numpy as np
import sympy as sp

from cw_case import BETA, WEAK, claim, limit, own, saddle, value
from independent.populations import squared_error
from independent.spins import field_error, spin_means
from symsched.distributions.product.mixture import ProductMixture
from symsched.models.estimates import Estimate, average
from symsched.symbols import d as d_symbol
from symsched.symbols import u as u_symbol
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm, Quantity, RateInD, Settles
from symsched.validation.effort import Sized

TIMES = (0.4, 0.5, 0.7)  # in the window, at its end, and after it
SIZES = Sized((10**3, 10**4, 10**5, 10**6), (10**3, 10**5))  # d: four decades to read a rate
PAPER_DIMENSION, SMALL, LARGE = 100_000, 2000, 800_000
OTHER = {BETA: 250, WEAK: 10_000}
"""Dimensions at which corrections in 1/d outweigh the errors of 1000 paths, by coupling."""
NOISE = np.linspace(-12, 12, 2001)  # nodes of a Gaussian average

u, y = sp.symbols("u y", real=True)
d, beta, psi = sp.symbols("d beta psi", positive=True)


@cell("The exponent of the field's posterior, e(u) = −d u²/(2β) + Σ_j log 2cosh(u + ψy_j), expanded at u = βm.")
def expansion():
    one = sp.log(2 * sp.cosh(u + psi * y))
    yield Formula("e'(u) is −d u/β plus the sum of", sp.diff(one, u))
    bend = sp.cosh(u + psi * y) ** -2
    yield Identity("e''(u) = −d/β + Σ_j sech²(u + ψy_j), that is −d (1/β − Q) as d → ∞", sp.diff(one, u, 2), bend)
    shift = sp.diff(sp.tanh(u + psi * y), u)
    yield Identity("E[a_i | y] − tanh(βm + ψy_i) = sech²(βm + ψy_i) δu + O(1/d)", shift, bend)


@cell("The law of δu = E[u | y] − βm: the total variance of the Gaussian field, less what y leaves hidden.")
def shift():
    yield Formula("d·Var(δu)", revealed(beta, sp.Symbol("Lambda2"), sp.Symbol("Q")))


@cell("Numbers at τ = ½ of plain VP (ψ = 1): √d × root mean square error per coordinate.")
def numbers():
    for coupling in (BETA, WEAK):
        yield Formula(f"β = {coupling}", sp.Float(error(0.5, coupling), 10))
    yield Formula("the second, at the paper's d = 100 000", sp.Float(error(0.5, WEAK) / PAPER_DIMENSION**0.5, 3))


def revealed(coupling, prior, hidden):
    """The part of the field's variance that y reveals, times d."""
    return 1 / (1 / coupling - prior) - 1 / (1 / coupling - hidden)


# %% From the derived saddle, its law, and averages over y = z + ψa in one mode
@cache
def mode(coupling):
    """g'', Λ'' and the numeric site of the + mode, with its atoms."""
    found, law = saddle(coupling), limit("vp", coupling).cascade.modes[-1].law
    atoms = tuple((value(atom), value(weight)) for atom, weight in law.atoms.items())
    # χ = 1 − g''Λ''.
    return value((1 - found.chi) / found.variance), value(found.variance), law.site(), atoms


def error(time, coupling=BETA):
    """lim √d · (rms error per coordinate) of the product form at τ = ``time`` of plain VP."""
    bend, prior, site, atoms = mode(coupling)
    ratio = time / (1 - time)
    masses = np.exp(-(NOISE**2) / 2) / np.exp(-(NOISE**2) / 2).sum()
    moments = np.zeros(2)
    for atom, weight in atoms:
        variance = site.tilted_variance(ratio * (NOISE + ratio * atom), np.asarray(ratio**2))
        moments += weight * np.array([variance, variance**2]) @ masses
    return math.sqrt(moments[1] * revealed(bend, prior, moments[0]))


def product_form(coupling=BETA):
    """The named option: the modes of the limit as a mixture of product laws with tilted sites."""
    modes = limit("vp", coupling).cascade.modes
    return ProductMixture([(sp.Float(value(mode.weight), 20), mode.law) for mode in modes])


# %% Measured: exact samples, and the exact posterior mean by quadrature
@cache
def squares(time, size, paths, coupling, seed):
    return average(squared_error(int(size), time / (1 - time), paths, float(coupling), seed))


def sample(time, size, effort):
    return {"square": squares(time, size, effort.choose(500, 200), BETA, effort.seed)}


def root(time, size, effort, coupling=WEAK):
    return {"root": as_root(squares(time, size, effort.choose(600, 150), coupling, effort.seed), size)}


def as_root(square, size):
    """The error per coordinate; the relative error of a root is half that of its square."""
    found = math.sqrt(square.value / size)
    return Estimate(found, found * square.standard_error / square.value / 2)


def by_coordinates(time, size, effort):
    """The square coordinate by coordinate, from the two models of the library."""
    rng, ratio = np.random.default_rng(effort.seed), time / (1 - time)
    exact, product = limit("vp").distribution.model(size), product_form().model(size)
    a = exact.sample(rng, effort.choose(400, 100))
    y = rng.standard_normal(a.shape) + ratio * a
    gap = exact.posterior(ratio, y)[0] - product.posterior(ratio, y)[0]
    return {"square": average(np.sum(gap**2, axis=1))}


def collective(coupling, size, effort):
    """d·Var(m̂ | + mode) of samples of the product form."""
    rng = np.random.default_rng(effort.seed)
    means = product_form(coupling).model(size).sample(rng, effort.choose(3000, 600)).mean(axis=1)
    inside = means[means > 0]
    found = size * float(np.var(inside, ddof=1))
    return {"variance": Estimate(found, found * math.sqrt(2 / len(inside)))}


@cache
def correction(time, coupling):
    """The relative correction of the square times d, and one standard error of it, at a d where no row stands."""
    size = OTHER[coupling]
    found, limit_at = squares(time, size, 1000, coupling, 1), error(time, coupling) ** 2
    return size * (abs(found.value / limit_at - 1) + found.standard_error / limit_at)


def square(name, time):
    of_time = partial(error, time)
    return Quantity(
        "square",
        name,
        lambda _: of_time() ** 2,
        lambda size: of_time() ** 2 * correction(time, BETA) / size,
        "corrections of order 1/d, measured at another d",
    )


def at(time, other):
    """The checks at one τ; at the ``other`` the error is another."""
    yield Settles(
        schedule=time,
        sample=sample,
        dimensions=SIZES,
        quantities=(square(f"τ = {time}: d × mean square error per coordinate", time),),
        wrong={"schedule": other},
    )
    yield RateInD(
        name=f"τ = {time}: rate in d of the error",
        subject=time,
        gap=lambda time, size, effort: as_root(sample(time, size, effort)["square"], size),
        sizes=SIZES,
        expected=lambda: -0.5,
        room=0.02,
        wrong={"expected": lambda: -1.0},
    )


def variance(coupling, *, exact):
    found = saddle(coupling)
    return value(found.variance / found.chi if exact else found.variance)


def enumerated(coupling, size):
    return size * spin_means(size, *own(coupling)).given_up()[1]


def at_large(coupling):
    """Twice what 1/d leaves at the d of the row, relative: as much as between a fourth and a half of that d."""
    coarse, fine = (enumerated(coupling, LARGE // part) for part in (4, 2))
    return abs(fine - coarse) / fine


def formulas():
    prior = sp.Derivative(sp.Function("Lambda")(u_symbol), (u_symbol, 2))
    variance = sp.Function("Var")(sp.Symbol("delta_u"))
    yield sp.Eq(d_symbol * variance, revealed(sp.Symbol("beta"), prior, sp.Symbol("Q")), evaluate=False)
    yield from limit("vp").definitions


CLAIM = claim(
    number=16,
    title="Curie–Weiss: the product form against the exact posterior",
    part="the Curie–Weiss model: its posterior as a product over spins",
    statement="The exact posterior mean is ⟨tanh(u + ψy_i)⟩ over the collective field u; the two-mode product form "
    "keeps it at βm. Where one mode dominates, its error per coordinate is sech²(βm + ψy_i) δu, Gaussian of variance "
    "(1/d) [1/(1/β − Λ'') − 1/(1/β − Q)], Q = E sech²(βm + ψy): about 3·10⁻³ at τ = ½ for the paper's β = 1.1 and "
    "d = 100 000, falling as d^−1/2. Samples of the product form have collective variance Λ'' instead of Λ''/χ.",
    formulas=formulas,
    cells=(expansion, shift, numbers),
    checks=(
        ClosedForm(
            name="τ = {}: √d × root mean square error, by integrals",
            points=TIMES,
            derived=error,
            independent=lambda time: field_error(time / (1 - time)),
            tolerance=1e-12,  # sums that converge faster than any power of their spacing
            axes=Axes("error", "Error of the product form along a path, times √d", "√d × root mean square error", "τ"),
            line=tuple(0.05 + 0.025 * k for k in range(35)),
            seen=tuple(0.1 + 0.1 * k for k in range(8)),
            wrong={"derived": lambda time: error(time, WEAK)},
        ),
        *(check for time, other in zip(TIMES, (0.5, 0.4, 0.5), strict=True) for check in at(time, other)),
        Settles(
            schedule=0.5,
            sample=by_coordinates,
            dimensions=(1000,),
            quantities=(square("τ = 0.5: the same from the library's two models, coordinate by coordinate", 0.5),),
            wrong={"schedule": 0.4},
        ),
        Settles(
            schedule=0.5,
            sample=root,
            dimensions=(PAPER_DIMENSION,),
            quantities=(
                Quantity(
                    "root",
                    "β = 11/10, τ = 0.5: root mean square error per coordinate",
                    lambda size: error(0.5, WEAK) / math.sqrt(size),
                    # The relative correction of a root is half that of its square.
                    lambda size: error(0.5, WEAK) / math.sqrt(size) * correction(0.5, WEAK) / size / 2,
                    "corrections of order 1/d, measured at another d",
                ),
            ),
            wrong={"sample": partial(root, coupling=BETA)},
        ),
        Settles(
            schedule=WEAK,
            sample=collective,
            dimensions=(SMALL,),
            quantities=(
                Quantity("variance", "β = 11/10, product form: d·Var(m̂) = Λ''", lambda _: variance(WEAK, exact=False)),
            ),
            wrong={"schedule": BETA},
        ),
        ClosedForm(
            name="β = {}, exact law: d·Var(m̂) = Λ''/χ",
            points=(WEAK,),
            derived=lambda coupling: variance(coupling, exact=True),
            independent=lambda coupling: enumerated(coupling, LARGE),
            tolerance=at_large,
            dimension=LARGE,
            wrong={"derived": lambda coupling: variance(coupling, exact=False)},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
