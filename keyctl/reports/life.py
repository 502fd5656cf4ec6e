"""A key's life, oldest event first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from keyctl import __version__
from keyctl.model.comparison import SCHEMA_VERSION
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.life import Commit, Deed, FieldChange, FieldValue, Life, LifeEvent, Person
from keyctl.model.times import instant
from keyctl.reports import sentences
from keyctl.reports.document import finding_row
from keyctl.reports.formats import Style
from keyctl.reports.overview import held_id, ids_table
from keyctl.reports.page import Block, Cell, Entry, Facts, Page

_COLOURS = {
    Deed.UNREVOKED: "bold red",
    Deed.LEFT_OUT: "bold red",
    Deed.UNREADABLE: "magenta",
    Deed.REVOKED: "yellow",
    Deed.ROTATED: "cyan",
    Deed.ISSUED: "green",
}
_RISKS = {Risk.ESCALATION: "red", Risk.RENEWAL: "yellow", Risk.REDUCTION: "green", Risk.NEUTRAL: ""}


def document(view: Life, style: Style) -> dict[str, Any]:
    """The document of schema ``log``."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": __version__,
        "asked": view.asked.fingerprint if isinstance(view.asked, Identifier) else view.asked,
        "commit": view.commit,
        "protected_ref": view.protected_ref,
        "exit_reasons": [reason.value for reason in view.exit_reasons],
        "keys": list(view.names),
        "ids": [held_id(held, style) for held in view.ids],
        "events": [_event(event, style) for event in view.events],
        "findings": [finding_row(finding) for finding in view.findings],
        "summary": {"commits": view.commits, "events": len(view.events), "ids": len(view.ids)},
    }


def page(view: Life, style: Style) -> Page:
    """Events, then every id."""
    branch = _short_ref(view.protected_ref)
    blocks: list[Block] = [_entry(event, branch, style, several=len(view.names) > 1) for event in view.events]
    asked = view.asked.display if isinstance(view.asked, Identifier) else view.asked
    blocks = [*_asked(view, style), *blocks]
    if view.ids:
        blocks.append(ids_table(view.ids, style))
    who = f"{', '.join(view.names)}: " if view.names else ""
    events, ids = sentences.plural(len(view.events), "event"), sentences.plural(len(view.ids), "id")
    return Page(
        title=f"Log of {asked}",
        blocks=tuple(blocks),
        findings=view.findings,
        caveats=(),
        counts=f"{who}{events}, {ids}; {sentences.plural(view.commits, 'commit')} of history",
        verdict=sentences.reasons(view.exit_reasons) or "told from the whole history",
        good=not view.exit_reasons,
    )


def _asked(view: Life, style: Style) -> Iterator[Facts]:
    """What became of the id that was asked about, in each letter case that it stood in."""
    asked = view.asked
    if not isinstance(asked, Identifier):
        return
    for held in view.ids:
        if held.identifier == asked or (asked.folded is not None and held.identifier.folded == asked.folded):
            holder = held.key or "no key file; it stands in the list of revoked ids"
            facts = [("held by", Cell(holder)), ("is", Cell(held.holding.value))]
            if held.on is not None:
                facts.append(("revoked", Cell(f"on {held.on}, {held.reason or 'without reason'}")))
                facts.append(("confirmed dead", Cell(f"on {held.confirmed}" if held.confirmed else "no")))
            yield Facts(f"id {_shown(held.identifier, style)}", tuple(facts))


def _event(event: LifeEvent, style: Style) -> dict[str, Any]:
    return {
        "deeds": [deed.value for deed in event.deeds],
        "key": event.key,
        "path": event.path,
        "came_from": event.came_from,
        "commit": _commit(event.commit),
        "on_protected": event.on_protected,
        "brought_by": _commit(event.brought_by) if event.brought_by else None,
        "changes": [
            {
                "field": change.field,
                "old": _value(change.old, style),
                "new": _value(change.new, style),
                "risk": change.risk.value,
                "note": change.note,
            }
            for change in event.changes
        ],
        "problem": event.problem,
    }


