"""Gains of power in words: warnings for whoever approves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keyctl.model.finding import Finding, Risk
from keyctl.model.identifier import Identifier
from keyctl.model.ips import extent
from keyctl.model.life import FieldValue
from keyctl.model.names import KeyName
from keyctl.model.review import Meaning, ReviewedChange, SharedEdit, SharedKind
from keyctl.model.rules import found
from keyctl.review.words import by, names, shown

_APPROVE = "approve it if that is what {} needs; else take it out of the change"


def escalations(changes: Iterable[ReviewedChange], shared: Iterable[SharedEdit]) -> Iterator[Finding]:
    """One finding for each field by which a key gains, one for each new key, and one for each edit of something shared
    by which keys gain: the rows tell the latter key by key."""
    given = tuple(changes)
    new = {change.key for change in given if change.meaning is Meaning.ISSUED and change.field == "account"}
    issued: dict[KeyName, list[ReviewedChange]] = {}
    for change in given:
        if change.risk is not Risk.ESCALATION or change.field == "revoked":
            continue
        if change.key in new:
            issued.setdefault(change.key, []).append(change)
        elif change.meaning is not Meaning.INDIRECT:
            yield _finding(change, _gain(change))
    for rows in issued.values():
        yield _finding(rows[0], _new_key(rows))
    for edit in shared:
        if edit.risk is Risk.ESCALATION and edit.kind is not SharedKind.POLICY:
            yield from _edit(edit)


def _finding(change: ReviewedChange, message: str) -> Finding:
    return found(
        "escalation",
        message + by(change.commits),
        _APPROVE.format(change.key),
        key=change.key,
        account=change.account,
        place=change.place,
    )


def _new_key(rows: list[ReviewedChange]) -> str:
    by_field = {row.field: row.after for row in rows}
    scopes, ips = by_field.get("scopes"), by_field.get("ips")
    until = f"until {by_field['expires']}" if by_field.get("expires") else "without a last day"
    rights = shown(scopes) if scopes else "no scopes"
    return (
        f"{rows[0].key} is new, on {by_field.get('account')} for {by_field.get('owner')}: {rights}, "
        f"from {_extent(ips)}, {until}"
    )


def _gain(change: ReviewedChange) -> str:
    key, was, now = change.key, change.before, change.after
    gained = [one for one in _set(now) if one not in _set(was)]
    match change.field:
        case "scopes":
            lost = [one for one in _set(was) if one not in _set(now)]
            return f"{key} gains {', '.join(gained)}" + (f" and loses {', '.join(lost)}" if lost else "")
        case "ips":
            return f"{key} may be used from {_extent(now)} instead of {_extent(was)}: also from {names(gained)}"
        case "expires":
            if now is None:
                return f"{key} has no last day any more; it was {was}"
            return f"{key} lives until {now} instead of {was or 'without a last day'}, which is no plain renewal"
        case "account":
            return f"{key} goes from account {was} to {now}"
        case "owner":
            return f"{key} passes from {was} to {now}"
        case "deliver":
            return f"the secret of {key} goes to {shown(now)} instead of {shown(was)}"
        case "disabled":
            return f"{key} is meant to be enabled again"
        case "reissue":
            return f"{key} has ended and is to be issued again"
        case "id":
            return f"{key} has an id from now on: {_id(now)}"
        case "retiring":
            return f"{key} has a second live id, {_id(now)}, which was not its own before"
        case _:
            return f"{change.field} of {key}: {shown(now)} instead of {shown(was)}"


def _edit(edit: SharedEdit) -> Iterator[Finding]:
    what = f"{edit.kind.value} {edit.name}"
    keys = f"{len(edit.keys)} {'key' if len(edit.keys) == 1 else 'keys'}: {names(edit.keys)}"
    if edit.kind is SharedKind.NETWORK:
        if not edit.keys:
            return
        gained = [one for one in _set(edit.after) if one not in _set(edit.before)]
        message = f"{what} covers {_extent(edit.after)} instead of {_extent(edit.before)}, also {names(gained)}; {keys}"
    elif edit.kind is SharedKind.WAIVER:
        ends = f"until {edit.after}" + (f" instead of {edit.before}" if edit.before else "")
        message = f"rule {edit.name} is waived {ends}" + (f"; {keys}" if edit.keys else "; no key has such a name")
    elif edit.kind is SharedKind.SIGNERS:
        message = "other people's signatures are to count: registry/allowed_signers gains lines"
    elif edit.kind is SharedKind.SETTINGS or edit.keys:
        message = f"{what}, {edit.field}: {shown(edit.after)} instead of {shown(edit.before)}"
        message += f"; {keys}" if edit.keys else ""
    else:
        return
    remedy = "approve it if it is meant for all of that; else take it out of the change"
    yield found("escalation", message + by(edit.commits), remedy, place=edit.place)


def _extent(value: FieldValue) -> str:
    texts = _set(value)
    return extent(texts) if texts else "no address"


def _id(value: FieldValue) -> str:
    return value.display if isinstance(value, Identifier) else shown(value)


def _set(value: FieldValue) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
