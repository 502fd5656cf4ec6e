"""The result as one page of its own: no script, nothing from elsewhere, to read on a phone, print and keep."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape
from typing import NewType

from keyctl.model.comparison import Comparison
from keyctl.model.times import instant
from keyctl.reports import sentences
from keyctl.reports.formats import Result, Style
from keyctl.reports.placed import Placed, placed
from keyctl.reports.tables import Table, tables
from keyctl.reports.text import plain

Html = NewType("Html", str)
"""Markup in which every value is escaped already."""

_CSS = """
:root { color-scheme: light dark; --line: #8888; --bad: #b3261e; --odd: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --odd: #ffcc66; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 80rem; padding: 1rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem .3rem 0; text-align: start; vertical-align: top; }
th { min-width: 6rem; overflow-wrap: normal; }
td, dd, p, h3 { unicode-bidi: isolate; }
dt { font-weight: 600; } dd { margin: 0 0 .5rem; }
article { border-inline-start: .3rem solid var(--line); margin: 0 0 1rem; padding-inline-start: .8rem; }
.critical, .error { border-color: var(--bad); } .warning { border-color: var(--odd); }
.loud td:first-child { color: var(--bad); font-weight: 600; }
.verdict { font-size: 1.2rem; } .verdict, .caveat { font-weight: 600; }
:target { outline: 2px solid; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0; }
  td { display: block; border: 0; padding: 0; }
  td:empty { display: none; }
  td::before { content: attr(data-column) ": "; font-weight: 600; }
}
@media print { body { max-width: none; font-size: 9pt; } nav { display: none; } tr, article { break-inside: avoid; } }
"""
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{b64encode(sha256(_CSS.encode()).digest()).decode()}'"
)
"""What a browser may do with the page: show it in the one style whose digest stands here."""


def render(result: Result, style: Style) -> str:
    """Verdict, counts, a table for each kind of row, and every finding with a link of its own, worst first."""
    title = _text(f"{sentences.title(result)}: {sentences.verdict(result)}")
    found = [*placed(result.findings, style.prefix)]
    rows = tables(result)
    body = [
        _tag("h1", _text(sentences.title(result))),
        _tag("p", _text(sentences.verdict(result)), {"class": "verdict"}),
        _tag("p", _text(f"{sentences.counts(result)}; {sentences.finding_counts(result)}")),
        *(_tag("p", _text(caveat), {"class": "caveat"}) for caveat in sentences.caveats(result)),
        *_provenance(result),
        _contents(rows, found),
        *(_table(table) for table in rows),
        *_findings(found),
    ]
    head = [
        Html('<meta charset="utf-8">'),
        _single("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        _single("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        _single("meta", {"name": "referrer", "content": "no-referrer"}),
        _tag("title", title),
        Html(f"<style>{_CSS}</style>"),
    ]
    page = _tag("html", _join([_tag("head", _join(head)), _tag("body", _join(body))]), {"lang": "en"})
    return f"<!DOCTYPE html>\n{page}\n"


def _provenance(result: Result) -> Iterator[Html]:
    if isinstance(result, Comparison):
        commit = f" of commit {result.commit}" if result.commit else ""
        yield _tag("p", _text(f"As of {instant(result.generated_at)}{commit}."))


def _contents(rows: Iterable[Table], found: list[Placed]) -> Html:
    parts = [(table.title, len(table.rows)) for table in rows] + ([("Findings", len(found))] if found else [])
    links = [_tag("a", _text(f"{name} ({number})"), {"href": "#" + name.lower()}) for name, number in parts]
    return _tag("nav", _join(links))


def _table(table: Table) -> Html:
    name = table.title.lower()
    head = _tag("tr", _join(_tag("th", _text(column), {"scope": "col"}) for column in table.columns))
    loud = len(table.rows) - table.quiet
    rows = (
        _tag(
            "tr",
            Html(
                "".join(
                    _tag("td", _text(cell), {"data-column": column})
                    for column, cell in zip(table.columns, row, strict=True)
                )
            ),
            {"id": f"{name}-{n}", **({"class": "loud"} if n <= loud else {})},
        )
        for n, row in enumerate(table.rows, start=1)
    )
    whole = _tag("table", _join([_tag("thead", head), _tag("tbody", _join(rows))]))
    return _tag("section", _join([_tag("h2", _text(table.title)), whole]), {"id": name})


def _findings(found: list[Placed]) -> Iterator[Html]:
    if found:
        articles = (_finding(one) for one in found)
        yield _tag("section", _join([_tag("h2", _text("Findings")), *articles]), {"id": "findings"})


def _finding(one: Placed) -> Html:
    finding = one.finding
    where = f"{one.path}:{one.line}" if finding.place else ""
    facts = {
        "where": where,
        "key": finding.key or "",
        "account": finding.account or "",
        "confidence": finding.confidence.value,
        "what": finding.message,
        "what to do": finding.remedy,
    }
    anchor = f"finding-{one.fingerprint[:16]}"
    link = _tag("a", _text(f"{finding.severity.value} {finding.rule}"), {"href": f"#{anchor}"})
    listed = _join(_tag("dt", _text(name)) + _tag("dd", _text(fact)) for name, fact in facts.items() if fact)
    return _tag("article", _join([_tag("h3", link), _tag("dl", listed)]), {"id": anchor, "class": finding.severity})


def _text(value: str) -> Html:
    return Html(escape(plain(value)))


def _join(parts: Iterable[str]) -> Html:
    return Html("\n".join(parts))


def _tag(name: str, content: Html, attributes: dict[str, str] | None = None) -> Html:
    """An element; attributes are the page's own, never a value of the result."""
    return Html(f"{_single(name, attributes or {})}{content}</{name}>")


def _single(name: str, attributes: dict[str, str]) -> Html:
    told = "".join(f' {attribute}="{escape(value)}"' for attribute, value in attributes.items())
    return Html(f"<{name}{told}>")