def _commit(commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.id,
        "author": {"name": commit.author.name, "email": commit.author.email},
        "committer": {"name": commit.committer.name, "email": commit.committer.email},
        "authored_at": _instant(commit.authored_at),
        "committed_at": _instant(commit.committed_at),
        "subject": commit.subject,
    }


def _instant(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None


def _value(value: FieldValue, style: Style) -> Any:
    if isinstance(value, Identifier):
        return (value.text if style.full_ids else None) or value.fingerprint
    return list(value) if isinstance(value, tuple) else value


def _entry(event: LifeEvent, branch: str, style: Style, *, several: bool) -> Entry:
    when = f"{event.commit.committed_at:%Y-%m-%d %H:%M} UTC" if event.commit.committed_at else "at an unknown time"
    colour = next((_COLOURS[deed] for deed in _COLOURS if deed in event.deeds), "")
    heading = [Cell(when, "dim"), Cell(", ".join(deed.value for deed in event.deeds), colour)]
    if several and event.key is not None:
        heading.append(Cell(event.key))
    where = f"{event.came_from} -> {event.path}" if event.came_from else event.path
    return Entry((*heading, Cell(where, "dim")), tuple(_lines(event, branch, style)))


def _lines(event: LifeEvent, branch: str, style: Style) -> Iterator[Cell]:
    if event.problem is not None:
        yield Cell(event.problem, "magenta")
    fresh = bool({Deed.ISSUED, Deed.DECLARED} & set(event.deeds))
    for change in event.changes:
        yield _change(change, style, fresh=fresh)
    commit = event.commit
    yield Cell(f"commit {commit.id[:12]} {commit.subject!r} by {_people(commit)}", "dim")
    if event.brought_by is not None:
        yield Cell(
            f"on {branch} by merge {event.brought_by.id[:12]} {event.brought_by.subject!r} by "
            f"{_people(event.brought_by)}",
            "dim",
        )
    elif event.on_protected is False:
        yield Cell(f"not on {branch}", "yellow")


def _change(change: FieldChange, style: Style, *, fresh: bool) -> Cell:
    note = f" ({change.note})" if change.note else ""
    if change.field == "revoked":
        one = change.new or change.old
        what = "no longer revoked" if change.new is None else "revoked" if change.old is None else "revocation of"
        return Cell(f"{what} {_shown(one, style)}{note}: {change.risk.value}", _RISKS[change.risk])
    if fresh and change.old is None:
        return Cell(f"{change.field}: {_shown(change.new, style)}{note}")
    if isinstance(change.old, tuple) and isinstance(change.new, tuple):
        more = [f"+{item}" for item in change.new if item not in change.old]
        less = [f"-{item}" for item in change.old if item not in change.new]
        if more or less:
            return Cell(f"{change.field}: {' '.join([*more, *less])}{note}: {change.risk.value}", _RISKS[change.risk])
    moved = f"{_shown(change.old, style)} -> {_shown(change.new, style)}"
    return Cell(f"{change.field}: {moved}{note}: {change.risk.value}", _RISKS[change.risk])


def _shown(value: FieldValue, style: Style) -> str:
    if isinstance(value, Identifier):
        return (value.text if style.full_ids else None) or value.display
    if isinstance(value, tuple):
        return ", ".join(value) or "nothing"
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else value


def _people(commit: Commit) -> str:
    author = _person(commit.author)
    return author if commit.author == commit.committer else f"{author}, committed by {_person(commit.committer)}"


def _person(person: Person) -> str:
    return f"{person.name} <{person.email}>" if person.email else person.name or "nobody"


def _short_ref(ref: str | None) -> str:
    if ref is None:
        return "the protected branch"
    for start in ("refs/heads/", "refs/remotes/"):
        ref = ref.removeprefix(start)
    return ref
