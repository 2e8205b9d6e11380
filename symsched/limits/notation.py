"""A limit as a paper prints it: named quantities first, each defined beneath, on lines that fit a column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Protocol

import sympy as sp

from symsched.algebra.constants import ImplicitConstant
from symsched.algebra.escapes import latex_text
from symsched.algebra.forms import is_zero, simplified
from symsched.algebra.formulas import formula_latex, small_latex
from symsched.algebra.notation.lines import COLUMN, display, equation, joined
from symsched.algebra.notation.width import width
from symsched.distributions.cascade import Branch, Cascade
from symsched.errors import DerivationError
from symsched.laws import AbstractLaw
from symsched.schedules.window import Window
from symsched.symbols import nu, psi, s, t, y

_POSTERIOR = (
    r"= \frac{\int a\, e^{\psi a y - \psi^2 a^2/2}\, \rho_k(da)}{\int e^{\psi a y - \psi^2 a^2/2}\, \rho_k(da)}"
)
_EFFECTIVE = r"\frac{\int g\, e^{s g \nu - s^2 g^2/2}\, G(dg)}{\int e^{s g \nu - s^2 g^2/2}\, G(dg)}"


class Told(Protocol):
    """What is read of a phase."""

    @property
    def window(self) -> Window:
        """Its stretch of t."""

    @property
    def alpha(self) -> sp.Expr:
        """lim α/d^e."""

    @property
    def psi(self) -> sp.Expr:
        """lim ψ d^γ."""

    @property
    def odes(self) -> tuple[sp.Eq, ...]:
        """An equation a branch."""

    @property
    def order_parameters(self) -> tuple[sp.Basic, ...]:
        """What each branch follows."""

    @property
    def initials(self) -> tuple[sp.Eq, ...]:
        """The laws at the start."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def exponent(self) -> sp.Rational:
        """γ in ψ ~ d^−γ."""

    @property
    def order(self) -> int | None:
        """q, or None."""

    @property
    def branches(self) -> tuple[Branch, ...]:
        """Groups of modes."""

    @property
    def laws(self) -> tuple[AbstractLaw, ...]:
        """Effective laws."""


_PAIR = 2
_sign = sp.Symbol("S", real=True)


def scale(exponent: sp.Rational) -> str:
    """Return the size of ψ as LaTeX: O(1), or its power of d."""
    return r"\psi = O(1)" if exponent == 0 else rf"\psi \sim d^{{-{exponent}}}"


def phase_lines(
    phase: Told, fresh: Iterator[sp.Symbol], modes: Cascade | None = None, *, expand: bool = False
) -> list[str]:
    """Return a phase: its window and scale, the equation of each unknown, and what enters it; or it written out in t.

    With ``modes`` the weight of each mode stands beside its law; ``fresh`` names parts that are too wide.
    """
    order = "" if phase.order is None else rf",\quad q = {phase.order},\ \gamma = {small_latex(phase.exponent)}"
    ends = [small_latex(end) for end in (phase.window.start, phase.window.end)]
    title = rf"\text{{{latex_text(phase.name.capitalize())}: }} {ends[0]} \le t \le {ends[1]}"
    lines = [
        rf"{title},\quad {scale(phase.exponent)}{order}",
        *order_parameter_lines(phase, fresh),
        *initial_lines(phase),
    ]
    if expand:
        return [*lines, *(line for ode in phase.odes for line in _written_out(ode, fresh))]
    return lines + equation_lines(phase, fresh, modes)


def equation_lines(phase: Told, fresh: Iterator[sp.Symbol], modes: Cascade | None = None) -> list[str]:
    """Return the equation of each unknown of a phase, and what enters it; with ``modes`` their weights too."""
    lines = [_equation(phase), *joined(line for part, it in _amplitudes(phase) for line in equation(part, it, fresh))]
    return lines + (_speciation(phase, fresh) if phase.order is not None else _data(phase, modes, fresh))


