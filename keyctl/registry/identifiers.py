"""Identifiers within one checkout: each is declared once, none of them is revoked, and no key is named like one. The
address of an app's wallet is none of them, and not revoked either."""

from __future__ import annotations

from collections.abc import Mapping

from keyctl.model.finding import Finding
from keyctl.model.identifier import Fingerprint, Identifier, fingerprint_of
from keyctl.model.key import Key
from keyctl.model.place import Pointer
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstone, Tombstones
from keyctl.registry.values import Complaints

REVOKED_WALLET = "let another wallet sign for the app, and write its address here; a revoked one never comes back"
"""What to do about a wallet whose address is revoked."""


def check_identifiers(registry: Registry, findings: list[Finding]) -> None:
    """Adds a finding for each id that is shared, revoked and declared again, an app's own wallet, or used as a key's
    name; and for each wallet whose address is revoked."""
    tombstones = registry.tombstones()
    holders: dict[Fingerprint, tuple[Key, Pointer]] = {}
    for key in registry.keys.values():
        for identifier, pointer in key.placed:
            holder = holders.setdefault(identifier.fingerprint, (key, pointer))
            if holder[1] is not pointer or holder[0] is not key:
                _shared(identifier, key, pointer, holder, findings)
            tombstone = tombstones.find(identifier)
            if tombstone is not None:
                message = _message(identifier, tombstone)
                remedy = (
                    "remove it from here; if the app still needs a key, create a new one at the exchange"
                    " and write its id here"
                )
                complaints = Complaints(key.place.path, findings, key.name)
                complaints.add("revoked-id-declared", message, remedy, *pointer, account=key.account)
    _check_wallets(registry, tombstones, holders, findings)
    revoked = {tombstone.identifier.fingerprint for tombstone in tombstones}
    for key in registry.keys.values():
        named = fingerprint_of(key.name)
        if named in holders or named in revoked or f"sha256:{key.name}" in holders or f"sha256:{key.name}" in revoked:
            complaints = Complaints(key.place.path, findings, key.name)
            message = f"the key {key.name!r} is named like a known id, so that nobody could tell which is meant"
            complaints.add("value", message, "rename the file after what the key is for")


def _check_wallets(
    registry: Registry,
    tombstones: Tombstones,
    holders: Mapping[Fingerprint, tuple[Key, Pointer]],
    findings: list[Finding],
) -> None:
    for app in registry.apps.values():
        if app.wallet is None:
            continue
        address = app.wallet.identifier
        tombstone = tombstones.find(address)
        if tombstone is not None:
            Complaints(app.place.path, findings).add(
                "revoked-id-declared", _message(address, tombstone), REVOKED_WALLET, app.name, "wallet", "address"
            )
        if address.fingerprint in holders:
            key, pointer = holders[address.fingerprint]
            message = f"{address.display} is the wallet of app {app.name!r}, and a wallet is no agent of its own"
            remedy = "approve an agent with a key pair of its own, and write its address here"
            Complaints(key.place.path, findings, key.name).add("value", message, remedy, *pointer, account=key.account)


def _message(identifier: Identifier, tombstone: Tombstone) -> str:
    exact = tombstone.identifier == identifier
    spelt = "" if exact else "; it differs by letter case only"
    life = f"revoked for ever on {tombstone.on} ({tombstone.reason}), {_where(tombstone)}"
    return f"{identifier.display} was {life}{spelt}"


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
