"""The site: pages, notebooks with the outputs that are stored in them, claims and calls. It is built without a network.

python -m sphinx -W --keep-going docs build/docs
"""

import ast
import shutil
import sys
from pathlib import Path
from typing import Any

import latex2mathml.converter
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

import symsched
from symsched.limits.limit import derive
from symsched.reporting.drawing import draw
from symsched.validation.claim import claims
from symsched.zoo import find

HERE = Path(__file__).resolve().parent
GENERATED = HERE / "generated"
sys.path.insert(0, str(HERE.parent))

project = "symsched"
author = "The symsched authors"
project_copyright = "2026, the symsched authors"
version = release = symsched.__version__
extensions = ["sphinx.ext.autodoc", "myst_nb"]
html_theme = "furo"
html_title = f"symsched {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"
# myst-nb asks for MathJax where a notebook is; formulas are MathML before they reach a browser. A report is a table in
# LaTeX, which is no formula, and in Markdown.
nb_mime_priority_overrides = [
    ("html", kind, 10 * place) for place, kind in enumerate(("text/html", "image/png", "text/markdown", "text/latex"))
]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
exclude_patterns = ["generated/parts"]


def _mathml(node: nodes.math | nodes.math_block, display: str) -> str:
    return latex2mathml.converter.convert(node.astext(), display=display)


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(_mathml(node, "inline"))
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{_mathml(node, "block")}</div>')
    raise nodes.SkipNode


def _notebooks() -> None:
    shutil.copytree(HERE.parent / "notebooks", GENERATED / "notebooks", dirs_exist_ok=True)


def _claims() -> None:
    """Write the page of claims: what each says, and the file that derives and decides it."""
    lines = ["# Claims", "", "Every claim has a file of its own: a statement, its derivation in cells, and the checks"]
    lines += ["that decide it. `symsched reproduce` runs those of the paper, `symsched reproduce --all` these all.", ""]
    for name, claim in claims(("gm", "cw", "few")):
        path = HERE.parent / "derivations" / f"{name}.py"
        lines += [f"## {claim.number}. {claim.title}", "", claim.statement, ""]
        lines += [f"*Expected: {claim.expected}.* {claim.reason}", ""]
        cells = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
        told = [ast.literal_eval(d.args[0]) for node in cells for d in node.decorator_list if isinstance(d, ast.Call)]
        lines += [*(f"* {text}" for text in told if isinstance(text, str)), ""]
        lines += [f"```{{literalinclude}} ../../derivations/{name}.py", f":caption: derivations/{name}.py", "```", ""]
    (GENERATED / "claims.md").write_text("\n".join(lines), encoding="utf-8")


def _calls() -> None:
    """Write the page of everything that is public."""
    lines = ["Calls", "=====", "", "Everything in ``symsched.__all__``.", ""]
    for name in sorted(symsched.__all__, key=str.lower):
        found = getattr(symsched, name)
        if isinstance(found, type):
            lines += [f".. autoclass:: symsched.{name}", "   :members:", ""]
        elif callable(found) and hasattr(found, "__name__"):
            lines += [f".. autofunction:: symsched.{name}", ""]
        elif name == "symbols":
            lines += [f".. automodule:: symsched.{name}", ""]
        else:
            lines += [f".. autodata:: symsched.{name}", "   :no-value:", ""]
    (GENERATED / "calls.rst").write_text("\n".join(lines), encoding="utf-8")


def _plots() -> None:
    """Draw one figure of each kind, with its call and its caption."""
    folder = GENERATED / "parts"
    folder.mkdir(exist_ok=True)
    mixture = derive(find("gaussian-mixture").distribution(), symsched.VP)
    spins = derive(find("curie-weiss").distribution(), symsched.VP)
    sampled = symsched.simulate(mixture.distribution, mixture, d=2_000, n=500, steps=80, kappa=3)
    lattice = symsched.simulate(spins.distribution, spins, d=2_000, n=200, steps=40, kappa=3)
    schedules = {"dilated": mixture, "plain": symsched.VP}
    swept = symsched.sweep(mixture.distribution, schedules, dimensions=(100, 1_000, 10_000), steps=(20,), n=1_000)
    shown = {
        "run.plot()": sampled.plate(),
        'run.plot("sites")': sampled.plate("sites"),
        'run.plot("sites"), of spins': lattice.plate("sites"),
        'limit.plot("clones", d=(100, 1_000))': mixture.plate("clones", d=(100, 1_000), n=500),
        "schedule.plot(d=1e4, kappa=3, steps=20)": mixture.schedule.plate(1e4, 3, 20),
        "sweep.plot()": swept.plate(),
    }
    lines = []
    for k, (call, plate) in enumerate(shown.items()):
        (folder / f"plot{k}.svg").write_bytes(draw(plate, "svg", "page" if len(plate.charts) > 1 else "column"))
        lines += [f"## `{call}`", "", f"```{{image}} generated/parts/plot{k}.svg", f":alt: {call}", "```", ""]
        lines += [plate.caption, ""]
    (folder / "plots.md").write_text("\n".join(lines), encoding="utf-8")


def _generate(_: Sphinx) -> None:
    GENERATED.mkdir(exist_ok=True)
    _notebooks()
    _claims()
    _calls()
    _plots()


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the pages that follow from the sources, and print formulas as MathML."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("builder-inited", _generate, priority=100)
    return {"parallel_read_safe": True}
