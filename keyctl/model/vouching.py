"""Whether an attestation still stands in for what no API shows. It holds for a while, and for what it was about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from hashlib import sha256

from keyctl.model.account import Account
from keyctl.model.attestation import EXISTS, Attestation
from keyctl.model.key import Key
from keyctl.model.scopes import in_order


def covered(key: Key, today: date, days: int | None) -> frozenset[str]:
    """The fields of a key that a person vouches for; none where the attestation does not hold any more."""
    if key.attested is None or key.identifier is None or key_fault(key, today, days) is not None:
        return frozenset()
    return frozenset(key.attested.looked_at)


def key_fault(key: Key, today: date, days: int | None) -> str | None:
    """Why a key's attestation does not hold, as the end of a sentence about it; None where it holds or is not there.

    ``days`` is how old it may be, None for any age. A new id needs a new look.
    """
    attested = key.attested
    if attested is None:
        return None
    if key.issued is not None and attested.on < key.issued:
        return f"is of {attested.on}, before its id was issued on {key.issued}"
    if attested.state not in (None, key_state(key, attested.looked_at)):
        return f"is of {attested.on}, and what its file says of {', '.join(attested.looked_at)} changed since"
    return _age_fault(attested, today, days)


def account_fault(account: Account, today: date, days: int | None) -> str | None:
    """The same of an account's attestation."""
    attested = account.attested
    if attested is None:
        return None
    if attested.state not in (None, account_state(account)):
        return f"is of {attested.on}, and its second factor or e-mail address changed since"
    return _age_fault(attested, today, days)


def _age_fault(attested: Attestation, today: date, days: int | None) -> str | None:
    age = (today - attested.on).days
    if age < 0:
        return f"is of {attested.on}, and today is {today} (UTC)"
    if days is not None and age > days:
        return f"is {age} days old, of {attested.on}; after {days} somebody looks again"
    return None


def key_state(key: Key, fields: Iterable[str]) -> str:
    """The fingerprint of what a key's file says of some fields, and of which key they are."""
    said: dict[str, object] = {
        EXISTS: True,
        "scopes": [str(scope) for scope in in_order(key.scopes)],
        "ips": list(key.ips.texts()),
        "enabled": not key.disabled,
        "expires": str(key.expires) if key.expires else None,
    }
    whose = [key.account, key.identifier.fingerprint if key.identifier else None]
    return _fingerprint([whose, {name: said[name] for name in fields}])


def account_state(account: Account) -> str:
    """The same of what an account's entry says of its login."""
    return _fingerprint([account.two_factor.value if account.two_factor else None, account.email])


def _fingerprint(said: object) -> str:
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return "sha256:" + sha256(text.encode("ascii")).hexdigest()
