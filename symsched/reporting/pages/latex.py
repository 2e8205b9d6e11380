"""A ledger as a LaTeX document."""

from collections.abc import Sequence
from itertools import groupby

from symsched.algebra.escapes import latex_text
from symsched.algebra.formulas import formula_latex
from symsched.reporting.charts import Chart, caption_of
from symsched.reporting.claim import Finding, Ledger, figure_name
from symsched.reporting.numbers import number_latex, setting_text
from symsched.reporting.prose import prose_latex
from symsched.reporting.rows import LATEX_COLOURS, rows_to_latex

PREAMBLE = rf"""\documentclass[a4paper,11pt]{{article}}
\usepackage[T1]{{fontenc}}
\usepackage[utf8]{{inputenc}}
\IfFileExists{{lmodern.sty}}{{\usepackage{{lmodern}}}}{{}}
\usepackage[margin=25mm]{{geometry}}
\usepackage{{amsmath,amssymb,array,booktabs,graphicx,longtable,xcolor}}
\usepackage[colorlinks=true,linkcolor=black,urlcolor=black,citecolor=black]{{hyperref}}
{LATEX_COLOURS}
\setlength{{\parindent}}{{0pt}}\setlength{{\parskip}}{{0.6ex plus 0.2ex}}
% A formula wider than the line is made smaller, not cut.
\newsavebox{{\formulabox}}
\newcommand{{\fitted}}[1]{{\sbox{{\formulabox}}{{$\displaystyle #1$}}\[%
  \ifdim\wd\formulabox>\linewidth\resizebox{{\linewidth}}{{!}}{{\usebox{{\formulabox}}}}%
  \else\usebox{{\formulabox}}\fi\]}}
"""


def to_latex(ledger: Ledger, figures: str = "figures") -> str:
    """Return the ledger as a complete document for pdflatex, with pictures taken as PDF from the folder ``figures``."""
    parts = [
        PREAMBLE,
        rf"\title{{{latex_text(ledger.title)}}}\author{{{_author(ledger)}}}\date{{{_date(ledger)}}}",
        r"\begin{document}\maketitle",
        prose_latex(ledger.introduction),
        rf"\textbf{{\textcolor{{{'agrees' if ledger.passed else 'fails'}}}{{{latex_text(ledger.summary)}.}}}}",
        _summary(ledger),
        r"\tableofcontents",
    ]
    for name, claims in groupby(ledger.claims, lambda claim: claim.group):
        heading = latex_text(name or ledger.noun.capitalize() + "s")
        parts.append(rf"\section*{{{heading}}}\addcontentsline{{toc}}{{section}}{{{heading}}}")
        parts += [_claim(claim, ledger.noun, figures) for claim in claims]
    parts += [_settings(ledger), r"\end{document}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _author(ledger: Ledger) -> str:
    return latex_text(str(ledger.settings.get("author", "")))


def _date(ledger: Ledger) -> str:
    told = [ledger.settings.get("date", ""), *(f"{n} {ledger.settings[n]}" for n in _MADE_BY if n in ledger.settings)]
    return latex_text(", ".join(str(part) for part in told if part))


_MADE_BY = ("symsched", "commit")


def _verdict(claim: Finding) -> str:
    return rf"\textcolor{{{claim.standing}}}{{{claim.outcome}}}"


def _summary(ledger: Ledger) -> str:
    lines = [
        r"\begingroup\small\setlength{\LTleft}{0pt}",
        r"\begin{longtable}{@{}r>{\raggedright\arraybackslash}p{0.6\linewidth}ll@{}}",
        rf"\toprule no. & {latex_text(ledger.noun)} & expected & verdict \\",
        r"\midrule \endhead \bottomrule \endfoot",
    ]
    for claim in ledger.claims:
        link = rf"\hyperref[{claim.anchor}]{{{prose_latex(claim.title)}}}"
        lines.append(rf"{claim.number} & {link} & {claim.expected} & {_verdict(claim)} \\")
    return "\n".join([*lines, r"\end{longtable}\endgroup"])


def _claim(claim: Finding, noun: str, figures: str) -> str:
    title = prose_latex(f"{noun.capitalize()} {claim.number}. {claim.title}")
    parts = [
        rf"\subsection*{{{title}}}\phantomsection\label{{{claim.anchor}}}",
        rf"\addcontentsline{{toc}}{{subsection}}{{\texorpdfstring{{{title}}}{{{noun.capitalize()} {claim.number}}}}}",
        rf"\textbf{{{_verdict(claim)}}}",
        rf"{{\footnotesize Source: {prose_latex(claim.source)}.\par}}" if claim.source else "",
        prose_latex(claim.statement),
        prose_latex(claim.remark),
        *(rf"\fitted{{{formula_latex(formula)}}}" for formula in claim.formula),
        rows_to_latex(claim.rows) if claim.rows else "",
        *_pictures(claim, claim.charts, figures),
    ]
    return "\n\n".join(part for part in parts if part)


def _pictures(claim: Finding, charts: Sequence[Chart], figures: str) -> list[str]:
    return [
        rf"\begin{{center}}\begin{{minipage}}{{0.85\linewidth}}"
        rf"\includegraphics[width=\linewidth]{{{figures}/{figure_name(claim, chart)}.pdf}}\par"
        rf"\footnotesize Figure {claim.number}.{place}. {prose_latex(caption_of(chart))}\end{{minipage}}\end{{center}}"
        for place, chart in enumerate(charts, 1)
    ]


def _settings(ledger: Ledger) -> str:
    if not ledger.settings:
        return ""
    lines = [r"\section*{Settings}", r"\begin{tabular}{@{}lp{0.6\linewidth}@{}}\toprule"]
    for name, value in ledger.settings.items():
        shown = latex_text(value) if isinstance(value, str) else number_latex(setting_text(value))
        lines.append(rf"{latex_text(name)} & {shown} \\")
    return "\n".join([*lines, r"\bottomrule\end{tabular}"])
