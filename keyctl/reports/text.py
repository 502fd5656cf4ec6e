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
from keyctl.model.review import Review
from keyctl.reports import sentences
from keyctl.reports.formats import Result, Style

if TYPE_CHECKING:
    from rich.table import Table

NARROW = 90
"""Below this many columns keys are listed one under another instead of in a table."""

WIDE = 120
"""From this many columns on the table of keys has room for their owners."""

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "magenta": "35", "cyan": "36"}
_SEVERITY = {
    Severity.CRITICAL: "bold red",
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.INFO: "cyan",
}
STATUS_COLOURS = {
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
    if isinstance(result, Review):
        from keyctl.reports.review_text import changes

        lines += changes(result, style)
    if isinstance(result, Comparison) and result.planned:
        lines += _actions(result, style)
    for finding in result.findings:
        lines += told(finding, style)
    for caveat in sentences.caveats(result):
        lines += paragraph(caveat, style, "yellow" if result.partial else "dim")
    lines += paragraph(sentences.counts(result), style)
    verdict = f"{sentences.verdict(result)} ({sentences.finding_counts(result)})"
    lines += paragraph(verdict, style, "bold red" if result.exit_reasons else "bold green")
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """Text whose control and direction characters can't reach a terminal: each is shown by its code."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)


def _accounts(result: Comparison, style: Style) -> Iterator[str]:
    from rich.text import Text

    table = table_of("account", "exchange", "coverage")
    table.add_column("live keys", justify="right")
    weighed = [sentences.balance(account.balance) for account in result.accounts]
    if any(weighed):
        table.add_column("balance", overflow="fold")
    for account, balance in zip(result.accounts, weighed, strict=True):
        colour = "magenta" if account.coverage is Coverage.INCOMPLETE else ""
        table.add_row(
            Text(plain(account.name)),
            Text(plain(account.exchange)),
            Text(account.coverage.value, colour),
            "-" if account.live_keys is None else str(account.live_keys),
            *((Text(plain(balance)),) if any(weighed) else ()),
        )
    yield from drawn(table, style)
    yield ""


def _actions(result: Comparison, style: Style) -> Iterator[str]:
    """What would be done, in that order; nothing was."""
    yield from paragraph(f"actions, in this order: {sentences.action_counts(result)}", style, "bold")
    for number, action in enumerate(result.actions, 1):
        what = f" ({action.identifier.display})" if action.identifier else ""
        yield from paragraph(
            f"{number}. {action.op.value} {action.key or 'an undeclared key'}{what} on {action.account}"
            f" ({action.risk.value}): {action.reason}",
            style,
        )
        for change in action.changes:
            yield from paragraph(sentences.shift(change), style, indent="     ")
        for step, text in enumerate(action.manual, 1):
            yield from paragraph(f"by hand {step}: {text}", style, "dim", indent="     ")
    yield ""


def _keys(result: Comparison, style: Style) -> Iterator[str]:
    if not result.keys:
        return
    if style.width < NARROW:
        for row in sentences.loudest_first(result.keys):
            status, rest = _statuses(row), f"  {plain(row.key or '(undeclared)')}"
            for n, line in enumerate(wrapped(status + rest, style.width)):
                yield line.replace(status, coloured(status, STATUS_COLOURS[row.status], style), 1) if n == 0 else line
            facts = ", ".join(filter(None, (row.account, row.owner, _display(row))))
            for fact in filter(None, (facts, sentences.differences(row))):
                yield from paragraph(fact, style, indent="  ")
        yield ""
        return
    from rich.text import Text

    wide = style.width >= WIDE
    table = table_of("status", "key", "account", *(("owner",) if wide else ()), "id")
    table.add_column("differs", overflow="fold", ratio=1)
    for row in sentences.loudest_first(result.keys):
        owner = (row.owner or "-",) if wide else ()
        cells = (row.key or "(undeclared)", row.account or "-", *owner, _display(row) or "-")
        table.add_row(
            Text(_statuses(row), STATUS_COLOURS[row.status]),
            *(Text(plain(cell)) for cell in cells),
            Text(plain(sentences.differences(row))),
        )
    yield from drawn(table, style)
    yield ""


def table_of(*titles: str) -> Table:
    """An empty table that folds what is too wide."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def drawn(table: Table, style: Style) -> Iterator[str]:
    """A table's lines."""
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


def told(finding: Finding, style: Style) -> Iterator[str]:
    """A finding: severity, rule and place, message, remedy, and a line of nothing."""
    severity = finding.severity.value.upper()
    place = f"  {finding.place}" if finding.place is not None else ""
    for n, line in enumerate(wrapped(plain(f"{severity} {finding.rule}{place}"), style.width)):
        yield line.replace(severity, coloured(severity, _SEVERITY[finding.severity], style), 1) if n == 0 else line
    yield from paragraph(finding.message, style, indent="  ")
    if finding.remedy:
        yield from paragraph("-> " + finding.remedy, style, "dim", indent="  ")
    yield ""


def paragraph(text: str, style: Style, colour: str = "", indent: str = "") -> Iterator[str]:
    """Text without control characters, wrapped, each line indented and coloured."""
    for line in wrapped(plain(text), style.width - len(indent)):
        yield indent + coloured(line, colour, style)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns; words that are longer are cut. Never empty."""
    if text.isascii():
        return textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    from rich.console import Console
    from rich.text import Text

    # Letters outside ASCII can be two columns wide; rich knows which.
    lines = Text(text).wrap(Console(width=width, color_system=None), width)
    return [line.plain.rstrip() for line in lines] or [""]


def coloured(text: str, colour: str, style: Style) -> str:
    """Text in a colour such as ``bold red``, where the style has colours."""
    if not style.color or not colour or not text:
        return text
    return f"\x1b[{';'.join(_CODES[word] for word in colour.split())}m{text}\x1b[0m"


def _statuses(row: KeyRow) -> str:
    return ", ".join(status.value for status in row.statuses)


def _display(row: KeyRow) -> str:
    return row.identifier.display if row.identifier else ""
