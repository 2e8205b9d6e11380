"""The ledger's verdicts, and its renderings: complete, well formed, safe against any text, and written whole."""

import errno
import json
import math
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import matplotlib as mpl
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symsched.algebra.escapes import latex_text, markdown_text
from symsched.algebra.formulas import formula_latex
from symsched.reporting.charts import Chart, Curve, Level, chart_of_rows
from symsched.reporting.claim import Finding, Ledger
from symsched.reporting.drawing import darkened, draw, figure
from symsched.reporting.folder import FolderError, write_folder
from symsched.reporting.numbers import measured_text, number_latex, predicted_text, z_text
from symsched.reporting.pages.data import row_to_dict, to_dict
from symsched.reporting.pages.formulas import formula_mathml
from symsched.reporting.pages.html import to_html
from symsched.reporting.pages.latex import to_latex
from symsched.reporting.pages.markdown import to_markdown
from symsched.reporting.rows import rows_to_latex, rows_to_markdown
from symsched.reporting.verdicts import bounded, deterministic, statistical
from symsched.symbols import d, kappa, nu, s, t

HOSTILE = (
    "<script>alert('&amp;')</script> \\input{x} | $x_1^2$ 100 % #1 {~ σ̂, ẋ, ψ̇, ½ √d, w₊ ≥ 10⁻⁹, d\u202f=\u202f∞, 漢, é"
)
GOOD = statistical("weight", 0.8, 0.801, 0.004, dimension=10_000)
BAD = statistical("weight", 0.8, 0.9, 0.004, dimension=10_000)
FAR = statistical("weight", 0.8, 0.9, 0.004, dimension=100, decides=False)
EXACT = deterministic("flow", -2.1821596210623, -2.1821596210622, 1e-10)
CERTAIN = statistical("weight", 0.8, 0.7, 0.0)
mu = sp.Function("mu")
FORMULAS = (
    sp.Eq(sp.Derivative(mu(t), t), 2 * kappa * sp.tanh(sp.Symbol("h") + 2 * kappa * t * mu(t))),
    sp.Eq(sp.Symbol("tau"), sp.Piecewise((2 * kappa * t / sp.sqrt(d), t <= sp.Rational(1, 2)), (t, True))),
    sp.Eq(sp.Symbol("m_star") ** 2, sp.exp(-(nu**2) / 2) + sp.erf(s)),
    sp.Product(1 - 1 / sp.Symbol("k") ** 2, (sp.Symbol("k"), 2, sp.Symbol("K"))),
    sp.Integral(sp.exp(-(nu**4) / 12), (nu, -sp.oo, sp.oo)),
    sp.Matrix([[1, kappa], [0, sp.Symbol("<b>&")]]),
    sp.Function("F_s")(nu),
)
CHART = Chart(
    "weights",
    "Weight & < dimension",
    "dimension $d$",
    r"weight $\hat p$",
    (
        Curve("measured", [1e2, 1e3], [0.79, 0.81], [0.01, 0.01], "points"),
        Curve("limit", [1e2, 1e3], [0.8, 0.8], style="dashed"),
        Curve("bins", [1e2, 1e3], [0.7, 0.72], [0.01, 0.02], "steps"),
    ),
    log_x=True,
    caption=HOSTILE,
    levels=(Level("exact", 0.8),),
)


def claim(number=1, rows=(GOOD,), **changes):
    return Finding(number, f"Claim {HOSTILE}", HOSTILE, FORMULAS, tuple(rows), **changes)


def ledger():
    return Ledger(
        "Title <b>",
        (
            claim(
                1,
                (GOOD, FAR, EXACT, bounded("slope", 0.9, 0.8, 1.0)),
                charts=(CHART,),
                group="One & two",
                source=HOSTILE,
            ),
            claim(2, (BAD,), expected="fails", reason=HOSTILE, group="Curie–Weiss", seconds=300.0),
            claim(3, (CERTAIN, GOOD), charts=(chart_of_rows((GOOD, BAD, FAR, CERTAIN, EXACT)),), group="Curie–Weiss"),
        ),
        {"commit": "abc1234", "seed": 0, "κ": 3.0, "note": HOSTILE, "largest": math.inf, "samples": 10**12},
        introduction=HOSTILE,
    )


