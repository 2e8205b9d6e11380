"""A ledger as Markdown."""

from symsched.algebra.escapes import markdown_text
from symsched.algebra.formulas import formula_latex
from symsched.reporting.charts import Chart, caption_of
from symsched.reporting.claim import Finding, Ledger, figure_name
from symsched.reporting.numbers import seconds_text, setting_text
from symsched.reporting.prose import prose_markdown, prose_plain
from symsched.reporting.rows import rows_to_markdown


def to_markdown(ledger: Ledger, figures: str = "figures") -> str:
    """Return the ledger as Markdown, with formulas as ``$$…$$`` and pictures taken from the folder ``figures``."""
    parts = [
        f"# {markdown_text(ledger.title)}",
        prose_markdown(ledger.introduction),
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
        lines = [
            f"| {markdown_text(name)} | {markdown_text(setting_text(value))} |"
            for name, value in ledger.settings.items()
        ]
        parts += ["## Settings", "\n".join(["| setting | value |", "|:--|:--|", *lines])]
    return "\n\n".join(part for part in parts if part) + "\n"


def summary_to_markdown(ledger: Ledger, *, times: bool = False) -> str:
    """Return the table of all claims: what was expected of each, what came out, and how long it took if ``times``."""
    time, rule = (" time |", "--:|") if times else ("", "")
    lines = [f"| no. | {markdown_text(ledger.noun)} | expected | verdict |{time}", f"|--:|:--|:--|:--|{rule}"]
    for claim in ledger.claims:
        word = claim.outcome if claim.as_expected else f"**{claim.outcome}**"
        took = f" {seconds_text(claim.seconds)} |" if times else ""
        lines.append(f"| {claim.number} | {markdown_text(claim.title)} | {claim.expected} | {word} |{took}")
    return "\n".join(lines)


def _claim(claim: Finding, noun: str, figures: str) -> list[str]:
    return [
        f"### {noun.capitalize()} {claim.number}. {prose_markdown(claim.title)}",
        f"**{claim.outcome}**",
        f"Source: {prose_markdown(claim.source)}." if claim.source else "",
        prose_markdown(claim.statement),
        prose_markdown(claim.remark),
        *(f"$$\n{formula_latex(formula)}\n$$" for formula in claim.formula),
        rows_to_markdown(claim.rows).rstrip() if claim.rows else "",
        *(_picture(claim, place, chart, figures) for place, chart in enumerate(claim.charts, 1)),
    ]


def _picture(claim: Finding, place: int, chart: Chart, figures: str) -> str:
    image = f"![{markdown_text(prose_plain(chart.title))}]({figures}/{figure_name(claim, chart)}.png)"
    return f"{image}\n\nFigure {claim.number}.{place}. {prose_markdown(caption_of(chart))}"
