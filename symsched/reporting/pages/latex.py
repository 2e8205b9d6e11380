"""A ledger as a LaTeX document."""

from collections.abc import Sequence
from itertools import groupby

from symsched.algebra.escapes import latex_text
from symsched.algebra.formulas import formula_latex
from symsched.reporting.charts import Chart, caption_of
from symsched.reporting.claim import Finding, Ledger, figure_name
from symsched.reporting.numbers import number_latex, seconds_text, setting_text
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
        rf"\title{{{latex_text(ledger.title)}}}\author{{}}\date{{}}",
        r"\begin{document}\maketitle",
        latex_text(ledger.introduction),
        rf"\textbf{{\textcolor{{{'agrees' if ledger.passed else 'fails'}}}{{{latex_text(ledger.summary)}.}}}}",
        _summary(ledger),
    ]
    for name, claims in groupby(ledger.claims, lambda claim: claim.group):
        parts.append(rf"\section*{{{latex_text(name or ledger.noun.capitalize() + 's')}}}")
        parts += [_claim(claim, ledger.noun, figures) for claim in claims]
    parts += [_settings(ledger), r"\end{document}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(claim: Finding) -> str:
    return rf"\textcolor{{{claim.standing}}}{{{claim.outcome}}}"


def _summary(ledger: Ledger) -> str:
    lines = [
        r"\begingroup\small\setlength{\LTleft}{0pt}",
        r"\begin{longtable}{@{}r>{\raggedright\arraybackslash}p{0.5\linewidth}llr@{}}",
        rf"\toprule no. & {latex_text(ledger.noun)} & expected & verdict & time \\",
        r"\midrule \endhead \bottomrule \endfoot",
    ]
    for claim in ledger.claims:
        link = rf"\hyperref[{claim.anchor}]{{{latex_text(claim.title)}}}"
        lines.append(
            rf"{claim.number} & {link} & {claim.expected} & {_verdict(claim)} & {seconds_text(claim.seconds)} \\"
        )
    return "\n".join([*lines, r"\end{longtable}\endgroup"])


def _claim(claim: Finding, noun: str, figures: str) -> str:
    title = f"{noun.capitalize()} {claim.number}. {claim.title}"
    parts = [
        rf"\subsection*{{{latex_text(title)}}}\phantomsection\label{{{claim.anchor}}}",
        rf"\textbf{{{_verdict(claim)}}}",
        latex_text(claim.statement),
        latex_text(claim.remark),
        *(rf"\fitted{{{formula_latex(formula)}}}" for formula in claim.formula),
        rows_to_latex(claim.rows) if claim.rows else "",
        *_pictures(claim, claim.charts, figures),
        rf"{{\footnotesize Source: {latex_text(claim.source)}.\par}}" if claim.source else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _pictures(claim: Finding, charts: Sequence[Chart], figures: str) -> list[str]:
    return [
        rf"\begin{{center}}\begin{{minipage}}{{0.85\linewidth}}"
        rf"\includegraphics[width=\linewidth]{{{figures}/{figure_name(claim, chart)}.pdf}}\par"
        rf"\footnotesize {latex_text(caption_of(chart))}\end{{minipage}}\end{{center}}"
        for chart in charts
    ]


def _settings(ledger: Ledger) -> str:
    if not ledger.settings:
        return ""
    lines = [r"\section*{Settings}", r"\begin{tabular}{@{}lp{0.6\linewidth}@{}}\toprule"]
    for name, value in ledger.settings.items():
        shown = latex_text(value) if isinstance(value, str) else number_latex(setting_text(value))
        lines.append(rf"{latex_text(name)} & {shown} \\")
    return "\n".join([*lines, r"\bottomrule\end{tabular}"])
