"""Formulas between dollar signs in labels: set on a page, in a document and in Markdown; text that is none is text."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symsched.reporting.prose import is_formula, prose_html, prose_latex, prose_markdown, prose_plain

LABEL = r"$\dot M$ against $M = r·x/|r|^2$, β < 1"


def test_a_label_is_set_in_every_language():
    page = prose_html(LABEL)
    formulas = [ET.fromstring(found) for found in re.findall(r"<math.*?</math>", page)]
    assert ["".join(formula.itertext()) for formula in formulas] == ["M˙", "M=r·x/|r|2"]
    assert page.endswith(", β &lt; 1") and "$" not in page and "\\" not in page
    assert prose_latex(LABEL).startswith(r"$\dot M$ against $M = r\cdot x/|r|^2$, \ensuremath{\beta}")
    assert prose_markdown(LABEL) == r"$\dot M$ against $M = r\cdot x/|r|^2$, β < 1"
    assert prose_plain(LABEL) == "dot M against M = r·x/|r|^2, β < 1"


@pytest.mark.parametrize(
    "text", [r"\input{x}", "a}{", "x^2^3", "x_", r"\frac a", r"\hat", r"\left(", "#", "50%", r"\text", r"a\\b", "\\"]
)
def test_what_tex_would_obey_or_stop_at_is_text(text):
    assert not is_formula(text)
    assert "<math" not in prose_html(f"a ${text}$ b") and prose_plain(f"${text}$") == f"${text}$"
    assert r"\$" in prose_latex(f"a ${text}$ b") and r"\$" in prose_markdown(f"a ${text}$ b")


def test_money_is_no_formula():
    assert prose_html("$5 and $6, from $ 3 to 4 $") == "$5 and $6, from $ 3 to 4 $"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("μ_0", "μ<sub>0</sub>"),
        ("d^−1/2", "d<sup>−1/2</sup>"),
        ("Σ π_k², x_i(½)", "Σ π<sub>k</sub>², x<sub>i</sub>(½)"),
        ("e^{hm}/2", "e<sup>hm</sup>/2"),
        ("ψ ~ d^(−1/2)", "ψ ∼ d<sup>−1/2</sup>"),
        ("my_name and __init__", "my_name and __init__"),
    ],
)
def test_indices_and_powers_of_plain_words(text, shown):
    assert prose_html(text) == shown
    low, high = r"\textsubscript{", r"\textsuperscript{"
    assert prose_latex(text).count(low) + prose_latex(text).count(high) >= shown.count("<su")


@given(st.text(max_size=60))
def test_no_text_leaves_its_place(text):
    page = re.sub(r"<math.*?</math>|</?su[bp]>", "", prose_html(text), flags=re.DOTALL)
    assert "<" not in page and ">" not in page
    bare = re.sub(r"\\[{}$&#%_]", "", prose_latex(text))
    assert bare.count("{") == bare.count("}") and bare.count("$") % 2 == 0
    commands = set(re.findall(r"\\([A-Za-z]+)", bare))
    assert not commands & {"input", "write", "def", "include", "csname", "catcode", "openout", "immediate"}