def limit_latex(
    phases: Sequence[Told], modes: Cascade, constants: Sequence[sp.Eq], fresh: Iterator[sp.Symbol], *, expand: bool
) -> str:
    """Return the displays of a limit, one to a phase, and the constants that are known by an equation."""
    parts = [display(phase_lines(phase, fresh, modes, expand=expand)) for phase in phases]
    if constants:
        lines = [line for one in constants for line in equation(formula_latex(one.lhs), one.rhs, fresh)]
        parts.append(display([r"\text{where}", *lines]))
    return "\n".join(parts)


def order_parameter_lines(phase: Told, fresh: Iterator[sp.Symbol]) -> list[str]:
    """Return the definitions of the order parameters, one for branches that share it; none in the data phase."""
    if phase.order is None:
        return []
    lines: list[str] = []
    one = all(found == phase.order_parameters[0] for found in phase.order_parameters)
    for k, found in enumerate(phase.order_parameters, 1):
        if one and k > 1:
            break
        parts = list(found.args) if isinstance(found, sp.Tuple) else [found]
        index = f"_{{{k}}}" if not one else "_k" if len(phase.branches) > 1 else ""
        heads = [rf"\mu{index}"] if len(parts) == 1 else [rf"\mu_{{{j}}}" for j in range(1, len(parts) + 1)]
        lines += [line for head, part in zip(heads, parts, strict=True) for line in equation(head, part, fresh)]
    directions = sorted({part for found in phase.order_parameters for part in _directions(found)})
    if directions:
        named = ", ".join(f"e_{{{k}}}" for k in directions)
        lines.append(rf"{named}\ \text{{orthonormal, a basis of the span of the means}}")
    return lines


def _directions(found: sp.Basic) -> set[int]:
    return {int(one.indices[0]) for one in found.atoms(sp.Indexed) if len(one.indices) > 1}


def initial_lines(phase: Told) -> list[str]:
    """Return the laws at the window's start, each with the modes that its unknown belongs to."""
    first, *others = phase.initials
    lines = []
    if others and phase.order is None and all(other.rhs == first.rhs for other in others):
        name, at = str(first.lhs.func).partition("_")[0], small_latex(first.lhs.args[0])
        lines.append(rf"{name}_k({at}) \sim {formula_latex(first.rhs)},\quad {name}_k\text{{ of mode }} k")
    else:
        for branch, initial in zip(phase.branches, phase.initials, strict=True):
            called = ", ".join(str(mode + 1) for mode in branch.modes)
            owner = rf"\quad\text{{(mode{'s' * (len(branch.modes) > 1)} {called})}}" if others else ""
            lines.append(f"{formula_latex(initial)}{owner}")
    head = first.lhs.args[0] if isinstance(first.lhs, sp.Tuple) else first.lhs
    if str(head.func).startswith("nu"):
        lines[-1] += rf",\quad \nu = \mu/\alpha{_power(phase)}"
    return lines


def _power(phase: Told) -> str:
    return f"^{{{phase.order}}}" if (phase.order or 1) > 1 else ""


def _amplitudes(phase: Told) -> Iterator[tuple[str, sp.Expr]]:
    yield r"\alpha", phase.alpha
    if phase.order is None:
        yield r"\beta", simplified(phase.alpha * phase.psi)
    else:
        yield "s", phase.psi**phase.order


def _equation(phase: Told) -> str:
    """Return μ' = q α'/α μ + α^q s' D(s, μ/α^q), or that of x, where β' − α'β/α = α ψ'; α' = 0 is left out."""
    index = "_k" if len(phase.branches) > 1 else ""
    still, unit = sp.diff(phase.alpha, t) == 0, phase.alpha == 1
    if phase.order is None:
        rate = r"\dot\beta" if still else r"\Bigl(\dot\beta - \frac{\dot\alpha}{\alpha}\beta\Bigr)"
        drag = "" if still else rf"\frac{{\dot\alpha}}{{\alpha}}\, x{index} + "
        return rf"\dot x{index} = {drag}{rate}\, D{index}(\psi, x{index}{'' if unit else '/' + chr(92) + 'alpha'})"
    power, many = _power(phase), str(phase.order) if phase.order > 1 else ""
    drag = "" if still else rf"{many}\frac{{\dot\alpha}}{{\alpha}}\, \mu{index} + "
    lifted, place = ("", rf"\mu{index}") if unit else (rf"\alpha{power}\, ", rf"\mu{index}/\alpha{power}")
    return rf"\dot\mu{index} = {drag}{lifted}\dot s\, D{index}(s, {place})"


