"""A review for a terminal: key by key, then what keys share, then revocations."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.model.finding import Risk
from keyctl.model.review import Review
from keyctl.reports.formats import Style
from keyctl.reports.shifts import by_key, commits, fate, shift, whose, worst
from keyctl.reports.text import coloured, paragraph, plain, wrapped

_RISKS = {Risk.ESCALATION: "yellow", Risk.RENEWAL: "cyan", Risk.NEUTRAL: "dim", Risk.REDUCTION: "green"}
_NAMED = 8


def changes(result: Review, style: Style) -> Iterator[str]:
    """The lines; commits are named once for each key where all its rows have the same."""
    for key, rows in by_key(result.changes).items():
        risk = worst(rows)
        facts = ", ".join(filter(None, (rows[0].account, rows[0].owner)))
        place = next((row.place for row in rows if row.place is not None and row.cause is None), None)
        yield from _heading(risk, f"{key}  ({facts})" + (f"  {place.path}" if place else ""), style)
        together = {row.commits for row in rows}
        for row in rows:
            told = f"{row.field}: {shift(row)} ({row.meaning.value}, {row.risk.value}"
            told += f", through {row.cause})" if row.cause else ")"
            if len(together) > 1 and row.commits:
                told += f" by {commits(row.commits)}"
            yield from paragraph(told, style, indent="  ")
        if len(together) == 1 and rows[0].commits:
            yield from paragraph(f"by {commits(rows[0].commits)}", style, "dim", indent="  ")
        yield ""
    for edit in result.shared:
        where = f"  {edit.place}" if edit.place else ""
        yield from _heading(edit.risk, f"{edit.kind.value} {edit.name}{where}", style)
        yield from paragraph(f"{edit.field}: {shift(edit)}", style, indent="  ")
        if edit.keys:
            more = f" and {len(edit.keys) - _NAMED} more" if len(edit.keys) > _NAMED else ""
            noun = "key" if len(edit.keys) == 1 else "keys"
            told = f"touches {len(edit.keys)} {noun}: {', '.join(edit.keys[:_NAMED])}{more}"
            yield from paragraph(told, style, indent="  ")
        if edit.commits:
            yield from paragraph(f"by {commits(edit.commits)}", style, "dim", indent="  ")
        yield ""
    for stone in result.tombstones:
        yield from paragraph(f"revoked  {stone.identifier.display}  {whose(stone)}: {fate(stone)}", style)
        if stone.commits:
            yield from paragraph(f"by {commits(stone.commits)}", style, "dim", indent="  ")
        yield ""


def _heading(risk: Risk, rest: str, style: Style) -> Iterator[str]:
    for n, line in enumerate(wrapped(plain(f"{risk.value}  {rest}"), style.width)):
        yield line.replace(risk.value, coloured(risk.value, _RISKS[risk], style), 1) if n == 0 else line