@pytest.mark.parametrize(
    ("rows", "expected", "holds", "as_expected", "outcome"),
    [
        ((GOOD,), "holds", True, True, "holds"),
        ((GOOD, FAR), "holds", True, True, "holds"),
        ((GOOD, BAD), "holds", False, False, "fails"),
        ((GOOD, BAD), "fails", False, True, "fails, as expected"),
        ((GOOD,), "fails", True, False, "holds"),
        ((FAR,), "holds", False, False, "undecided"),
        ((FAR,), "fails", False, False, "undecided"),
        ((), "holds", False, False, "undecided"),
    ],
)
def test_a_claim_is_what_its_deciding_rows_say(rows, expected, holds, as_expected, outcome):
    made = claim(1, rows, expected=expected, reason="because")
    assert (made.holds, made.as_expected, made.outcome) == (holds, as_expected, outcome)
    assert Ledger("", (made,)).passed == as_expected


def test_an_empty_ledger_has_not_passed_and_one_bad_claim_fails_it():
    assert not Ledger("", ()).passed
    assert Ledger("", (claim(1), claim(2))).passed
    assert not Ledger("", (claim(1), claim(2, (BAD,)))).passed


def test_bad_claims_charts_and_ledgers_are_refused():
    with pytest.raises(ValueError, match="give the reason"):
        claim(expected="fails")
    with pytest.raises(ValueError, match="expected to hold or fail"):
        claim(expected="maybe")
    with pytest.raises(ValueError, match="must be unique; repeated: 1"):
        Ledger("", (claim(1), claim(1)))
    with pytest.raises(ValueError, match="must be unique"):
        Ledger("", (claim(1, charts=(CHART, CHART)),))
    with pytest.raises(ValueError, match="one length"):
        Curve("c", [1, 2], [1])
    with pytest.raises(ValueError, match="must be one of"):
        Curve("c", [1], [1], style="wavy")
    with pytest.raises(ValueError, match="name of a chart"):
        Chart("../x", "", "", "", ())
    with pytest.raises(ValueError, match="at least one row"):
        chart_of_rows(())


class Page(HTMLParser):
    VOID = frozenset({"meta", "img", "source", "br", "link"})

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def every(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_is_well_formed_self_contained_and_accessible():
    text = to_html(ledger())
    page = Page(text)
    assert not page.every("script") and not page.every("link") and not page.every("b")
    assert page.every("html") == [{"lang": "en"}]
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "srcset", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:image/svg+xml;base64,"))
    assert set(re.findall(r"https?://[^\"]*", text)) == {"http://www.w3.org/1998/Math/MathML"}
    identifiers = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    assert {link["href"][1:] for link in page.every("a")} <= set(identifiers)
    # Contents, beside the text and above it: the summary, two groups, three claims, the settings; in the summary three.
    assert len(page.every("a")) == 2 * 7 + 3 and len(page.every("img")) == 2
    assert len(page.every("nav")) == 2
    assert len(page.every("figcaption")) == len(page.every("figure")) == 2
    assert all(image["alt"] for image in page.every("img"))
    assert all(head["scope"] in ("row", "col") for head in page.every("th"))


def test_the_page_says_everything():
    words = " ".join(Page(to_html(ledger())).words)
    for expected in (
        HOSTILE, "Title <b>", "2 of 3 claims as expected", "✓ holds", "✓ fails, as expected", "✗ fails", "… not yet",
        "0.8010 ± 0.0040",
        "+0.25", "−∞", "10\u202f000", "−2.18215962106", "standard errors", "tanh", "Figure 1.1.", "Table 3.", "abc1234",
    ):  # fmt: skip
        assert expected in words


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_formulas_are_well_formed_in_both_languages(formula):
    root = ET.fromstring(formula_mathml(formula))
    assert "".join(root.itertext()).strip()
    shown = formula_mathml(formula).partition("<annotation")[0]
    assert not any(raw in shown for raw in ("\\", "<b>", ">-<", "piecewise"))
    latex = formula_latex(formula)
    assert latex.count("{") == latex.count("}")


def test_formulas_look_as_printed_mathematics():
    derivative, cases, star, product, _, _, applied = map(formula_mathml, FORMULAS)
    assert "<mi>&#956;</mi>" in derivative and "<mspace" in derivative and "<mi>tanh</mi>" in derivative
    assert "<mtable" in cases and "otherwise" in cases and "&#8804;" in cases
    assert "<msubsup><mi>m</mi><mrow><mo>&#8902;</mo></mrow><mrow><mn>2</mn></mrow></msubsup>" in star
    assert "&#8719;" in product and 'stretchy="false"' in applied and 'stretchy="false"' not in product
    assert formula_latex(FORMULAS[2]).startswith(r"m_{\star}^{2}")


def test_markdown_tables_keep_their_columns():
    rows = (GOOD, EXACT, deterministic(HOSTILE, 1.0, 1.0, 0.1))
    for table in (rows_to_markdown(rows), rows_to_markdown([EXACT])):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(counts) == 1
    text = to_markdown(ledger())
    assert "<script>" not in text and "figures/01-weights.png" in text and "**fails**" in text


@given(st.text(max_size=40))
def test_any_text_can_be_escaped(text):
    escaped = latex_text(text)
    assert escaped.isascii() or all(c.isascii() or "¡" <= c <= "ÿ" for c in escaped)
    bare = re.sub(r"\\[{}$&#%_]", "", escaped)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"[$&#%]", bare)
    assert not re.search(r"(?<!\\)[|<>]", markdown_text(text).replace("\\\\", ""))


