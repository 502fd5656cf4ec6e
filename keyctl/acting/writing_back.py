"""What the exchanges have done, written into the registry's files.

It is told from the files, the exchanges and the sinks alone, not from what this run did: whatever stopped an earlier
run, the next one writes the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from keyctl.model.account import OnExpiry
from keyctl.model.application import Written
from keyctl.model.comparison import KeyRow, Status
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.key import NEVER_ISSUED, Key
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.names import AccountName, KeyName
from keyctl.model.observed import value_of
from keyctl.model.registry import Registry
from keyctl.model.times import end_of
from keyctl.registry.attesting import with_confirmation
from keyctl.registry.edit import EditRefused
from keyctl.registry.recording import Death, with_death, with_issue, with_successor

EXPIRED, ROTATED = "expired", "rotated"
"""The reasons of an id whose key came to its last day, and of one that another took the place of."""
RETIRES_FOR = timedelta(days=7)
"""How long the old id may live beside the new one, unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to be written: which file, ``what`` of which id in a few words, and the edit, which raises
    EditRefused."""

    path: str
    key: KeyName | None
    what: str
    identifier: Identifier
    edit: Callable[[bytes], bytes]


def entries(
    registry: Registry,
    snapshot: Snapshot,
    rows: tuple[KeyRow, ...],
    delivered: Mapping[Fingerprint, bool],
    today: date,
    retire_by: date | None = None,
) -> Iterator[Entry]:
    """Everything that files lack, by the rows of a comparison of this registry with this snapshot, in their order.

    ``delivered`` says of each id that waits to be written back whether its sink holds its secret.
    """
    seen = {account.account: account for account in snapshot.accounts}
    for row in rows:
        key = registry.keys.get(row.key) if row.key is not None else None
        if key is None or row.identifier is None:
            continue
        account = seen.get(key.account)
        if Status.PENDING_WRITE_BACK in row.statuses and delivered.get(row.identifier.fingerprint):
            yield _issue(key, row.identifier, _live(account, row.identifier), today, retire_by)
        elif row.statuses == (Status.ENDED,) and not row.retiring and _ends(registry, key, account, today):
            death = Death(row.identifier, today, EXPIRED, today)
            yield Entry(key.place.path, key.name, f"{death.reason}, revoked", row.identifier, _dies(death))
        elif row.statuses == (Status.ENDED,) and row.retiring:
            death = Death(row.identifier, today, ROTATED, today)
            yield Entry(key.place.path, key.name, f"{death.reason}, revoked", row.identifier, _dies(death))
    yield from _confirmations(registry, snapshot, seen, today)


def _issue(key: Key, identifier: Identifier, live: LiveKey | None, today: date, retire_by: date | None) -> Entry:
    created = value_of(live.created_at) if live is not None else None
    day = created.date() if created is not None else today
    # a last day that was set back meanwhile may lie before it, and no file says that; the id is in it all the same
    issued = day if key.expires is None or day <= key.expires else None
    if key.identifier is None:
        return Entry(key.place.path, key.name, "issued", identifier, lambda data: with_issue(data, identifier, issued))
    until = max(retire_by or today + RETIRES_FOR, day)
    what = f"issued, {key.identifier.display} retires until {until}"
    return Entry(
        key.place.path, key.name, what, identifier, lambda data: with_successor(data, identifier, issued, until)
    )


def _ends(registry: Registry, key: Key, account: AccountSnapshot | None, today: date) -> bool:
    """Whether the exchange has deleted an expired key as the account says: its whole listing no longer shows it."""
    declared = registry.accounts[key.account]
    return (
        declared.on_expiry is OnExpiry.DELETE
        and account is not None
        and account.coverage is Coverage.ENUMERATED
        and key.expires is not None
        and end_of(key.expires).date() <= today
    )


def _confirmations(
    registry: Registry, snapshot: Snapshot, seen: Mapping[AccountName, AccountSnapshot], today: date
) -> Iterator[Entry]:
    """Revoked ids of keys whose account was listed whole, and that no account lists."""
    alive = {live.identifier.fingerprint for account in snapshot.accounts for live in account.keys}
    for key in registry.keys.values():
        account = seen.get(key.account)
        for dead in key.revoked:
            if dead.confirmed is not None or dead.reason == NEVER_ISSUED or account is None:
                continue
            listed = account.coverage is Coverage.ENUMERATED or dead.identifier.fingerprint in account.gone
            if listed and dead.identifier.fingerprint not in alive:
                pointer = dead.place.pointer
                yield Entry(
                    key.place.path,
                    key.name,
                    "confirmed dead",
                    dead.identifier,
                    lambda data, pointer=pointer: with_confirmation(data, pointer, today, None),  # type: ignore[misc]
                )


def _dies(death: Death) -> Callable[[bytes], bytes]:
    return lambda data: with_death(data, death)


def _live(account: AccountSnapshot | None, identifier: Identifier) -> LiveKey | None:
    keys = account.keys if account is not None else ()
    return next((live for live in keys if live.identifier == identifier), None)


def unwritten(written: Iterable[Written]) -> tuple[Written, ...]:
    """The same, where no file or no commit could be handed on."""
    return tuple(replace(one, why_not=one.why_not or "the write-back failed") for one in written)


def edited(texts: Mapping[str, bytes], given: Iterable[Entry]) -> tuple[dict[str, bytes], tuple[Written, ...]]:
    """The files that come of it, and what was written into them or could not be."""
    files: dict[str, bytes] = {}
    written: list[Written] = []
    for entry in given:
        before = files.get(entry.path, texts[entry.path])
        try:
            after = entry.edit(before)
        except EditRefused as error:
            written.append(Written(entry.path, entry.key, entry.what, entry.identifier, str(error)))
            continue
        if after != before:
            files[entry.path] = after
            written.append(Written(entry.path, entry.key, entry.what, entry.identifier))
    return files, tuple(written)
