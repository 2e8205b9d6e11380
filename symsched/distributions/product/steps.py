"""The steps by which a branch of a product mixture is told apart, each with its verifier."""

from collections.abc import Sequence

import sympy as sp

from symsched.algebra.derivation import Assumption, Named, Step, each
from symsched.algebra.telling import sources
from symsched.distributions.product import verifiers
from symsched.distributions.verifiers import partition
from symsched.laws import AbstractLaw, AtomLaw
from symsched.symbols import nu, psi, s, y


def splitting_steps(
    group: tuple[int, ...],
    leaders: Sequence[AbstractLaw],
    order: int,
    exponent: sp.Rational,
    law: AtomLaw,
    *,
    reference: sp.Expr,
) -> list[Step]:
    """Return the steps of a group of modes whose parts, of which ``leaders`` are one law each, differ at an order.

    ``law`` is the effective law, ``reference`` what the parts share of the cumulant of that order.
    """
    table = sp.ImmutableMatrix([one.cumulants(order) for one in leaders])
    growth = exponent * order - sp.Rational(1, 2)
    count = len(leaders)
    modes = ", ".join(str(mode + 1) for mode in group)
    atoms, weights = law.values, law.weights
    places = each("the places $g_k$ of the modes in the effective law", "g", count)
    return [
        Step(
            f"cumulants of the modes {modes} up to the first that differs",
            sp.Tuple(*(leader.partition(psi, y) for leader in leaders)),
            table,
            given=each(
                "the density of one coordinate over that of noise, $Z_k = 𝔼_k exp(ψ a y − ψ^2 a^2/2)$", "Z", count
            ),
            found=(
                Named(
                    "the cumulants $c_{k,n}$ of a coordinate, of mode $k$ and order $n$",
                    parts=tuple((f"c_{{{k + 1},{n + 1}}}", table[k, n]) for k in range(count) for n in range(order)),
                ),
            ),
            assumes=(
                Assumption(
                    "coordinates are independent and of one law given the mode", "so the distribution is defined"
                ),
                Assumption(f"cumulants up to order {order} exist", _known(leaders, order)),
            ),
            theorem="the cumulants are the derivatives of $log 𝔼_k e^{θ a}$ at $θ = 0$",
            sources=(sources.CUMULANTS, sources.HERMITE),
            verify=verifiers.cumulants(leaders),
        ),
        Step(
            f"order $q = {order}$ differs first: $ψ ~ d^{{−{exponent}}}$, atoms $g_k = c_{{k,q}}/√{{q!}}$",
            table,
            sp.Tuple(sp.Integer(order), exponent, *atoms),
            given=(
                Named(
                    "the cumulants of order $q$",
                    parts=tuple((f"c_{{{k + 1},{order}}}", table[k, order - 1]) for k in range(count)),
                ),
            ),
            found=(Named("the order", "q"), Named("the exponent of the scale $ψ ~ d^{−γ}$", "γ"), *places),
            assumes=(
                Assumption(
                    "the modes agree up to order $q − 1$",
                    "their cumulants are compared, with the errors they are known to",
                ),
                Assumption(
                    f"moments up to order $2q = {2 * order}$ exist", "the tails of the densities decide, not a formula"
                ),
            ),
            theorem="$d$ coordinates tell cumulants $d^e$ apart where $d ψ^{2q} d^{2e} ~ 1$, so that $γ = (1/2 + e)/q$",
            sources=(sources.LE_CAM, sources.PAPER),
            verify=verifiers.divergence(leaders, growth, reference),
        ),
        Step(
            "local asymptotic normality: the likelihood ratio of $d$ coordinates becomes that of one Gaussian number",
            sp.Tuple(*atoms, *weights),
            law.partition(s, nu),
            given=(*places, *each("the weights $w_k$ of the modes", "w", count)),
            found=(effective_partition(),),
            assumes=(
                Assumption(
                    "$d → ∞$ at fixed $s = (ψ d^γ)^q$", "the limit that is meant; what is left is expanded below"
                ),
            ),
            theorem="local asymptotic normality",
            sources=(sources.LE_CAM, sources.VAN_DER_VAART),
            verify=partition(law),
        ),
    ]


def effective_partition() -> Named:
    """Return the name of Z(s, ν)."""
    return Named("the density of $ν$ over that of noise, $Z = ∑_k w_k exp(s g_k ν − s^2 g_k^2/2)$", "Z(s, ν)")


def _known(laws: Sequence[AbstractLaw], order: int) -> str:
    error = max(error for law in laws for error in law.cumulant_errors(order))
    return "closed forms" if error == 0 else f"by quadrature, each with an error of at most {error:.0e}"
