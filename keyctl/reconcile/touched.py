"""Keys that somebody touched between two snapshots, even if they look the same now.

A list that was widened and narrowed again, a secret that was reset, a flag whose meaning the exchange does not explain:
none of these differs from the registry, and all of them differ from an earlier look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keyctl.model.finding import Finding
from keyctl.model.identifier import Fingerprint
from keyctl.model.key import Key
from keyctl.model.live import AccountSnapshot, KeyEvent, LiveKey, Snapshot
from keyctl.model.names import ExchangeId
from keyctl.model.observed import Absent, Known, NotObservable, Observed
from keyctl.model.registry import Registry
from keyctl.model.rules import found
from keyctl.model.times import instant
from keyctl.reconcile.drift import drift

EventFields = Mapping[ExchangeId, Mapping[str, str]]
"""Per exchange: which field an event of its log changes. Events that are not named here change nothing that shows."""

_COMPARED = ("scopes", "ips", "enabled")
"""Fields that a key's file declares: a change of one to what the file says has its cause there."""


@dataclass(frozen=True, slots=True)
class _Seen:
    account: AccountSnapshot
    key: LiveKey


def touched(registry: Registry, before: Snapshot, now: Snapshot, event_fields: EventFields) -> list[Finding]:
    """A finding for each key that is in both snapshots and moved without a cause that keyctl knows.

    The known cause is the registry: a declared field that differed and is now what the file says. Fields that differ
    from the file now are drift, which is told elsewhere.
    """
    earlier, later = _by_fingerprint(before), _by_fingerprint(now)
    declared = _declared(registry)
    findings = []
    for fingerprint, new in sorted(later.items()):
        old = earlier.get(fingerprint)
        if old is None:
            continue
        key = declared.get(fingerprint)
        signs = list(_signs(key, old, new, event_fields.get(new.account.exchange, {})))
        if signs:
            name = key.name if key else f"{new.key.identifier.display} (undeclared)"
            place = key.place if key else registry.accounts[new.account.account].place
            findings.append(
                found(
                    "touched",
                    f"{name} on {new.account.account} was touched since {instant(old.account.observed_at)}: "
                    + "; ".join(signs),
                    "ask who did it and why; if nobody knows, revoke the id and issue another",
                    key=key.name if key else None,
                    account=new.account.account,
                    place=place,
                )
            )
    return findings


def _signs(key: Key | None, old: _Seen, new: _Seen, event_fields: Mapping[str, str]) -> Iterator[str]:
    moved = {field for field in _COMPARED if _differs(getattr(old.key, field), getattr(new.key, field))}
    if key is None:
        yield from (f"its {field} changed" for field in _COMPARED if field in moved)
        explained: set[str] = set()
    else:
        unlike = {change.field for change in drift(key, new.key, sets_expiry=False).changes}
        explained = moved - unlike
    for field, words in (("label", "label"), ("created_at", "creation time"), ("expires_at", "end")):
        if _differs(getattr(old.key, field), getattr(new.key, field)):
            yield f"its {words} changed"
    if "scopes" not in moved and old.key.native != new.key.native:
        yield "the exchange's own flags changed: " + ", ".join(_flags(old.key.native, new.key.native))
    yield from _events(old, new, explained, event_fields)
    if not moved and not _new_events(old, new) and _modified(old, new):
        assert isinstance(new.key.modified_at, Known)
        yield f"modified at {instant(new.key.modified_at.value)}, and it looks the same as before"


def _events(old: _Seen, new: _Seen, explained: set[str], event_fields: Mapping[str, str]) -> Iterator[str]:
    """Events without a cause: those that change nothing which shows, and for each explained field all but one."""
    spent: Counter[str] = Counter()
    for event in _new_events(old, new):
        field = event_fields.get(event.what)
        if field in explained:
            spent[field] += 1
            if spent[field] == 1:
                continue
        yield f"{event.what} at {instant(event.at)}"


def _new_events(old: _Seen, new: _Seen) -> list[KeyEvent]:
    return [e for e in new.key.events if e not in old.key.events and e.at > old.account.observed_at]


def _modified(old: _Seen, new: _Seen) -> bool:
    if not isinstance(new.key.modified_at, Known):
        return False
    if isinstance(old.key.modified_at, Known):
        return new.key.modified_at.value > old.key.modified_at.value
    return new.key.modified_at.value > old.account.observed_at


def _differs(old: Observed[object], new: Observed[object]) -> bool:
    if isinstance(old, NotObservable) or isinstance(new, NotObservable):
        return False
    if isinstance(old, Absent) or isinstance(new, Absent):
        return type(old) is not type(new)
    return old.value != new.value


def _flags(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    yield from (f"+{flag}" for flag in new if flag not in old)
    yield from (f"-{flag}" for flag in old if flag not in new)


def _by_fingerprint(snapshot: Snapshot) -> dict[Fingerprint, _Seen]:
    return {key.identifier.fingerprint: _Seen(account, key) for account in snapshot.accounts for key in account.keys}


def _declared(registry: Registry) -> dict[Fingerprint, Key]:
    keys: dict[Fingerprint, Key] = {}
    for key in registry.keys.values():
        if key.identifier is not None:
            keys[key.identifier.fingerprint] = key
        if key.retiring is not None:
            keys.setdefault(key.retiring.identifier.fingerprint, key)
    return keys