WIDE = tuple(
    statistical(
        "plain VE: the width of the heavier mode, by the recursion of the sampler", v, v, e, dimension=1e8, target=t
    )
    for v, e, t in ((0.000475000112345, 1.9e-11, None), (-0.25, 1e-4, 0.123456), (1e-9, 2e-12, 0.5), (0.8, 0.01, 0.8))
)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize("made", [ledger(), Ledger("Wide", (claim(1, WIDE), claim(2, WIDE[1:]), claim(3, WIDE[:1])))])
def test_the_document_compiles(tmp_path, made):
    write_folder(made, tmp_path)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "report.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    assert b"Overfull \\hbox" not in done.stdout
    assert (tmp_path / "report.pdf").stat().st_size > 10_000


def test_latex_braces_balance_and_rules_are_lettered():
    text = re.sub(r"\\[{}%]", "", to_latex(ledger()))
    assert text.count("{") == text.count("}")
    table = rows_to_latex((GOOD, EXACT, BAD))
    assert table.count(r"\textsuperscript{a}") == 3 and table.count(r"\textsuperscript{b}") == 2


def test_numbers_survive_json():
    content = json.loads(json.dumps(to_dict(ledger()), allow_nan=False))
    assert content["passed"] is False and content["settings"]["largest"] == "inf"
    assert content["claims"][0]["rows"][2]["predicted"] == -2.1821596210623
    assert content["claims"][2]["rows"][0]["z"] == "-inf"
    assert content["claims"][0]["charts"][0]["curves"][0]["error"] == [0.01, 0.01]
    assert row_to_dict(EXACT)["standard_error"] is None
    assert json.loads(json.dumps(to_dict(Ledger("", (), noun="distribution"))))["distributions"] == []


@given(st.floats(-1e12, 1e12), st.floats(1e-12, 1e6))
def test_a_measurement_shows_its_error_to_two_digits(value, error):
    shown = number_latex(measured_text(value, error)).strip("$")
    body, _, power = shown.partition(r"\times 10^")
    scale = 10.0 ** int(power.strip("{}")) if power else 1.0
    got, bar = (float(part) * scale for part in body.strip("()").split(r"\pm"))
    assert math.isclose(bar, error, rel_tol=0.051) or abs(bar - error) <= 0.51 * scale
    assert abs(got - value) <= max(
        0.06 * error, 1e-14 * abs(value), 0.51e-15 * scale, 0.51 * (scale if error > scale else 0)
    )


