"""Tombstones that nothing shows to be dead (law 3): on accounts that can't be enumerated, until somebody attests it."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.model.finding import Finding
from keyctl.model.key import NEVER_ISSUED
from keyctl.model.live import Coverage, Snapshot
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile import wording
from keyctl.reconcile.telling import tell


def unverified(registry: Registry, tombstones: Tombstones, snapshot: Snapshot) -> Iterator[Finding]:
    """By fingerprint. Where nothing says which account a tombstone is of, it may be any."""
    accounts = {account.account: account for account in snapshot.accounts}
    unseen = {name for name, seen in accounts.items() if seen.coverage is not Coverage.ENUMERATED}
    alive = {key.identifier.fingerprint for seen in snapshot.accounts for key in seen.keys}
    for tombstone in tombstones:
        if tombstone.place is None or tombstone.confirmed is not None or tombstone.reason == NEVER_ISSUED:
            continue
        if tombstone.identifier.fingerprint in alive:
            continue
        possible = {tombstone.account} if tombstone.account else set(accounts)
        doubtful = sorted(name for name in possible & unseen if name)
        gone = any(tombstone.identifier.fingerprint in accounts[name].gone for name in doubtful)
        if doubtful and not gone:
            account = registry.accounts[doubtful[0]] if len(doubtful) == 1 else None
            key = registry.keys.get(tombstone.key) if tombstone.key else None
            words = wording.unverified(tombstone, doubtful)
            yield tell("tombstone-unverified", words, key=key, account=account, place=tombstone.place)
