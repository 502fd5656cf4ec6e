"""How a key looks from outside: when it ends, its state, its permissions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from keyctl.sandbox.bybit.vocabulary import KEY_NATIVE
from keyctl.sandbox.scenario import SimulatedKey
from keyctl.sandbox.world import stamp

UNBOUND_LIFE = timedelta(days=90)
NO_EXPIRY, NO_DEADLINE_DAY = "1970-01-01T00:00:00Z", -2
"""What the documented sample shows for a key that is bound to addresses."""


def end(key: SimulatedKey) -> datetime | None:
    """When the key stops working: what the exchange set, else 90 days without a binding to addresses."""
    if key.expires is not None:
        return key.expires
    if key.ips:
        return None
    unbound = str(key.native.get("unbound", ""))
    return (datetime.fromisoformat(unbound) if unbound else key.created) + UNBOUND_LIFE


def expired_at(key: SimulatedKey) -> str:
    ends = end(key)
    return NO_EXPIRY if ends is None else stamp(ends)


def deadline_day(key: SimulatedKey, now: datetime) -> int:
    ends = end(key)
    return NO_DEADLINE_DAY if ends is None else (ends - now).days


def status(key: SimulatedKey, now: datetime) -> int:
    """1 permanent, 2 expired, 3 valid for now, 4 ends in under 7 days."""
    ends = end(key)
    if ends is None:
        return 1
    if ends <= now:
        return 2
    return 4 if ends - now < timedelta(days=7) else 3


def read_only(key: SimulatedKey) -> bool:
    return bool(key.native.get("read_only", KEY_NATIVE["read_only"]))


def addresses(key: SimulatedKey) -> list[str]:
    return list(key.ips) or ["*"]


def internal_id(key: SimulatedKey) -> str:
    """Bybit's own number of the key: given, else made from the key's id."""
    given = key.native.get("internal_id")
    return str(given) if given else str(int.from_bytes(sha256(key.id.encode()).digest()[:4]) % 90_000_000 + 10_000_000)


def permissions(key: SimulatedKey, groups: Sequence[str]) -> dict[str, list[str]]:
    """These groups, empty ones too, and whatever else the key has."""
    return {group: list(key.rights.get(group, ())) for group in [*groups, *(g for g in key.rights if g not in groups)]}
