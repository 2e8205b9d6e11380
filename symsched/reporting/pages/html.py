"""A ledger as one HTML page: no script, nothing loaded from elsewhere."""

import base64
import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from symsched.reporting.charts import Chart, caption_of
from symsched.reporting.claim import Finding, Ledger
from symsched.reporting.drawing import darkened, draw
from symsched.reporting.numbers import seconds_text, setting_text
from symsched.reporting.pages.formulas import formula_mathml
from symsched.reporting.pages.style import STYLE
from symsched.reporting.rows import NUMERIC, VERDICT_CLASSES, columns_of, row_cells
from symsched.reporting.verdicts import Row

_SIGNS = {"agrees": "✓", "fails": "✗", "notyet": "…"}


def to_html(ledger: Ledger) -> str:
    """Return the ledger as a self-contained page: a summary table, then a section for each claim."""
    standing = "agrees" if ledger.passed else "fails"
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="color-scheme" content="light dark"><title>{escape(ledger.title)}</title>',
        f"<style>{STYLE}</style></head>",
        "<body><header>",
        f"<h1>{escape(ledger.title)}</h1>",
        _paragraph(_imprint(ledger), "note"),
        _paragraph(ledger.introduction),
        f'<p class="banner {standing}">{_SIGNS[standing]} {escape(ledger.summary)}</p>',
        "</header>",
        _navigation(ledger),
        "<main>",
        _summary(ledger),
        *_groups(ledger),
        _settings(ledger),
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


_IMPRINT = ("symsched", "date", "author")
"""Settings that stand below the title."""


def _imprint(ledger: Ledger) -> str:
    found = [(name, str(ledger.settings[name])) for name in _IMPRINT if name in ledger.settings]
    return " · ".join(f"{name} {value}" if name == "symsched" else value for name, value in found)


def _navigation(ledger: Ledger) -> str:
    """Return links to every part, which stay at the top of the window."""
    links = [
        f'<a class="{claim.standing}" href="#{claim.anchor}" title="{escape(claim.title)}">{claim.number}</a>'
        for claim in ledger.claims
    ]
    last = '<a href="#settings">Settings</a>' if ledger.settings else ""
    return f'<nav aria-label="Contents"><a href="#summary">Summary</a>{"".join(links)}{last}</nav>'


_SCRIPT = re.compile(r"(?<=[^\W_])(_|\^)(\{[^{}]{1,12}\}|[−-]?[\w/]{1,4}(?![\w/]))")


def _prose(text: str) -> str:
    """Return text with its indices and powers set as such: μ_0, d^−1/2."""

    def small(found: re.Match[str]) -> str:
        tag = "sub" if found[1] == "_" else "sup"
        return f"<{tag}>{found[2].strip('{}')}</{tag}>"

    return _SCRIPT.sub(small, escape(text))


def _paragraph(text: str, style: str = "") -> str:
    attribute = f' class="{style}"' if style else ""
    return f"<p{attribute}>{_prose(text)}</p>" if text else ""


def _badge(words: str, style: str) -> str:
    return f'<span class="badge {style}">{_SIGNS[style]} {escape(words)}</span>'


