"""Identifiers within one checkout: each is declared once, none of them is revoked, and no key is named like one."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.model.finding import Finding
from keyctl.model.identifier import Fingerprint, Identifier, fingerprint_of
from keyctl.model.key import Key
from keyctl.model.place import Pointer
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstone
from keyctl.registry.values import Complaints


def check_identifiers(registry: Registry, findings: list[Finding]) -> None:
    """Adds a finding for each id that is shared, revoked and declared again, or used as a key's name."""
    tombstones = registry.tombstones()
    holders: dict[Fingerprint, tuple[Key, Pointer]] = {}
    for key in registry.keys.values():
        for identifier, pointer in _living(key):
            holder = holders.setdefault(identifier.fingerprint, (key, pointer))
            if holder[1] is not pointer or holder[0] is not key:
                _shared(identifier, key, pointer, holder, findings)
            tombstone = tombstones.find(identifier)
            if tombstone is not None:
                exact = tombstone.identifier == identifier
                message = (
                    f"{identifier.display} was revoked for ever on {tombstone.on} ({tombstone.reason}), "
                    f"{_where(tombstone)}" + ("" if exact else "; it differs by letter case only")
                )
                remedy = (
                    "remove it from here; if the app still needs a key, create a new one at the exchange"
                    " and write its id here"
                )
                complaints = Complaints(key.place.path, findings, key.name)
                complaints.add("revoked-id-declared", message, remedy, *pointer, account=key.account)
    revoked = {tombstone.identifier.fingerprint for tombstone in tombstones}
    for key in registry.keys.values():
        named = fingerprint_of(key.name)
        if named in holders or named in revoked or f"sha256:{key.name}" in holders or f"sha256:{key.name}" in revoked:
            complaints = Complaints(key.place.path, findings, key.name)
            message = f"the key {key.name!r} is named like a known id, so that nobody could tell which is meant"
            complaints.add("value", message, "rename the file after what the key is for")


def _living(key: Key) -> Iterator[tuple[Identifier, Pointer]]:
    if key.identifier is not None:
        yield key.identifier, ("id",)
    if key.retiring is not None:
        yield key.retiring.identifier, ("retiring", "id")


def _where(tombstone: Tombstone) -> str:
    place = tombstone.place
    return f"entry {int(place.pointer[-1]) + 1} under revoked in {place.path}" if place else tombstone.origin


def _shared(
    identifier: Identifier, key: Key, pointer: Pointer, holder: tuple[Key, Pointer], findings: list[Finding]
) -> None:
    other, where = holder
    field = ".".join(str(part) for part in where)
    message = f"{identifier.display} is declared already, as {field} of key {other.name!r} ({other.place.path})"
    remedy = "one id belongs to one key: correct it here or there"
    complaints = Complaints(key.place.path, findings, key.name)
    complaints.add("identifier-shared", message, remedy, *pointer, account=key.account)
