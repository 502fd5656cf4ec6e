"""One declared key against one live key, field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from keyctl.model.change import Change, Value
from keyctl.model.difference import ips_differ, risk_of, scopes_differ
from keyctl.model.finding import Risk
from keyctl.model.ips import ANY
from keyctl.model.key import Key
from keyctl.model.live import LiveKey
from keyctl.model.observed import Absent, Known, NotObservable
from keyctl.model.times import end_of, instant


@dataclass(frozen=True, slots=True)
class Drift:
    """The fields that differ, and those that the exchange does not report, both in a fixed order."""

    changes: tuple[Change, ...]
    unknown: tuple[str, ...]


def drift(key: Key, live: LiveKey, *, sets_expiry: bool) -> Drift:
    """Compare what a key's file says with what the exchange reports.

    ``sets_expiry`` says that the exchange lets an expiry be set; only there does a different one count as drift.
    """
    changes: list[Change] = []
    unknown: list[str] = []
    match live.scopes:
        case NotObservable():
            unknown.append("scopes")
        case Absent():
            changes += scopes_differ(key.scopes, frozenset())
        case Known(scopes):
            changes += scopes_differ(key.scopes, scopes)
    match live.ips:
        case NotObservable():
            unknown.append("ips")
        case Absent():
            changes += ips_differ(key.ips, ANY)
        case Known(ips):
            changes += ips_differ(key.ips, ips)
    match live.enabled:
        case NotObservable() | Absent():
            unknown.append("enabled")
        case Known(enabled):
            if enabled is key.disabled:
                risk = Risk.ESCALATION if enabled else Risk.REDUCTION
                changes.append(Change("enabled", enabled, not key.disabled, risk))
    if sets_expiry:
        match live.expires_at:
            case NotObservable():
                unknown.append("expires")
            case Absent():
                changes += _expiry(key, None)
            case Known(moment):
                changes += _expiry(key, moment)
    return Drift(tuple(changes), tuple(unknown))


def rests_on_reading(change: Change, key: Key, live: LiveKey) -> bool:
    """Whether a difference is one by the worse of two readings of the exchange's answer alone."""
    return change.field == "scopes" and live.scopes_otherwise == key.scopes


def _expiry(key: Key, live: datetime | None) -> Iterator[Change]:
    desired = end_of(key.expires) if key.expires else None
    if live != desired:
        longer = live is None or (desired is not None and live > desired)
        yield Change("expires", _shown(live), _shown(desired), risk_of(longer))


def _shown(moment: datetime | None) -> Value:
    return instant(moment) if moment else None