def _speciation(phase: Told, fresh: Iterator[sp.Symbol]) -> list[str]:
    several = len(phase.branches) > 1
    lines: list[str] = []
    for k, branch in enumerate(phase.branches, 1):
        lines += _effective(branch, f"_{{{k}}}" if several else "", fresh)
    return lines


def _effective(branch: Branch, index: str, fresh: Iterator[sp.Symbol]) -> list[str]:
    """Return D(s, ν) of an effective law: of two atoms through h, of several through their posterior weights."""
    law = branch.law
    atoms = law.atoms
    if atoms is None:
        effective = _EFFECTIVE.replace("G(", f"G{index}(")
        return [rf"D{index}(s, \nu) = {effective}", *law.lines(f"G{index}", fresh)]
    points = isinstance(next(iter(atoms)), sp.Tuple)
    if len(atoms) == 1 and not points:
        return equation(rf"D{index}(s, \nu)", next(iter(atoms)), fresh)
    if len(atoms) == _PAIR and not points:
        found, half = _with_field(sp.sympify(law.denoiser(s, nu)), index, fresh)
        return [*equation(rf"D{index}(s, \nu)", found, fresh), *half, *law.lines(f"G{index}", fresh)]
    square, product = (r"|g_k|^2", r"g_k \cdot \nu") if points else ("g_k^2", r"g_k \nu")
    weights = [line for k, it in enumerate(atoms.values(), 1) for line in equation(f"w_{{{k}}}", it, fresh)]
    places = [line for k, it in enumerate(atoms, 1) for line in equation(f"g_{{{k}}}", it, fresh)]
    return [
        rf"D{index}(s, \nu) = \sum_k g_k\, \pi_k(s, \nu),\quad \pi_k \propto w_k\, e^{{s {product} - s^2 {square}/2}}",
        *joined(places),
        *joined(weights),
    ]


def _with_field(drift: sp.Expr, index: str, fresh: Iterator[sp.Symbol]) -> tuple[sp.Expr, list[str]]:
    """Return a drift with h for what the argument of its tanh is at s = 0, and what h is."""
    for bent in drift.atoms(sp.tanh):
        inside = bent.args[0]
        field = inside.subs(s, 0)
        if field == 0:
            continue
        named = sp.Symbol(f"h{index}".replace("{", "").replace("}", ""), real=True)
        # A polynomial in s: what its derivative knows is all but the constant.
        rest = sp.integrate(sp.expand(sp.diff(inside, s)), s)
        odds = sp.logcombine(simplified(2 * field), force=True)
        left = formula_latex(named)
        short = sp.expand_log(odds / 2, force=True, factor=True)
        if not isinstance(short, sp.Add):
            half = [f"{left} = {formula_latex(short)}"]
        elif isinstance(odds, sp.log):
            half = [rf"{left} = \tfrac{{1}}{{2}} {formula_latex(odds)}"]
        else:
            half = equation(left, simplified(field), fresh)
        return drift.xreplace({bent: sp.tanh(rest + named)}), half
    return drift, []


