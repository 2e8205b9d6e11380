"""Interpolants I_τ = α(τ) z + β(τ) a: two expressions; everything else is derived from them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import mpmath
import sympy as sp

from symsched.algebra.asymptotics import leading_power
from symsched.errors import DerivationError
from symsched.symbols import d, tau

_PROBE_DIMENSIONS = (100, 10**8)
"""Dimensions at which an interpolant and its inverses are tried: a small one and one beyond any use."""


@dataclass(frozen=True)
class Interpolant:
    """The path I_τ = α(τ) z + β(τ) a from noise z ~ N(0, I) at τ = 0 to data a at τ = 1.

    ``alpha`` and ``beta`` are expressions in ``symsched.symbols.tau`` and ``symsched.symbols.d``, with
    α(1) = 0, β(0) = 0, β(1) = 1, α > 0 before τ = 1 and ψ = β/α increasing. Anything else raises ValueError.

    >>> Interpolant(1 - tau, tau).psi
    tau/(1 - tau)
    """

    alpha: sp.Expr
    beta: sp.Expr
    name: str = "custom"

    def __post_init__(self) -> None:
        """Check symbols, end values, positivity and monotonicity."""
        if not isinstance(self.name, str):
            raise TypeError(f"name must be text, got {self.name!r}")
        for label in ("alpha", "beta"):
            value = getattr(self, label)
            if not isinstance(value, sp.Expr):
                raise TypeError(f"{label} must be a SymPy expression in symsched.symbols.tau and d, got {value!r}")
            _require_known_symbols(value, label)
            # 1.0 is not 1 to SymPy, and it inverts no power 2.0.
            exact = {found: sp.nsimplify(found, rational=True) for found in value.atoms(sp.Float)}
            object.__setattr__(self, label, value.xreplace(exact))
        ends = {"alpha": (self.alpha, 1, 0), "beta": (self.beta, 0, 0), "beta ": (self.beta, 1, 1)}
        for label, (expression, at, required) in ends.items():
            value = sp.simplify(expression.subs(tau, at))
            if value != required:
                raise ValueError(f"{label.strip()}(tau={at}) must be {required}, got {value} from {expression}")
        self._require_increasing()

    def _require_increasing(self) -> None:
        alpha, beta = (sp.lambdify([tau, d], e, "mpmath") for e in (self.alpha, self.beta))
        for dimension in _PROBE_DIMENSIONS:
            previous = mpmath.mpf(-1)
            for k in range(64):
                at = mpmath.mpf(k) / 64
                noise, signal = alpha(at, dimension), beta(at, dimension)
                if mpmath.im(noise) != 0 or mpmath.im(signal) != 0 or not noise > 0:
                    raise ValueError(
                        f"alpha must be positive on 0 <= tau < 1, got {mpmath.nstr(noise, 6)} "
                        f"at tau = {k}/64, d = {dimension}"
                    )
                if not signal / noise > previous:
                    raise ValueError(
                        f"psi = beta/alpha must increase with tau; it does not near tau = {k}/64, d = {dimension}"
                    )
                previous = signal / noise

    @cached_property
    def psi(self) -> sp.Expr:
        """Root signal-to-noise ratio β/α."""
        return self.beta / self.alpha

    @cached_property
    def noise_rate(self) -> sp.Expr:
        """α̇/α, the factor of x in the velocity."""
        return sp.simplify(sp.diff(self.alpha, tau) / self.alpha)

    @cached_property
    def signal_rate(self) -> sp.Expr:
        """β̇ − α̇β/α, the factor of E[a | I_τ = x] in the velocity."""
        return sp.simplify(sp.diff(self.beta, tau) - sp.diff(self.alpha, tau) * self.beta / self.alpha)

    @cached_property
    def noise_scale(self) -> tuple[sp.Expr, sp.Rational]:
        """(c, e) with α(0) ~ c d^e: e = 0 preserves variance, e = 1/2 explodes it."""
        return leading_power(self.alpha.subs(tau, 0), "alpha(0)")

    def time_of(self, what: Literal["alpha", "beta", "psi"], level: sp.Expr) -> sp.Expr:
        """Return τ with α(τ), β(τ) or ψ(τ) = level."""
        return _inverse(getattr(self, what), level, what)


def _require_known_symbols(expression: sp.Expr, label: str) -> None:
    for symbol in sorted(expression.free_symbols, key=str):
        for known in (tau, d):
            if symbol.name == known.name and symbol != known:
                raise ValueError(
                    f"{label} uses a symbol {symbol.name} with assumptions {_assumed(symbol)}; "
                    f"use symsched.symbols.{known.name}, whose assumptions are {_assumed(known)}"
                )
        if symbol not in {tau, d}:
            raise ValueError(
                f"{label} has the free symbol {symbol}; only symsched.symbols.tau and d are allowed: give it a number"
            )


def _assumed(symbol: sp.Symbol) -> str:
    return ", ".join(f"{k}={v}" for k, v in sorted(symbol._assumptions_orig.items())) or "none"


_level = sp.Symbol("v", positive=True)


def _inverse(expression: sp.Expr, level: sp.Expr, what: str) -> sp.Expr:
    """Return the branch of τ(level) that reproduces numbers inside (0, 1)."""
    for candidate in sp.solve(sp.Eq(expression, _level), tau.xreplace({tau: tau})):
        if all(
            _reproduces(expression, candidate, sp.Rational(k, 7), dim) for k in (1, 3, 6) for dim in _PROBE_DIMENSIONS
        ):
            return sp.simplify(candidate).subs(_level, level)
    raise DerivationError(
        "inverting the interpolant",
        f"no closed form of tau for {what} = {expression} that holds on all of 0 < tau < 1",
        "Give alpha and beta that SymPy can invert.",
    )


def _reproduces(expression: sp.Expr, candidate: sp.Expr, at: sp.Rational, dimension: int) -> bool:
    level = expression.subs({tau: at, d: dimension})
    back = sp.N(candidate.subs({_level: level, d: dimension}), 30)
    gap = abs(back - at)
    # A branch that SymPy knows on a part of the line only is NaN elsewhere.
    return bool(gap.is_comparable and gap < sp.Float("1e-20"))


VP = Interpolant(1 - tau, tau, "VP (linear)")
VE = Interpolant(sp.sqrt(d) * (1 - tau), tau, "VE (linear)")
VP_TRIG = Interpolant(sp.sqrt(1 - tau**2), tau, "VP (trigonometric)")
VE_TRIG = Interpolant(sp.sqrt(d) * sp.sqrt(1 - tau**2), tau, "VE (trigonometric)")

INTERPOLANTS = {"vp": VP, "ve": VE, "vp-trig": VP_TRIG, "ve-trig": VE_TRIG}
"""The built-in interpolants by their command-line names."""
