"""What is printed for a paper: it fits a column, means what was derived, and names what it uses."""

import re
import shutil
import subprocess

import pytest
import sympy as sp
from sympy.stats import Exponential, Laplace, Normal, Poisson

import symsched
from symsched.algebra.constants import ImplicitConstant
from symsched.algebra.formulas import formula_latex, normal
from symsched.algebra.notation.lines import COLUMN, equation, names, wrapped
from symsched.algebra.notation.width import width
from symsched.limits.notation import with_sign
from symsched.symbols import d, kappa, psi, y
from symsched.zoo import find

R = sp.Rational
NAMES = ("gaussian-mixture", "curie-weiss", "gaussian-simplex")


def limits():
    for name in NAMES:
        entry = find(name)
        yield symsched.derive(entry.distribution(), entry.settings.path)


def shown(limit):
    yield from (limit.latex(), limit.latex(expand=True), limit.schedule.latex(), limit.interpolant.latex())
    yield limit.distribution.latex()
    for phase in limit.phases:
        yield from (phase.latex(), phase.latex(expand=True), *(law.latex() for law in phase.laws))


def test_nothing_is_wider_than_a_column_and_every_brace_is_closed():
    for limit in limits():
        for text in shown(limit):
            displays = re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", text, re.DOTALL)
            assert "\n".join(rf"\begin{{align*}}{chr(10)}{one}{chr(10)}\end{{align*}}" for one in displays) == text
            for line in (line for one in displays for line in one.split(" \\\\\n")):
                assert width(line.removeprefix("& ")) <= COLUMN + 1, line
            plain = re.sub(r"\\[{}]", "", text)
            assert plain.count("{") == plain.count("}") and plain.count(r"\left") == plain.count(r"\right")
            for foreign in ("mathbb", "operatorname{Normal}", r"\sqrt[", "dmath", "d^{0}", "$"):
                assert foreign not in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_it_compiles_with_amsmath_alone_in_a_column_of_345_points(tmp_path):
    body = "\n".join(text for limit in limits() for text in shown(limit))
    wide = r"\[" + "a + " * 60 + r"a \]"

    def overfull(text):
        head = r"\documentclass{article}\usepackage{amsmath}\textwidth=345pt\hfuzz=0.1pt\begin{document}"
        (tmp_path / "x.tex").write_text(f"{head}\n{text}\n\\end{{document}}\n")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "x.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, errors="replace")
        assert done.returncode == 0, done.stdout[-2000:]
        return done.stdout.count("Overfull")

    assert overfull(body) == 0
    assert overfull(wide) == 1


def test_a_broken_equation_is_the_whole_with_its_names_put_back():
    u = sp.Symbol("u", positive=True)
    whole = sum(sp.exp(-((u - k) ** 2) / (2 + k * u**2)) * sp.tanh(k * u + 1) for k in range(1, 9)) / (1 + u ** R(1, 3))
    printed = {sp.Symbol(name): None for name in "ABCFHJ"}
    lines = equation("q", whole, names([sp.Symbol("A")]))
    assert len(lines) > 1 and all(width(line) <= COLUMN + 1 for line in lines)
    defined = [line.split(" = ")[0] for line in lines if " = " in line]
    assert defined[0] == "q" and len(set(defined)) == len(defined)
    assert "A" not in defined and set(map(sp.Symbol, defined[1:])) <= set(printed)
    for name in defined[1:]:
        assert name in " ".join(lines).replace(f"{name} = ", "", 1)


@pytest.mark.parametrize(
    ("formula", "printed"),
    [
        (d ** R(1, 4), "d^{1/4}"),
        (d ** R(-1, 3), "d^{-1/3}"),
        (normal(0, 1), r"\mathcal{N}(0, 1)"),
        (normal(sp.zeros(3, 1), 2 * sp.eye(3)), r"\mathcal{N}(0, 2\, I_{3})"),
        (sp.Max(1 / kappa, 2), r"\begin{cases} 2 & \text{if } 2 \ge \frac{1}{\kappa} \\ "),
    ],
)
def test_the_notation_of_a_paper(formula, printed):
    assert formula_latex(formula).startswith(printed)


def test_two_modes_that_differ_by_a_sign_are_one_line():
    mean, sign = sp.Symbol("m", positive=True), sp.Symbol("S", real=True)
    well = ImplicitConstant("m_star", y, y - sp.tanh(2 * y), sp.Float("0.95"))
    pairs = [
        ((4 * mean + psi * y) / (4 + psi**2), (psi * y - 4 * mean) / (4 + psi**2)),
        ((4 + psi * y) / (4 + psi**2), (psi * y - 4) / (4 + psi**2)),
        (sp.tanh(psi * y + 2 * well), sp.tanh(psi * y - 2 * well)),
    ]
    for first, second in pairs:
        shared = with_sign(first, second)
        assert shared is not None
        at = {psi: R(3, 7), y: R(-5, 3), mean: R(2, 3)}
        for value, wanted in ((1, first), (-1, second)):
            assert abs(sp.N(shared.subs(sign, value).subs(at) - wanted.subs(at))) < 1e-12
    assert with_sign(9 * psi * y / (9 * psi**2 + 4), psi * y / (psi**2 + 4)) is None


def test_laws_and_distributions_by_their_definitions():
    law = symsched.derive(find("gaussian-mixture").distribution(), symsched.VP).phases[0].law
    assert r"\rho = \frac{4}{5}\,\delta_{1} + \frac{1}{5}\,\delta_{-1}" in law.latex()
    for kind, printed in (
        (Normal("a", 1, 2), r"\rho = \mathcal{N}(1, 4)"),
        (Laplace("a", 0, 1), r"e^{- \left|{a}\right|},\quad a \in \mathbf{R}"),
        (Exponential("a", 3), r"e^{- 3 a},\quad 0 < a < \infty"),
        (Poisson("a", 2), r"k = 0, 1, \dots"),
    ):
        assert printed in symsched.law_of(kind).latex()
        assert len(repr(symsched.law_of(kind))) < 160 and "\n" not in repr(symsched.law_of(kind))
    assert r"\prod_{i=1}^{d} \rho_0(a_i)" in symsched.CurieWeiss(2, 0).latex()


def test_everything_has_a_short_name():
    for limit in limits():
        for held in (limit, limit.distribution, limit.schedule, limit.interpolant, *limit.phases, limit.derivation):
            assert len(repr(held)) <= 260 and "\n" not in repr(held), repr(held)
            assert not hasattr(held, "_repr_latex_") or held._repr_latex_() == held.latex()


def test_a_line_of_a_table_is_broken_before_its_signs_and_loses_nothing():
    line = r"y_{2} &= \psi_{2} D_0 + \sqrt{V_{2}} \bigl(z + \tfrac{1}{6} \hat\psi_{2}^{3} " + (
        r"(1.8974805\, \mathrm{He}_2(z) +0.52243737\, G_1 + d^{-0.333333} (-13.200958\, \mathrm{He}_2(z)"
        r" +4.8105858\, G_1))\bigr)"
    )
    broken = wrapped(line)
    assert len(broken) > 1 and all(width(part.replace("&", "")) <= COLUMN for part in broken)
    assert " ".join(part.removeprefix(r"&\quad ") for part in broken) == line
    assert wrapped(broken[0]) == broken[:1]
