"""The cascade of a mixture of product laws: which cumulant differs first, and on what scale.

Two modes whose cumulants of order q differ by Δ ~ d^e are told apart by d coordinates at d ψ^{2q} Δ² ~ 1, that is at
ψ ~ d^{−γ} with γ = (1/2 + e)/q; the order with the largest γ decides. γ is an ultrametric on the modes, so the modes
form a tree whose levels are the phases.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

import sympy as sp

from symsched.algebra.asymptotics import NegligibleError, leading_power, limit_in_dimension, trial_values
from symsched.algebra.derivation import Step
from symsched.algebra.forms import simplified
from symsched.distributions.cascade import Branch, CanonicalPhase, Cascade, ModeLaw, data_phase, numbered
from symsched.distributions.product.steps import splitting_steps
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw, AtomLaw
from symsched.symbols import d

MAX_ORDER = 8
"""Highest cumulant by which modes are told apart."""
_HALF = sp.Rational(1, 2)
_NUMERIC_ZERO = 1e-11
"""Relative error up to which cumulants can be called equal, and difference of Floats from which on they are not."""
_ROUNDED = 1e-14
"""Relative error of a cumulant of a law with Floats among its parameters."""
_KEPT = 1e-8
"""Relative difference by which a limiting law may miss the limit of a moment: that of numbers."""
_WEIGHTS = "Give weights that converge to numbers strictly between 0 and 1, or leave the mode out."


def product_cascade(mixture: Sequence[ModeLaw]) -> Cascade:
    """Return the modes and phases of Σ_k w_k ρ_k^{⊗d}, by the first differing cumulants of its modes."""
    modes = _with_limiting_weights(mixture)
    separations = _Separations(modes)
    steps: list[Step] = []
    phases: list[CanonicalPhase] = []
    groups: list[tuple[int, ...]] = [tuple(range(len(modes)))]
    for exponent in separations.levels():
        order = separations.order(groups, exponent)
        branches, common, references = [], [], []
        following: list[tuple[int, ...]] = []
        for group in groups:
            blocks = separations.blocks(group, exponent)
            if len(blocks) > 1:
                branch, shared, reference, added = _split(modes, group, blocks, order, exponent)
                branches.append(branch)
                references.append(reference)
                common.append(shared)
                steps += added
            following += blocks
        groups = following
        phases.append(CanonicalPhase("speciation", exponent, order, tuple(branches), tuple(common), tuple(references)))
    laws = [ModeLaw(mode.weight, limiting_law(mode.law)) for mode in modes]
    phases.append(data_phase(laws))
    return Cascade(tuple(laws), numbered(phases), tuple(steps))


class _Separations:
    """The scale at which, and the order by which, each pair of modes is told apart."""

    def __init__(self, modes: Sequence[ModeLaw]) -> None:
        self.pairs: dict[tuple[int, int], tuple[sp.Rational, int]] = {}
        if len(modes) == 1:
            return
        self.laws = [mode.law for mode in modes]
        for k, j in itertools.combinations(range(len(modes)), 2):
            self.pairs[k, j] = self._separate(k, j)

    def _separate(self, k: int, j: int) -> tuple[sp.Rational, int]:
        pair = (self.laws[k], self.laws[j])
        scaled = any(d in law.free_symbols for law in pair)
        found: dict[int, sp.Rational] = {}
        for order in range(1, MAX_ORDER + 1):
            if not scaled and any(exponent > _HALF / order for exponent in found.values()):
                break  # no later order can come first or at the same scale: cumulants free of d do not grow with it
            difference = difference_of(*pair, order)
            if difference == 0:
                continue
            what = f"the difference of cumulants of order {order} between modes {k} and {j}"
            try:
                found[order] = (_HALF + leading_power(difference, what)[1]) / order
            except NegligibleError:
                continue
        if not found:
            raise DerivationError(
                "first differing cumulant",
                f"modes {k} and {j} have the same cumulants up to order {MAX_ORDER}",
                "They may be one law written twice: merge them. Or they differ only at higher orders, beyond reach.",
            )
        best = max(found.values())
        ties = [order for order, value in found.items() if value == best]
        _require_decided(found, best, f"modes {k} and {j}")
        if best <= 0:
            _refuse_late(pair, found, f"modes {k} and {j}")
        if len(ties) > 1:
            raise DerivationError(
                "first differing cumulant",
                f"cumulants of orders {ties} of modes {k} and {j} tell them apart at the same scale d^-{best}",
                "Change one power of d, so that one of them comes first.",
            )
        return best, ties[0]

    def levels(self) -> list[sp.Rational]:
        """Exponents at which something is decided, in the order of the flow."""
        return sorted({exponent for exponent, _ in self.pairs.values()}, reverse=True)

    def blocks(self, group: tuple[int, ...], exponent: sp.Rational) -> list[tuple[int, ...]]:
        """Parts of ``group`` that are still together after the level ``exponent``."""
        parts: list[list[int]] = []
        for mode in group:
            for part in parts:
                if self.pairs[part[0], mode][0] < exponent:
                    part.append(mode)
                    break
            else:
                parts.append([mode])
        return [tuple(part) for part in parts]

    def order(self, groups: Sequence[tuple[int, ...]], exponent: sp.Rational) -> int:
        """The one order by which the ``groups`` that split at this level do."""
        inside = [pair for group in groups for pair in itertools.combinations(group, 2)]
        orders = {order for at, order in (self.pairs[pair] for pair in inside) if at == exponent}
        if len(orders) > 1:
            raise DerivationError(
                "speciation",
                f"modes split at the same scale d^-{exponent} by cumulants of different orders {sorted(orders)}",
                "Shift one separation by a power of d, so that the two happen one after the other.",
            )
        return orders.pop()


def _require_decided(found: Mapping[int, sp.Rational], best: sp.Rational, pair: str) -> None:
    """Raise where (1/2 + e_q)/q still grows with q at the last orders there are: no finite order comes first."""
    if _grows(found, best):
        exponents = ", ".join(f"{value} at q = {order}" for order, value in found.items())
        raise DerivationError(
            "first differing cumulant",
            f"cumulants of {pair} grow with d, and γ = (1/2 + e_q)/q still grows with the order q ({exponents}): "
            "no finite order decides",
            "A few large coordinates tell these modes apart: give laws whose moments stay bounded as d → ∞.",
        )


def _grows(found: Mapping[int, sp.Rational], best: sp.Rational) -> bool:
    """Return whether cumulants grow with d, and (1/2 + e_q)/q with q to the last order there is."""
    *_, before, last = (None, *found)
    return bool(before is not None and found[last] == best > found[before] and last * best > _HALF)


def _refuse_late(pair: Sequence[AbstractLaw], found: Mapping[int, sp.Rational], names: str) -> None:
    """Raise for modes that are told apart at ψ ~ d^−γ with γ <= 0, or not at all: it depends on how wide they are.

    Scaled by d^c a coordinate has its exponents γ of all orders larger by c: the remedy is offered where that decides.
    """
    best = max(found.values())
    ties = [order for order, value in found.items() if value == best]
    variances = [limit_power(law.cumulants(2)[1]) for law in pair]
    width = max((power for power in variances if power is not None), default=sp.S.Zero)
    if width < 0 < best - width / 2 and len(ties) > 1:
        raise DerivationError(
            "first differing cumulant",
            f"{names} are told apart at ψ ~ d^{-best}, but by cumulants of the orders {list(ties)} at once: "
            "no single order parameter decides",
            "Give coordinates whose moments stay bounded when they are scaled to width one, not rare large values.",
        )
    scaled = {order: value - width / 2 for order, value in found.items()}
    if width < 0 < best - width / 2 and _grows(scaled, scaled[ties[0]]):
        raise DerivationError(
            "first differing cumulant",
            f"{names} are told apart at ψ ~ d^{-best}, and no finite order decides: scaled to width one, coordinates "
            f"have cumulants that grow with d, and their exponents with the order up to {ties[0]}",
            "Give coordinates whose moments stay bounded when they are scaled to width one, not rare large values.",
        )
    if width < 0 < best - width / 2:
        raise DerivationError(
            "first differing cumulant",
            f"{names} are told apart at ψ ~ d^{-best}, where γ = {best}: the rule needs γ > 0, because the coordinates "
            f"have a width of d^{width / 2} and the data phase comes no later",
            f"Give the laws of d^{-width / 2} a instead of a: then γ = {best - width / 2}.",
        )
    raise DerivationError(
        "first differing cumulant",
        f"{names} approach each other too fast to be told apart by d coordinates",
        "A separation must shrink more slowly than d^(-1/2) times the width: otherwise they are one mode; merge them.",
    )


def limit_power(expression: sp.Expr) -> sp.Rational | None:
    """Return e of expression ~ c d^e, None for 0 and for what falls faster than every power."""
    try:
        return None if expression == 0 else leading_power(expression, "a variance")[1]
    except NegligibleError:
        return None


def _cumulant(law: AbstractLaw, order: int) -> tuple[sp.Expr, float]:
    """Return the cumulant of an order and the bound on its error."""
    try:
        return law.cumulants(order)[order - 1], law.cumulant_errors(order)[order - 1]
    except DerivationError as error:
        if "exist" not in error.reason:
            raise
        raise DerivationError(
            "first differing cumulant",
            f"modes are told apart by their cumulants, but {error.reason}",
            "Truncate the law, or take one with lighter tails.",
        ) from error


def _with_limiting_weights(modes: Sequence[ModeLaw]) -> tuple[ModeLaw, ...]:
    """Return the modes with the limits of their weights; a mode whose weight vanishes is no mode of the limit."""
    found = []
    for k, mode in enumerate(modes):
        try:
            weight = limit_in_dimension(mode.weight, f"weight {k}")
        except DerivationError as error:
            raise DerivationError("weights", error.reason, _WEIGHTS) from error
        if weight.is_number and len(modes) > 1 and not 0 < weight < 1:
            raise DerivationError("weights", f"weight {k} = {mode.weight} tends to {weight} as d → ∞", _WEIGHTS)
        found.append(dataclasses.replace(mode, weight=weight))
    return tuple(found)


def difference_of(left: AbstractLaw, right: AbstractLaw, order: int) -> sp.Expr:
    """Return the difference of the cumulants of an order, exactly 0 where the intervals in which they lie overlap.

    Raises DerivationError where the intervals are too wide to say that, or the difference too small to trust.
    """
    (one, first), (other, second) = _cumulant(left, order), _cumulant(right, order)
    difference = simplified(one - other)
    if difference == 0 or not difference.is_number:
        return difference
    trial = trial_values(left.free_symbols | right.free_symbols)
    numbers = [c.subs({**trial, d: 1}) for c in (one, other, *(_cumulant(law, 2)[0] for law in (left, right)))]
    sizes = [abs(float(sp.N(value))) for value in numbers]
    scale = max(sizes[0], sizes[1], (sizes[2] + sizes[3]) ** (order / 2))
    rounding = _ROUNDED * scale if any(map(_is_rounded, (left, right))) else 0.0
    gap, error = abs(sp.N(difference, 30)), first + second + rounding
    unseen = 0 if difference.has(sp.Float) else sp.Float("1e-80") * scale  # SymPy does not see every zero
    if gap <= error + unseen and error <= _NUMERIC_ZERO * scale:
        return sp.S.Zero
    if gap > error and (gap > _NUMERIC_ZERO * scale or not difference.has(sp.Float)):
        return difference
    raise DerivationError(
        "first differing cumulant",
        f"whether two modes have the same cumulant of order {order} cannot be decided: "
        f"{sp.N(one, 17)} ± {first + rounding / 2:.1g} and {sp.N(other, 17)} ± {second + rounding / 2:.1g}",
        "Give the parameters as exact numbers, or laws with a closed form.",
    )


def _is_rounded(law: AbstractLaw) -> bool:
    """Return whether a parameter is a Float, that is known to about 16 digits."""
    parts = (getattr(law, field.name) for field in dataclasses.fields(law))  # type: ignore[arg-type]
    return any(sp.sympify(part).has(sp.Float) for part in parts if part is not None)


def _split(
    modes: Sequence[ModeLaw], group: tuple[int, ...], blocks: list[tuple[int, ...]], order: int, exponent: sp.Rational
) -> tuple[Branch, tuple[sp.Expr, ...], sp.Expr, list[Step]]:
    """Return the branch in which ``group`` splits into ``blocks`` at order q, what the blocks share, and the steps."""
    leaders = [modes[block[0]].law for block in blocks]
    for law in leaders:
        _require_square_of_order(law, order)
    growth = exponent * order - _HALF
    atoms, reference = _atoms([law.cumulants(order)[-1] for law in leaders], growth, order)
    group_weight = sp.Add(*(modes[k].weight for k in group))
    weights = [simplified(sp.Add(*(modes[k].weight for k in block)) / group_weight) for block in blocks]
    law = AtomLaw(tuple(atoms), tuple(weights))
    lower = leaders[0].cumulants(order)[:-1]
    common = tuple(limit_in_dimension(value, f"common cumulant {k}") for k, value in enumerate(lower, 1))
    steps = splitting_steps(group, leaders, order, exponent, law, reference=reference)
    branch = Branch(group, group_weight, law, tuple(blocks), coordinates=tuple(leaders))
    return branch, common, reference, steps


def _require_square_of_order(law: AbstractLaw, order: int) -> None:
    """Raise unless a^{2q} is integrable: else a single ψ a_i beyond 1 tells modes apart before ψ ~ d^{−1/2q}."""
    try:
        law.require_moments(2 * order)
    except DerivationError as error:
        raise DerivationError(
            "first differing cumulant",
            f"{error.reason}; where cumulants of order {order} decide, moments up to order {2 * order} must exist, "
            "or single large coordinates decide first",
            "Truncate the law, or take one with lighter tails.",
        ) from error


def _atoms(cumulants: list[sp.Expr], growth: sp.Rational, order: int) -> tuple[list[sp.Expr], sp.Expr]:
    """Return lim (c_q − reference) d^−growth / √q!, and the reference: what the modes share at larger scales, or 0."""
    references = [sp.S.Zero]
    if growth < 0:
        references += [limit_in_dimension(cumulants[0], "common cumulant"), cumulants[0]]
    for reference in references:
        scaled = [sp.expand((c - reference) / d**growth) for c in cumulants]
        try:
            limits = [limit_in_dimension(value, "scaled cumulant") for value in scaled]
        except DerivationError:
            continue
        return [simplified(value / sp.sqrt(sp.factorial(order))) for value in limits], reference
    raise DerivationError(
        "atoms", f"the cumulants {cumulants} have no common scale", "Write separations as powers of d."
    )


def limiting_law(law: AbstractLaw) -> AbstractLaw:
    """Return the law of one coordinate as d → ∞: the limit of every expression that defines it, or a point where its
    variance vanishes.

    Raises DerivationError where its mean or its variance grows with d, or is lost in the limit.
    """
    if d not in law.free_symbols:
        return law
    try:
        mean, variance = (limit_in_dimension(c, "a cumulant of a coordinate") for c in law.cumulants(2))
    except DerivationError as error:
        raise DerivationError(
            "data",
            f"the law of one coordinate has no limit ({error.reason})",
            "Give laws whose mean and variance converge as d → ∞.",
        ) from error
    if variance == 0:
        return AtomLaw((mean,), (sp.S.One,))
    changed = {field.name: _limit_of(getattr(law, field.name)) for field in dataclasses.fields(law)}  # type: ignore[arg-type]
    found = dataclasses.replace(law, **changed)  # type: ignore[type-var]
    for kept, own, name in zip((mean, variance), found.cumulants(2), ("mean", "variance"), strict=True):
        trial = trial_values((kept - own).free_symbols)
        if abs(sp.N((kept - own).subs(trial), 20)) > _KEPT * max(1, abs(sp.N(kept.subs(trial), 20))):
            raise DerivationError(
                "data",
                f"the {name} of a coordinate tends to {kept}, but the limit of its law has {own}: mass escapes",
                "Give laws whose second moment is that of their limit, without coordinates that grow with d.",
            )
    return found


def _limit_of(part: object) -> object:
    if isinstance(part, tuple):
        return tuple(_limit_of(entry) for entry in part)
    return _inner_limits(part) if isinstance(part, sp.Expr) else part


def _inner_limits(expression: sp.Expr) -> sp.Expr:
    """Return the limit of an expression by those of the largest parts that converge and have no symbol but d.

    Whether that is the limit of the law its moments decide.
    """
    if not expression.has(d):
        return expression
    try:
        if expression.free_symbols == {d}:
            return limit_in_dimension(expression, "a parameter of a site law")
        return expression.func(*(_inner_limits(arg) for arg in expression.args))
    except DerivationError:
        return limit_in_dimension(expression, "a parameter of a site law")
