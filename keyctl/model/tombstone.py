"""Identifiers that are revoked for ever, wherever that is known from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from keyctl.model.identifier import Fingerprint, Identifier, fingerprint_of
from keyctl.model.names import AccountName, KeyName
from keyctl.model.place import Place


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One revoked identifier, with what is known of its life.

    ``key`` and ``account`` are None where the registry no longer says. ``origin`` tells people where it stands: a
    place of the checkout, or the commit that revoked it.
    """

    identifier: Identifier
    origin: str
    key: KeyName | None = None
    account: AccountName | None = None
    on: date | None = None
    reason: str | None = None
    confirmed: date | None = None
    place: Place | None = None


class Tombstones:
    """All tombstones, asked by identifier. The first one given for a fingerprint is kept.

    Letter case: an identifier is blocked when it equals a revoked one, or differs from it by case only. Where one side
    is known by its fingerprint alone that can be decided only for the spellings at hand (as written, all lower, all
    upper); design section 2 accepts that a fingerprint conceals the rest.
    """

    def __init__(self, tombstones: Iterable[Tombstone]) -> None:
        self._exact: dict[Fingerprint, Tombstone] = {}
        self._folded: dict[Fingerprint, Tombstone] = {}
        for tombstone in tombstones:
            identifier = tombstone.identifier
            self._exact.setdefault(identifier.fingerprint, tombstone)
            if identifier.folded is not None:
                self._folded.setdefault(identifier.folded, tombstone)

    def find(self, identifier: Identifier) -> Tombstone | None:
        """The tombstone that blocks this identifier, else None."""
        found = self._exact.get(identifier.fingerprint) or self._folded.get(identifier.fingerprint)
        if found is None and identifier.folded is not None:
            found = self._folded.get(identifier.folded) or self._exact.get(identifier.folded)
        if found is None and identifier.text is not None:
            found = self._exact.get(fingerprint_of(identifier.text.upper()))
        return found

    def __iter__(self) -> Iterator[Tombstone]:
        return iter(sorted(self._exact.values(), key=lambda tombstone: tombstone.identifier.fingerprint))

    def __len__(self) -> int:
        return len(self._exact)
