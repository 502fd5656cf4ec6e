"""Rows of a review in words: what a field was and is, which commits did it, whose a revoked id is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpError, extent
from keyctl.model.life import Commit, FieldValue
from keyctl.model.names import KeyName
from keyctl.model.review import AddedTombstone, Meaning, Review, ReviewedChange, SharedEdit
from keyctl.reports.tables import Table

_LISTS = ("ips", "addresses")


def by_key(changes: Iterable[ReviewedChange]) -> dict[KeyName, list[ReviewedChange]]:
    """The rows of each key, those first whose power grows most."""
    rows: dict[KeyName, list[ReviewedChange]] = {}
    for change in changes:
        rows.setdefault(change.key, []).append(change)
    return dict(sorted(rows.items(), key=lambda item: (-_rank(worst(item[1])), item[0])))


def worst(rows: Iterable[ReviewedChange]) -> Risk:
    """The greatest risk of some rows."""
    return max((row.risk for row in rows), key=_rank)


def shift(change: ReviewedChange | SharedEdit) -> str:
    """A field's way from before to after: what a list gains and loses, else both values."""
    was, now = change.before, change.after
    if isinstance(change, ReviewedChange) and change.meaning in (Meaning.ISSUED, Meaning.REMOVED):
        return value(now if change.meaning is Meaning.ISSUED or now is not None else was)
    if isinstance(was, tuple) and isinstance(now, tuple):
        told = [f"+{_short(one)}" for one in now if one not in was] + [
            f"-{_short(one)}" for one in was if one not in now
        ]
        size = f"{_extent(was)} -> {_extent(now)}: " if change.field in _LISTS else ""
        return size + " ".join(told)
    return f"{value(was)} -> {value(now)}"


def value(given: FieldValue) -> str:
    """A field's value by itself."""
    match given:
        case None:
            return "none"
        case bool():
            return str(given).lower()
        case Identifier():
            return given.display
        case tuple():
            return ", ".join(_short(one) for one in given) or "none"
        case _:
            return given


def commits(given: Iterable[Commit]) -> str:
    """Who did it, by what they wrote."""
    return ", ".join(f"{one.id[:12]} {one.author.name} <{one.author.email}>" for one in given)


def whose(stone: AddedTombstone) -> str:
    """Whose the revoked id was."""
    if not stone.known:
        return "matches nothing known"
    names = (stone.key, stone.owner, stone.account)
    return ", ".join(name for name in names if name is not None)


def fate(stone: AddedTombstone) -> str:
    """When and why it was revoked, and whether the entry stands."""
    when = f"on {stone.on}" if stone.on else ""
    confirmed = f"confirmed {stone.confirmed}" if stone.confirmed else ""
    dropped = "" if stone.kept else "dropped again: still revoked"
    return ", ".join(filter(None, (when, stone.reason or "", confirmed, dropped)))


def review_tables(result: Review) -> tuple[Table, ...]:
    """Every table that has rows."""
    return tuple(table for table in (_changes(result), _shared(result), _tombstones(result)) if table.rows)


def _changes(result: Review) -> Table:
    rows = tuple(
        (
            change.risk.value,
            change.key,
            change.account or "",
            change.owner or "",
            change.meaning.value,
            change.field,
            shift(change),
            change.cause or "",
            commits(change.commits),
        )
        for rows in by_key(result.changes).values()
        for change in sorted(rows, key=lambda row: -_rank(row.risk))
    )
    columns = ("risk", "key", "account", "owner", "what", "field", "change", "through", "commits")
    ordered = tuple(sorted(rows, key=lambda row: -_rank(Risk(row[0]))))
    return Table("Changes", columns, ordered, sum(row[0] != Risk.ESCALATION.value for row in rows))


def _shared(result: Review) -> Table:
    rows = tuple(
        (
            edit.risk.value,
            f"{edit.kind.value} {edit.name}",
            edit.field,
            shift(edit),
            f"{len(edit.keys)}: {', '.join(edit.keys)}" if edit.keys else "0",
            commits(edit.commits),
        )
        for edit in sorted(result.shared, key=lambda edit: -_rank(edit.risk))
    )
    quiet = sum(row[0] != Risk.ESCALATION.value for row in rows)
    return Table("Shared", ("risk", "what", "field", "change", "keys", "commits"), rows, quiet)


def _tombstones(result: Review) -> Table:
    rows = tuple(
        (stone.identifier.display, whose(stone), fate(stone), commits(stone.commits))
        for stone in sorted(result.tombstones, key=lambda stone: (stone.known, stone.identifier.fingerprint))
    )
    quiet = sum(stone.known and stone.kept for stone in result.tombstones)
    return Table("Tombstones", ("id", "whose", "revoked", "commits"), rows, quiet)


def review_counts(result: Review) -> Iterator[str]:
    """How much changed, in pieces of a sentence."""
    keys = by_key(result.changes)
    for risk in reversed(Risk):
        number = sum(worst(rows) is risk for rows in keys.values())
        if number:
            yield f"{number} {risk.value}"


def _rank(risk: Risk) -> int:
    return list(Risk).index(risk)


def _extent(texts: tuple[str, ...]) -> str:
    try:
        return extent(texts) if texts else "no address"
    except IpError:
        return f"{len(texts)} entries"


def _short(item: str) -> str:
    return item.removesuffix("/32") if "." in item else item.removesuffix("/128")
