"""The result for a merge-request note or an incident channel."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keyctl.model.comparison import Comparison
from keyctl.model.finding import Finding
from keyctl.reports import sentences
from keyctl.reports.formats import Result, Style
from keyctl.reports.text import plain

_ACTIVE = re.compile(r"[\\`*_{}\[\]#!|~@$^]|:(?=//)|(?<=www)\.|^[-+=]|(?<=^\d)[.)]", re.IGNORECASE)
"""What Markdown or GitLab gives a meaning to: punctuation anywhere, links, and list marks at the start."""


def render(result: Result, _style: Style) -> str:
    """Headline, keys that need attention, findings, counts. Every value is escaped: nothing in it can format."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Result) -> Iterator[str]:
    title = "Reconcile" if isinstance(result, Comparison) else "Validate"
    yield f"## {title}: {escape(sentences.verdict(result))}"
    yield ""
    yield escape(sentences.counts(result))
    for caveat in sentences.caveats(result):
        yield ""
        yield f"**{escape(caveat)}**"
    if isinstance(result, Comparison):
        yield from _tables(result)
    if result.findings:
        yield ""
        yield f"### Findings: {escape(sentences.finding_counts(result))}"
        yield ""
        for finding in result.findings:
            yield from _finding(finding)


def _tables(result: Comparison) -> Iterator[str]:
    yield ""
    yield "| status | key | account | owner | id | differs |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in sentences.loudest_first(result.keys):
        cells = (
            ", ".join(status.value for status in row.statuses),
            row.key or "(undeclared)",
            row.account or "",
            row.owner or "",
            row.identifier.display if row.identifier else "",
            sentences.differences(row),
        )
        yield "| " + " | ".join(escape(cell) for cell in cells) + " |"
    yield ""
    yield "| account | exchange | coverage | live keys | error |"
    yield "| --- | --- | --- | --- | --- |"
    for account in result.accounts:
        live = "" if account.live_keys is None else str(account.live_keys)
        seen = (account.name, account.exchange, account.coverage.value, live, account.error or "")
        yield "| " + " | ".join(escape(cell) for cell in seen) + " |"


def _finding(finding: Finding) -> Iterator[str]:
    place = f" {escape(str(finding.place))}" if finding.place else ""
    yield f"- **{finding.severity.value} {escape(finding.rule)}**{place}  "
    yield f"  {escape(finding.message)}  "
    yield f"  *{escape(finding.remedy)}*"


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it is: one line, no control characters, no mention, link, list or tag."""
    inert = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ACTIVE.sub(lambda match: "\\" + match.group(), inert)
