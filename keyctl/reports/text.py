"""The result for a terminal or an incident channel.

Only tables load rich: a validate, which has none, starts faster without it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from keyctl.model.comparison import Comparison, KeyRow, Status
from keyctl.model.finding import Finding, Severity
from keyctl.model.live import Coverage
from keyctl.reports import sentences
from keyctl.reports.formats import Result, Style

if TYPE_CHECKING:
    from rich.table import Table

NARROW = 90
"""Below this many columns keys are listed one under another instead of in a table."""

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}
_SEVERITY = {
    Severity.CRITICAL: "bold red",
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.INFO: "cyan",
}
_STATUS = {
    Status.REACTIVATED: "bold red",
    Status.UNOBSERVABLE: "magenta",
    Status.MISSING: "red",
    Status.EXPIRED: "red",
    Status.DRIFTED: "red",
    Status.PENDING_WRITE_BACK: "yellow",
    Status.UNMANAGED: "red",
    Status.EXPIRING: "yellow",
    Status.UNISSUED: "yellow",
    Status.IN_SYNC: "green",
    Status.ENDED: "dim",
}


def render(result: Result, style: Style) -> str:
    """Accounts, keys, findings worst first, and the verdict as the last line. No markup of a value is interpreted."""
    lines: list[str] = []
    if isinstance(result, Comparison) and result.accounts:
        lines += _accounts(result, style)
        lines += _keys(result, style)
    for finding in result.findings:
        lines += _finding(finding, style)
    for caveat in sentences.caveats(result):
        lines += _paragraph(caveat, style, "yellow" if result.partial else "dim")
    lines += _paragraph(sentences.counts(result), style)
    verdict = f"{sentences.verdict(result)} ({sentences.finding_counts(result)})"
    lines += _paragraph(verdict, style, "bold red" if result.exit_reasons else "bold green")
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Text whose control and direction characters can't reach a terminal: each is shown by its code."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def _accounts(result: Comparison, style: Style) -> Iterator[str]:
    from rich.text import Text

    table = _table("account", "exchange", "coverage")
    table.add_column("live keys", justify="right")
    for account in result.accounts:
        colour = "magenta" if account.coverage is Coverage.INCOMPLETE else ""
        table.add_row(
            Text(plain(account.name)),
            Text(plain(account.exchange)),
            Text(account.coverage.value, colour),
            "-" if account.live_keys is None else str(account.live_keys),
        )
    yield from _drawn(table, style)
    yield ""


def _keys(result: Comparison, style: Style) -> Iterator[str]:
    if not result.keys:
        return
    if style.width < NARROW:
        for row in sentences.loudest_first(result.keys):
            status, rest = _statuses(row), f"  {plain(row.key or '(undeclared)')}"
            for n, line in enumerate(_wrapped(status + rest, style.width)):
                yield line.replace(status, _coloured(status, _STATUS[row.status], style), 1) if n == 0 else line
            facts = ", ".join(filter(None, (row.account, row.owner, _display(row))))
            for paragraph in filter(None, (facts, sentences.differences(row))):
                yield from _paragraph(paragraph, style, indent="  ")
        yield ""
        return
    from rich.text import Text

    table = _table("status", "key", "account", "owner", "id")
    table.add_column("differs", overflow="fold", ratio=1)
    for row in sentences.loudest_first(result.keys):
        cells = (row.key or "(undeclared)", row.account or "-", row.owner or "-", _display(row) or "-")
        table.add_row(
            Text(_statuses(row), _STATUS[row.status]),
            *(Text(plain(cell)) for cell in cells),
            Text(plain(sentences.differences(row))),
        )
    yield from _drawn(table, style)
    yield ""


def _table(*titles: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _drawn(table: Table, style: Style) -> Iterator[str]:
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    console = Console(
        file=out,
        width=style.width,
        force_terminal=style.color,
        no_color=not style.color,
        color_system="standard" if style.color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(table)
    for line in out.getvalue().splitlines():
        yield line.rstrip()


def _finding(finding: Finding, style: Style) -> Iterator[str]:
    severity = finding.severity.value.upper()
    place = f"  {finding.place}" if finding.place is not None else ""
    for n, line in enumerate(_wrapped(plain(f"{severity} {finding.rule}{place}"), style.width)):
        yield line.replace(severity, _coloured(severity, _SEVERITY[finding.severity], style), 1) if n == 0 else line
    yield from _paragraph(finding.message, style, indent="  ")
    if finding.remedy:
        yield from _paragraph("-> " + finding.remedy, style, "dim", indent="  ")
    yield ""


def _paragraph(text: str, style: Style, colour: str = "", indent: str = "") -> Iterator[str]:
    for line in _wrapped(plain(text), style.width - len(indent)):
        yield indent + _coloured(line, colour, style)


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns; words that are longer are cut. Never empty."""
    if text.isascii():
        return textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    from rich.console import Console
    from rich.text import Text

    # Letters outside ASCII can be two columns wide; rich knows which.
    lines = Text(text).wrap(Console(width=width, color_system=None), width)
    return [line.plain.rstrip() for line in lines] or [""]


def _coloured(text: str, colour: str, style: Style) -> str:
    if not style.color or not colour or not text:
        return text
    return f"\x1b[{';'.join(_CODES[word] for word in colour.split())}m{text}\x1b[0m"


def _statuses(row: KeyRow) -> str:
    return ", ".join(status.value for status in row.statuses)


def _display(row: KeyRow) -> str:
    return row.identifier.display if row.identifier else ""