def test_numbers_read_well():
    assert measured_text(0.5, 0.0) == "0.5 ± 0"
    assert measured_text(1234.5, 21.0) == "1234 ± 21"
    assert predicted_text(0.0, 1e-3) == "0" and predicted_text(math.inf, 0.1) == "∞"
    assert (z_text(None), z_text(-math.inf), z_text(-1.256)) == ("–", "−∞", "−1.26")
    assert number_latex("−1.5×10⁻⁹") == r"$-1.5\times 10^{-9}$" and number_latex("–") == "--"


def test_drawing_is_reproducible_and_leaves_no_trace():
    before = dict(mpl.rcParams)
    for kind, head in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        first = draw(CHART, kind)
        assert first.startswith(head) and first == draw(CHART, kind)
    assert darkened(draw(CHART, "svg")) != draw(CHART, "svg")
    assert dict(mpl.rcParams) == before
    code = "import sys, symsched.reporting.folder; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_the_legend_does_not_cover_the_curves():
    drawn = figure(CHART)
    drawn.draw_without_rendering()
    (legend,), (axes,) = drawn.legends, drawn.axes
    assert not legend.get_window_extent().overlaps(axes.get_window_extent())
    assert [text.get_text() for text in legend.get_texts()] == ["measured", "limit", "bins", "exact"]


def test_a_chart_of_rows_shows_every_score_and_clips_the_infinite():
    chart = chart_of_rows((GOOD, BAD, FAR, CERTAIN, EXACT))
    places = {x: y for curve in chart.curves for y, x in zip(curve.x, curve.y, strict=True)}
    assert places == {0: pytest.approx(0.25), 1: 10.0, 2: 10.0, 3: -10.0}
    assert [curve.label for curve in chart.curves] == ["agrees (1)", "fails (2)", "not yet (1)"]
    assert chart.ticks[3].replace("\u00a0", " ").endswith("(z = -inf)")
    assert len(chart_of_rows((EXACT,)).ticks) == 1
    figure(chart_of_rows((EXACT,)))


def test_the_folder_is_complete_and_reproducible(tmp_path):
    index = write_folder(ledger(), tmp_path / "a" / "b")
    names = sorted(str(path.relative_to(index.parent)) for path in index.parent.rglob("*") if path.is_file())
    assert names == [
        "figures/01-weights.pdf", "figures/01-weights.png", "figures/03-rows.pdf", "figures/03-rows.png",
        "index.html", "numbers.json", "report.md", "report.tex",
    ]  # fmt: skip
    first = {name: (index.parent / name).read_bytes() for name in names}
    slower = ledger()
    write_folder(replace(slower, claims=tuple(replace(one, seconds=77.0) for one in slower.claims)), index.parent)
    assert first == {name: (index.parent / name).read_bytes() for name in names}


def test_an_interrupted_run_leaves_the_earlier_report(tmp_path, monkeypatch):
    index = write_folder(ledger(), tmp_path)
    earlier = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def interrupted(path, content):
        with path.open("wb") as stream:
            stream.write(content[: len(content) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_folder(Ledger("another", (claim(1, charts=(CHART,)),)), tmp_path)
    assert earlier == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert index in earlier


def test_a_full_disk_names_the_file_and_keeps_the_earlier_report(tmp_path, monkeypatch):
    write_folder(ledger(), tmp_path)
    earlier = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr("pathlib.Path.write_bytes", on_a_full_disk)
    with pytest.raises(FolderError, match=r"No space left on device at .*\.png"):
        write_folder(Ledger("another", (claim(1, charts=(CHART,)),)), tmp_path)
    assert earlier == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def on_a_full_disk(path, content):
    """Write half, as a full device does, and raise what the system raises: an error without a file name."""
    with path.open("wb") as stream:
        stream.write(content[: len(content) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(FolderError, match="can be written to; choose another") as caught:
        write_folder(ledger(), tmp_path / "file")
    assert isinstance(caught.value, OSError) and str(tmp_path / "file") in str(caught.value)
    assert (tmp_path / "file").read_text() == "not a folder"
