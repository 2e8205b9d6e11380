"""Every derivation of the zoo as a reader has it: named, with reasons and sources, and well formed in every form."""

import functools
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
import sympy as sp
from sympy.stats import Normal

import symsched
from symsched.algebra.derivation import Assumption, Check, Derivation, Named, Step
from symsched.algebra.telling import prose
from symsched.algebra.telling.sources import PAPER
from symsched.zoo import ZOO, find

NAMES = [entry.name for entry in ZOO]
HEAD = (
    r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\usepackage{amsmath}"
    r"\textwidth=345pt\hfuzz=0.1pt\begin{document}"
)


@functools.cache
def derivation(name):
    entry = find(name)
    return symsched.derive(entry.distribution(), entry.settings.path).derivation


class Elements(HTMLParser):
    """Every element that is opened is closed, in order; none runs or loads anything."""

    VOID = ("meta", "mspace")

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.seen = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        assert not any(name.startswith("on") or name in {"src", "href"} for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def overfull(tex, folder):
    (folder / "x.tex").write_text(f"{HEAD}\n{tex}\n\\end{{document}}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "x.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    return re.findall(r"Overfull[^\n]*", done.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_says_what_goes_in_and_comes_out_why_and_by_whom(name):
    told = derivation(name)
    cascade = find(name).distribution().cascade
    assert repr(cascade).startswith("<Cascade of ") and "\n" not in repr(cascade) and len(repr(cascade)) < 260
    for step in told.steps:
        for side, names in ((step.before, step.given), (step.after, step.found)):
            assert names and all(len(prose.plain(one.name)) >= 5 for one in names), step
            assert len(names) == 1 or len(names) == len(side.args), step
        assert step.assumes and all(one.says and one.checked for one in step.assumes), step
        assert step.theorem and step.sources, step
        for source in step.sources:
            assert source.author and source.title and 1800 < source.year < 2030
        assert step.title.count("$") % 2 == 0 and "$" not in step.rule
        assert len(repr(step)) < 260 and "\n" not in repr(step)
    text = told.text()
    assert str(told) == text and "$" not in text and "Eq(" not in text and "**" not in text
    # The first mention of a work is whole, the later ones are short; a symbol is introduced once.
    assert text.count(str(PAPER)) == 1
    introduced = re.findall(r"^(?:    here  |          )(\S+): (?:the|one|noise)", text, re.MULTILINE)
    assert {"ψ", "α", "β", "D", "t", "κ"} <= set(introduced)


@pytest.mark.parametrize("name", NAMES)
def test_a_derivation_is_well_formed_html_and_the_same_every_time(name):
    told = derivation(name)
    page = told.html("A <limit> & more", "“tried”")
    seen = Elements(page).seen
    assert seen.count("article") == len(told.steps) and "script" not in seen and "link" not in seen
    assert "A &lt;limit&gt; &amp; more" in page
    assert "http" not in page.replace("http://www.w3.org/1998/Math/MathML", "")
    assert "symsched-derivation" in told._repr_html_()
    entry = find(name)
    again = symsched.derive(entry.distribution(), entry.settings.path).derivation
    assert again.html("A <limit> & more", "“tried”") == page
    assert (again.latex(), again.text()) == (told.latex(), told.text())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_no_line_of_a_derivation_is_wider_than_a_column(name, tmp_path):
    cascade = find(name).distribution().cascade
    assert cascade._repr_latex_() == cascade.latex()
    assert overfull(derivation(name).latex() + cascade.latex(), tmp_path) == []


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_a_line_that_is_too_wide_would_be_seen(tmp_path):
    assert len(overfull(r"\[" + "a + " * 60 + r"a \]", tmp_path)) == 1


def test_hostile_names_reach_neither_html_nor_tex():
    bad = sp.Symbol("<script>alert(1)</script>\\input{x}", positive=True)
    pair = symsched.ProductMixture(
        [(sp.Rational(1, 2), Normal("a", bad, 1)), (sp.Rational(1, 2), Normal("a", -bad, 1))]
    )
    told = symsched.derive(pair, symsched.VP).derivation
    assert "script" not in Elements(told.html("<b>bold</b>")).seen
    for written in (told.html("<b>bold</b>"), told._repr_html_(), told.latex()):
        assert "<script" not in written and "<b>" not in written and r"\input" not in written


def test_names_must_fit_what_they_name():
    step = Step(
        "two of $ψ$",
        sp.Tuple(1, 2),
        sp.Integer(3),
        given=(Named("the one", "a"),) * 3,
        found=(Named("the sum", "s"),),
        assumes=(Assumption("$a > 0$", "exact"),),
        theorem="addition",
        sources=(PAPER,),
        verify=lambda after: (Check("sum", float(after), 3.0, 1e-9, "by hand"),),
    )
    with pytest.raises(ValueError, match="3 names for 2 quantities"):
        str(step)
    assert repr(Derivation((step,))).startswith("<Derivation of 1 step")


@pytest.mark.parametrize(
    ("formula", "text", "tex"),
    [
        ("ψ ~ d^{−1/4}", "ψ ~ d^(−1/4)", r"\psi \sim d^{-1/4}"),
        ("√d ψ^q", "√d ψ^q", r"\sqrt{d} \psi^q"),
        ("He_2(ŷ)", "He_2(ŷ)", r"\mathrm{He}_2(\hat{y})"),
        ("√{1 − e^{−2t}} log x", "√(1 − e^(−2t)) log x", r"\sqrt{1 - e^{-2t}} \log x"),
        ("c_{k,n} a²", "c_(k,n) a²", "c_{k,n} a^{2}"),
    ],
)
def test_a_formula_in_a_sentence_is_read_as_text_and_as_tex(formula, text, tex):
    assert prose.plain_math(formula) == text
    assert prose.math_latex(formula) == tex
    Elements(prose.html(f"<i> ${formula}$"))
    assert prose.html("<i>") == "&lt;i&gt;"