def _scroll(label: str, content: str) -> str:
    """Wrap what may be wider than the screen; it scrolls by keyboard too."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}">{content}</div>'


def _summary(ledger: Ledger) -> str:
    grouped = len({claim.group for claim in ledger.claims}) > 1
    lines = []
    for claim in ledger.claims:
        group = f"<td>{escape(claim.group)}</td>" if grouped else ""
        lines.append(
            f'<tr><td class="number">{claim.number}</td><td>{_badge(claim.outcome, claim.standing)}</td>'
            f'<th scope="row"><a href="#{claim.anchor}">{_prose(claim.title)}</a></th>'
            f"{group}<td>{claim.expected}</td>"
            f'<td class="number">{seconds_text(claim.seconds)}</td></tr>'
        )
    group = '<th scope="col">model</th>' if grouped else ""
    head = (
        f'<tr><th scope="col" class="number"><abbr title="number">no.</abbr></th>'
        f'<th scope="col">verdict</th><th scope="col">{escape(ledger.noun)}</th>'
        f'{group}<th scope="col">expected</th><th scope="col" class="number">time</th></tr>'
    )
    table = (
        f"<table><caption>Every {escape(ledger.noun)}, what was expected, and what came out; "
        f"{seconds_text(ledger.seconds)} in all.</caption><thead>{head}</thead><tbody>{''.join(lines)}</tbody></table>"
    )
    return f'<section aria-labelledby="summary"><h2 id="summary">Summary</h2>{_scroll("Summary", table)}</section>'


def _groups(ledger: Ledger) -> Iterator[str]:
    """Yield the claims in their order, below the name of their group wherever it changes."""
    told: set[str] = set()
    for name, claims in groupby(ledger.claims, lambda claim: claim.group):
        yield _group(f"{name}, continued" if name in told else name, list(claims), ledger)
        told.add(name)


def _group(name: str, claims: Sequence[Finding], ledger: Ledger) -> str:
    heading = name or f"{ledger.noun.capitalize()}s"
    return f"<section><h2>{escape(heading)}</h2>{''.join(_claim(claim, ledger.noun) for claim in claims)}</section>"


def _claim(claim: Finding, noun: str) -> str:
    formulas = "".join(formula_mathml(formula) for formula in claim.formula)
    facts = [f"Source: {claim.source}." if claim.source else "", f"Checked in {seconds_text(claim.seconds)}."]
    parts = [
        f'<article id="{claim.anchor}" aria-labelledby="{claim.anchor}-title"><h3 id="{claim.anchor}-title">',
        f'<span class="count">{escape(noun.capitalize())} {claim.number}.</span> {_prose(claim.title)}',
        f" {_badge(claim.outcome, claim.standing)}</h3>",
        _paragraph(claim.statement),
        _paragraph(claim.remark),
        f'<div class="formula" role="region" tabindex="0" aria-label="Formulas">{formulas}</div>' if formulas else "",
        _rows(claim.rows, claim.title) if claim.rows else "",
        *(_figure(chart) for chart in claim.charts),
        _paragraph(" ".join(filter(None, facts)), "note"),
        "</article>",
    ]
    return "".join(parts)


def _rows(rows: Sequence[Row], title: str) -> str:
    names = columns_of(rows)
    head = "".join(f'<th scope="col"{_number_class(name)}>{name}</th>' for name in names)
    table = (
        f"<table><caption>Prediction and measurement (± one standard error)</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(_row(row, names) for row in rows)}</tbody></table>"
    )
    return _scroll(f"Prediction and measurement: {title}", table)


def _number_class(name: str) -> str:
    return ' class="number"' if name in NUMERIC else ""


def _row(row: Row, names: Sequence[str]) -> str:
    texts = row_cells(row)
    cells = {name: f"<td{_number_class(name)}>{escape(text)}</td>" for name, text in texts.items()}
    cells["quantity"] = f'<th scope="row">{_prose(row.claim)}</th>'
    cells["verdict"] = f"<td>{_badge(row.verdict.value, VERDICT_CLASSES[row.verdict])}</td>"
    cells["rule"] = f'<td class="rule">{_prose(row.rule)}</td>'
    return f"<tr>{''.join(cells[name] for name in names)}</tr>"


def _figure(chart: Chart) -> str:
    svg = draw(chart, "svg")
    light, dark = (
        f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode('ascii')}" for drawn in (svg, darkened(svg))
    )
    named = ", ".join(curve.label for curve in chart.curves if curve.label)
    axes = " against ".join(label for label in (chart.y_label, chart.x_label) if label)
    alternative = f"Chart: {chart.title}. {axes}. Shown: {named}.".replace("$", "").replace("\\", "")
    caption = f"<figcaption>{_prose(caption_of(chart).replace('$', '').replace(chr(92), ''))}</figcaption>"
    return (
        f'<figure><picture><source media="screen and (prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{escape(alternative)}"></picture>{caption}</figure>'
    )


def _settings(ledger: Ledger) -> str:
    if not ledger.settings:
        return ""
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(setting_text(value))}</td></tr>'
        for name, value in ledger.settings.items()
    )
    table = f'<table class="settings"><tbody>{lines}</tbody></table>'
    return f'<section aria-labelledby="settings"><h2 id="settings">Settings</h2>{_scroll("Settings", table)}</section>'