def _data(phase: Told, modes: Cascade | None, fresh: Iterator[sp.Symbol]) -> list[str]:
    several = len(phase.branches) > 1
    lines: list[str] = []
    told: list[AbstractLaw] = []
    for group, drift, signs in _groups(phase):
        laws = [phase.laws[k] for k in group]
        index = ("_k" if len(group) > 1 else f"_{{{group[0] + 1}}}") if several else ""
        whose = rf"\quad (k = {', '.join(str(k + 1) for k in group)}{signs})" if len(group) > 1 else ""
        head = rf"D{index}(\psi, y)"
        if drift is not None:
            line = f"{head} = {formula_latex(drift)}"
            lines += (
                [line + whose]
                if width(line + whose) <= COLUMN
                else [*equation(head, drift, fresh), *([whose] if whose else [])]
            )
            continue
        posterior = _POSTERIOR if several else _POSTERIOR.replace(r"\rho_k", r"\rho")
        lines += [head + " " + posterior.replace(r"\rho_k", rf"\rho{index}") + whose]
        told += laws
    for k, branch in enumerate(phase.branches, 1):
        index = rf"_{{{k}}}" if several else ""
        weight = equation(f"w{index}", modes.modes[k - 1].weight, fresh) if modes is not None and several else []
        law = branch.law.lines(rf"\rho{index}", fresh)
        lines += joined([*weight, *law]) if len(weight) == 1 and len(law) == 1 else [*weight, *law]
    return lines


def _groups(phase: Told) -> list[tuple[list[int], sp.Expr | None, str]]:
    """Return modes that share one formula of D: equal ones, and two that differ by a sign, S = ±1."""
    drifts = [_drift(branch.law) for branch in phase.branches]
    groups: list[tuple[list[int], sp.Expr | None]] = []
    for k, drift in enumerate(drifts):
        same = next((group for group, shared in groups if drift is not None and shared == drift), None)
        if same is None:
            groups.append(([k], drift))
        else:
            same.append(k)
    free = list(range(len(groups)))
    found: list[tuple[list[int], sp.Expr | None, str]] = []
    for i, j in combinations(range(len(groups)), 2):
        first, second = groups[i][1], groups[j][1]
        if i not in free or j not in free or first is None or second is None:
            continue
        shared = with_sign(first, second)
        if shared is not None:
            free.remove(i)
            free.remove(j)
            members = sorted([*groups[i][0], *groups[j][0]])
            signs = r",\ ".join(rf"S_{{{k + 1}}} = {1 if k in groups[i][0] else -1}" for k in members)
            found.append((members, shared.xreplace({_sign: sp.Symbol("S_k")}), rf";\ {signs}"))
    found += [(*groups[i], "") for i in free]
    return sorted(found, key=lambda one: one[0])


def _drift(law: AbstractLaw) -> sp.Expr | None:
    """Return D(ψ, y) in closed form where it fits a line; None for an integral, a long form, or where none is found."""
    try:
        found = sp.sympify(law.denoiser(psi, y))
    except DerivationError:
        return None
    if found.has(sp.Integral, sp.Sum) or width(formula_latex(found)) > COLUMN - 60:
        return None
    return found


def with_sign(first: sp.Expr, second: sp.Expr) -> sp.Expr | None:
    """Return one formula in S that is ``first`` at S = 1 and ``second`` at S = −1, where it is no longer than either.

    Tried are S times a constant or a parameter that both hold, then (first + second)/2 + S (first − second)/2.
    """
    for held in sorted(first.atoms(ImplicitConstant) | (first.free_symbols - {psi, y}), key=str):
        if first.xreplace({held: -held}) == second:
            return first.xreplace({held: _sign * held})
    even, odd = sp.factor(sp.cancel((first + second) / 2)), sp.factor(sp.cancel((first - second) / 2))
    if is_zero(odd, "two modes"):
        return first
    joined = sp.together(even + _sign * odd)
    shared = sp.collect(sp.numer(joined), _sign) / sp.denom(joined)
    longest = max(sp.count_ops(first), sp.count_ops(second))
    return shared if sp.count_ops(shared) <= longest + 1 else None


def _written_out(ode: sp.Eq, fresh: Iterator[sp.Symbol]) -> list[str]:
    if isinstance(ode.lhs, sp.MatrixBase):
        pairs = zip(ode.lhs, ode.rhs, strict=True)
        return [line for one, other in pairs for line in equation(formula_latex(one), other, fresh)]
    return equation(formula_latex(ode.lhs), ode.rhs, fresh)
