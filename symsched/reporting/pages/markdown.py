"""A ledger as Markdown."""

from symsched.algebra.escapes import markdown_text
from symsched.algebra.formulas import formula_latex
from symsched.reporting.charts import Chart, caption_of
from symsched.reporting.claim import Finding, Ledger, figure_name
from symsched.reporting.numbers import seconds_text
from symsched.reporting.rows import rows_to_markdown


def to_markdown(ledger: Ledger, figures: str = "figures") -> str:
    """Return the ledger as Markdown, with formulas as ``$$…$$`` and pictures taken from the folder ``figures``."""
    parts = [
        f"# {markdown_text(ledger.title)}",
        markdown_text(ledger.introduction),
        f"**{ledger.summary}**",
        summary_to_markdown(ledger),
    ]
    group = ""
    for claim in ledger.claims:
        if claim.group != group:
            group = claim.group
            parts.append(f"## {markdown_text(group)}")
        parts += _claim(claim, ledger.noun, figures)
    if ledger.settings:
        lines = [f"| {markdown_text(name)} | {markdown_text(str(value))} |" for name, value in ledger.settings.items()]
        parts += ["## Settings", "\n".join(["| setting | value |", "|:--|:--|", *lines])]
    return "\n\n".join(part for part in parts if part) + "\n"


def summary_to_markdown(ledger: Ledger) -> str:
    """Return the table of all claims: what was expected of each, and what came out."""
    lines = [f"| no. | {markdown_text(ledger.noun)} | expected | verdict | time |", "|--:|:--|:--|:--|--:|"]
    for claim in ledger.claims:
        word = claim.outcome if claim.as_expected else f"**{claim.outcome}**"
        title = markdown_text(claim.title)
        lines.append(f"| {claim.number} | {title} | {claim.expected} | {word} | {seconds_text(claim.seconds)} |")
    return "\n".join(lines)


def _claim(claim: Finding, noun: str, figures: str) -> list[str]:
    return [
        f"### {noun.capitalize()} {claim.number}. {markdown_text(claim.title)}",
        f"**{claim.outcome}**",
        markdown_text(claim.statement),
        markdown_text(claim.remark),
        *(f"$$\n{formula_latex(formula)}\n$$" for formula in claim.formula),
        rows_to_markdown(claim.rows).rstrip() if claim.rows else "",
        *(_picture(claim, chart, figures) for chart in claim.charts),
        f"Source: {markdown_text(claim.source)}." if claim.source else "",
    ]


def _picture(claim: Finding, chart: Chart, figures: str) -> str:
    image = f"![{markdown_text(chart.title)}]({figures}/{figure_name(claim, chart)}.png)"
    return f"{image}\n\n{markdown_text(caption_of(chart))}".rstrip()
