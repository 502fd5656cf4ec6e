"""The result for a merge-request note or an incident channel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from keyctl.model.finding import Finding
from keyctl.reports import sentences
from keyctl.reports.formats import Result, Style
from keyctl.reports.tables import Table, tables
from keyctl.reports.text import plain

LIMIT = 60_000
"""Characters. A note holds 1,000,000 in GitLab and 65,536 in GitHub; whoever posts it adds a line or two."""
UNFOLDED_ROWS, UNFOLDED_FINDINGS = 40, 20
"""How many rows that need attention, and how many findings, are seen without a click."""
SMALL = 10
"""Tables of at most so many rows are never folded."""
CELL, SENTENCE = 200, 600
"""Characters of one value; the rest of a longer one is in the other formats."""

_ACTIVE = re.compile(r"[\\`*_{}\[\]#!|~@$^]|:(?=//)|(?<=www)\.|^[-+=]|(?<=^\d)[.)]", re.IGNORECASE)
"""What Markdown or GitLab gives a meaning to: punctuation anywhere, links, and list marks at the start."""
_REFERENCE = re.compile(r"([@#])(?=\w)")
"""GitHub makes mentions and references of these even behind a backslash; an invisible joiner parts them."""


@dataclass(frozen=True, slots=True)
class _Part:
    """``items`` are escaped, one or more lines each; ``header`` stands above them, and again inside the fold."""

    noun: str
    opening: tuple[str, ...]
    header: tuple[str, ...]
    items: tuple[str, ...]
    unfolded: int

    def fitting(self, room: int) -> tuple[list[str], int]:
        """The lines of as many items as have room, and how many have none."""
        fixed = (*self.opening, "", *self.header, *self.header, *_fold(len(self.items), self.noun), "", "</details>")
        used = sum(len(line) + 1 for line in fixed)
        fit = 0
        for item in self.items:
            used += len(item) + 1
            if used > room:
                break
            fit += 1
        open_items, folded = self.items[: min(fit, self.unfolded)], self.items[self.unfolded : fit]
        lines = [*self.opening]
        if open_items:
            lines += ["", *self.header, *open_items]
        if folded:
            lines += [*_fold(len(folded), self.noun), *self.header, *folded, "", "</details>"]
        return lines, len(self.items) - fit


def render(result: Result, _style: Style) -> str:
    """Headline, what needs attention, findings, counts; at most LIMIT characters, and a word on what had no room.

    Every value is escaped: nothing in it can format. The only tags are the folds'.
    """
    lines = list(_head(result))
    parts = [*map(_rows, tables(result)), *_findings(result)]
    room = LIMIT - sum(len(line) + 1 for line in lines) - len(_left_out(result, [(10**9, part) for part in parts]))
    missing = []
    for n, part in enumerate(parts):
        shown, left = part.fitting(room // (len(parts) - n))
        room -= sum(len(line) + 1 for line in shown)
        lines += shown
        missing.append((left, part))
    return "\n".join(lines) + "\n" + _left_out(result, missing)


def _head(result: Result) -> Iterator[str]:
    yield f"## {sentences.title(result)}: {escape(sentences.verdict(result))}"
    yield ""
    yield escape(sentences.counts(result))
    for caveat in sentences.caveats(result):
        yield ""
        yield f"**{escape(caveat)}**"


def _rows(table: Table) -> _Part:
    header = (_row(table.columns), _row("---" for _ in table.columns))
    items = tuple(_row(escape(_short(cell, CELL)) for cell in row) for row in table.rows)
    unfolded = len(items) if len(items) <= SMALL else min(len(items) - table.quiet, UNFOLDED_ROWS)
    return _Part(table.title.lower(), (), header, items, unfolded)


def _findings(result: Result) -> Iterator[_Part]:
    if result.findings:
        opening = ("", f"### Findings: {escape(sentences.finding_counts(result))}")
        items = tuple("\n".join(_finding(finding)) for finding in result.findings)
        yield _Part("findings", opening, (), items, UNFOLDED_FINDINGS)


def _finding(finding: Finding) -> Iterator[str]:
    place = f" {escape(_short(str(finding.place), CELL))}" if finding.place else ""
    yield f"- **{finding.severity.value} {escape(_short(finding.rule, CELL))}**{place}  "
    yield f"  {escape(_short(finding.message, SENTENCE))}  "
    yield f"  *{escape(_short(finding.remedy, SENTENCE))}*"


def _fold(number: int, noun: str) -> tuple[str, ...]:
    return "", f"<details><summary>{number} more {noun}</summary>", ""


def _left_out(result: Result, missing: Iterable[tuple[int, _Part]]) -> str:
    told = [f"{number} {part.noun}" for number, part in missing if number]
    if not told:
        return ""
    command = f"exchange-keyctl {sentences.title(result).lower()} --output html=FILE"
    return f"\n**Left out here: {', '.join(told)}.** All of it is in the formats html and json: `{command}`\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def escape(text: str) -> str:
    """Text that Markdown and HTML show as it is: one line, no control characters, no mention, link, list or tag."""
    inert = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _ACTIVE.sub(lambda match: "\\" + match.group(), _REFERENCE.sub("\\1\u2060", inert))
