"""Laws 1 and 2: no id leaves the registry but by being revoked, and what was revoked stays revoked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from keyctl.history.ledger import Ledger, key_of
from keyctl.history.walk import shown
from keyctl.model.finding import Finding
from keyctl.model.identifier import Fingerprint, Identifier, shortened
from keyctl.model.key import NEVER_ISSUED, Key
from keyctl.model.names import KeyName
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from keyctl.model.rules import found
from keyctl.model.tombstone import Tombstone, Tombstones
from keyctl.registry.identifiers import REVOKED_WALLET

ByHand = Mapping[str, tuple[Identifier, ...]]
"""What people say that unreadable objects of this history held, by object id."""


def tombstones_of(ledger: Ledger) -> tuple[Tombstone, ...]:
    """Every id that a ledger's commits ever revoked, sorted by fingerprint."""
    return tuple(
        Tombstone(
            identifier_of(fingerprint, one.text, one.folded),
            str(one.first),
            key=key_of(one.first.path),
            on=_day(one.on),
            reason=one.reason,
            confirmed=_day(one.confirmed),
        )
        for fingerprint, one in sorted(ledger.revoked.items())
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None


def identifier_of(fingerprint: Fingerprint, text: str | None, folded: Fingerprint | None = None) -> Identifier:
    """The identifier of a ledger's entry; hashing is spared where ``folded`` is known."""
    if text is not None and folded is not None:
        return Identifier(fingerprint, text, folded, shortened(text))
    return Identifier.of_text(text) if text is not None else Identifier.of_fingerprint(fingerprint)


def conservation(
    registry: Registry, ledger: Ledger, tombstones: tuple[Tombstone, ...], by_hand: ByHand
) -> list[Finding]:
    """What the checkout lost, dropped or brought back of what the ledger's commits ever declared and revoked.

    ``tombstones`` are the ledger's. ``by_hand`` counts as declared.
    """
    kept = registry.tombstones()
    spelt = {one.identifier.fingerprint: one.identifier.folded is not None for one in kept}
    dead = spelt.keys()
    # History may know an id's text, and so its letter case, where the checkout lists the fingerprint alone.
    beside = Tombstones(one for one in tombstones if not spelt.get(one.identifier.fingerprint, False))
    findings, alive = _living_ones(registry, kept, beside)
    findings += _wallets(registry, kept, beside)
    findings += [_removed(tombstone) for tombstone in tombstones if tombstone.identifier.fingerprint not in dead]
    accounted = alive | dead | ledger.revoked.keys()
    findings += [
        _lost(identifier_of(fingerprint, one.text), key_of(one.last.path), f"last by {one.last}", registry)
        for fingerprint, one in ledger.declared.items()
        if fingerprint not in accounted
    ]
    for blob, identifiers in by_hand.items():
        findings += [
            _lost(one, None, f"by the unreadable object {blob[:12]} that the base side lists", registry)
            for one in identifiers
            if one.fingerprint not in accounted and one.fingerprint not in ledger.declared
        ]
    return findings


def _living_ones(registry: Registry, kept: Tombstones, beside: Tombstones) -> tuple[list[Finding], set[Fingerprint]]:
    findings: list[Finding] = []
    holders: dict[Fingerprint, Key] = {}
    for key in registry.keys.values():
        for identifier, pointer in key.placed:
            place = Place(key.place.path, pointer)
            if identifier.fingerprint in holders:
                other = holders[identifier.fingerprint]
                message = f"{identifier.display} is declared already, by key {other.name!r} ({other.place.path})"
                remedy = "one id belongs to one key: correct it here or there"
                findings.append(
                    found("identifier-shared", message, remedy, key=key.name, account=key.account, place=place)
                )
            holders[identifier.fingerprint] = key
            tombstone = kept.find(identifier) or beside.find(identifier)
            if tombstone is not None:
                findings.append(_back(identifier, tombstone, key, place))
    return findings, set(holders)


def _wallets(registry: Registry, kept: Tombstones, beside: Tombstones) -> Iterator[Finding]:
    """A revoked address is no app's wallet. Addresses of wallets are no ids: only tombstones are held against them."""
    for app in registry.apps.values():
        if app.wallet is not None:
            address = app.wallet.identifier
            tombstone = kept.find(address) or beside.find(address)
            if tombstone is not None:
                place = Place(app.place.path, (app.name, "wallet", "address"))
                yield found("revoked-id-declared", _message(address, tombstone), REVOKED_WALLET, place=place)


def _message(identifier: Identifier, tombstone: Tombstone) -> str:
    exact = tombstone.identifier == identifier
    spelt = "" if exact else f" as {tombstone.identifier.display}; it differs by letter case only"
    return f"{identifier.display} was revoked for ever ({tombstone.origin}){spelt}"


def _back(identifier: Identifier, tombstone: Tombstone, key: Key, place: Place) -> Finding:
    return found(
        "revoked-id-declared",
        _message(identifier, tombstone),
        "remove it from here; if the app still needs a key, create a new one at the exchange and write its id here",
        key=key.name,
        account=key.account,
        place=place,
    )


def _removed(tombstone: Tombstone) -> Finding:
    identifier = tombstone.identifier
    reason = f", reason: {tombstone.reason}" if tombstone.reason else ""
    day = f", on: {tombstone.on}" if tombstone.on else ""
    return found(
        "tombstone-removed",
        f"{identifier.display} was revoked for ever ({tombstone.origin}) and is not listed as revoked any more",
        f"put it back under 'revoked' of its key or of registry/revoked.yaml: {{id: \"{identifier.fingerprint}\""
        f"{day}{reason}}}",
        key=tombstone.key,
    )


def _lost(identifier: Identifier, name: KeyName | None, origin: str, registry: Registry) -> Finding:
    key = registry.keys.get(name) if name is not None else None
    where = f"'revoked' in {key.place.path}" if key is not None else "'revoked' in registry/revoked.yaml"
    holder = f" for key {shown(name)!r}" if name is not None else ""
    return found(
        "identifier-lost",
        f"{identifier.display} was declared{holder}, {origin}, and is now neither a current nor a retiring nor a "
        "revoked id",
        f'revoke it: add {{id: "{identifier.fingerprint}", on: <day>, reason: <reason>}} to {where} '
        f"(reason {NEVER_ISSUED} if it was mistyped)",
        key=name,
        account=key.account if key is not None else None,
        place=Place(key.place.path) if key is not None else None,
    )
