"""The two sets that may only grow: what was ever declared, and what was ever revoked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from keyctl.history.conservation import ByHand, identifier_of
from keyctl.history.ledger import Ledger
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstone


@dataclass(frozen=True, slots=True)
class Sets:
    """From history, the base side's word on unreadable objects, and the checkout. ``declared`` includes ``revoked``."""

    declared: Mapping[Fingerprint, Identifier]
    revoked: Mapping[Fingerprint, Tombstone]


def sets_of(registry: Registry, ledger: Ledger, tombstones: Iterable[Tombstone], by_hand: ByHand) -> Sets:
    """``tombstones`` are the ledger's; where the checkout has one too, its entry is taken, being the latest."""
    revoked = {one.identifier.fingerprint: one for one in tombstones}
    revoked.update((one.identifier.fingerprint, one) for one in registry.tombstones())
    declared: dict[Fingerprint, Identifier] = {}

    def declare(identifiers: Iterable[Identifier]) -> None:
        for identifier in identifiers:
            known = declared.get(identifier.fingerprint)
            if known is None or known.text is None:
                declared[identifier.fingerprint] = identifier

    declare(identifier_of(fingerprint, one.text) for fingerprint, one in ledger.declared.items())
    declare(one for identifiers in by_hand.values() for one in identifiers)
    declare(key.identifier for key in registry.keys.values() if key.identifier is not None)
    declare(key.retiring.identifier for key in registry.keys.values() if key.retiring is not None)
    declare(one.identifier for one in revoked.values())
    return Sets(declared, revoked)
