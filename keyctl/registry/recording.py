"""What acting on an exchange leaves in a registry's files: ids that were issued, replaced, revoked and confirmed.

Every byte that an edit is not about stays as it is. All functions raise EditRefused, and YamlError for bad files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from keyctl.model.identifier import Identifier
from keyctl.registry.attesting import with_confirmation
from keyctl.registry.canonical import key_fields
from keyctl.registry.edit import EditRefused, add_entry, append, remove, set_scalar
from keyctl.registry.reader import Node, read


@dataclass(frozen=True, slots=True)
class Death:
    """An id that is to be listed under ``revoked``: from which day, why, and since when the exchange says that it is
    dead, None where it has not said so yet. ``exchange`` is the note that entries of no key's file carry."""

    identifier: Identifier
    on: date
    reason: str
    confirmed: date | None = None
    exchange: str | None = None

    def entry(self) -> dict[str, Node]:
        """As it is written."""
        told: dict[str, Node] = {"id": _written(self.identifier)}
        if self.exchange is not None:
            told["exchange"] = self.exchange
        told |= {"on": str(self.on), "reason": self.reason}
        return told if self.confirmed is None else {**told, "confirmed": str(self.confirmed)}


def with_issue(data: bytes, identifier: Identifier, day: date | None) -> bytes:
    """A key's file without id, with this one. Without ``day`` the file does not say when it was issued."""
    if _document(data).get("id") is not None:
        raise EditRefused("it has an id already")
    data = _without(data, "reissue")
    return _issued(_with(data, "id", _written(identifier)), day)


def with_reissue(data: bytes) -> bytes:
    """A key's file without id that says that another one is to be made; any other file as it is."""
    document = _document(data)
    if "id" in document or document.get("reissue") is True:
        return data
    return add_entry(_without(data, "reissue"), (), "reissue", True, key_fields())


def with_successor(data: bytes, identifier: Identifier, day: date | None, until: date) -> bytes:
    """A key's file in which this id takes the place of the current one, which retires until the end of a day (UTC)."""
    document = _document(data)
    old = document.get("id")
    if not isinstance(old, str):
        raise EditRefused("it has no id that could be replaced")
    if "retiring" in document:
        raise EditRefused("an id is retiring already")
    data = _issued(_with(data, "id", _written(identifier)), day)
    return add_entry(data, (), "retiring", {"id": old, "until": str(until)}, key_fields())


def with_death(data: bytes, death: Death) -> bytes:
    """A key's file in which an id of it is no longer current or retiring, but revoked. An id that was retiring becomes
    the current one again where that dies and it does not."""
    document = _document(data)
    retiring = document.get("retiring")
    left = retiring.get("id") if isinstance(retiring, dict) else None
    if _is(left, death.identifier):
        data = remove(data, ("retiring",))
    elif _is(document.get("id"), death.identifier):
        if isinstance(left, str):
            data = set_scalar(remove(data, ("retiring",)), ("id",), left)
        else:
            data = remove(data, ("id",))
    return with_tombstone(data, death)


def with_tombstone(data: bytes, death: Death) -> bytes:
    """A file with this entry under ``revoked``, or with the one on this id that is there confirmed."""
    document = _document(data)
    entries = document.get("revoked")
    if not isinstance(entries, list):
        order = key_fields() if "account" in document else ()
        return add_entry(data, (), "revoked", [death.entry()], order)
    for index, entry in enumerate(entries):
        if isinstance(entry, dict) and _is(entry.get("id"), death.identifier):
            if death.confirmed is None or "confirmed" in entry:
                return data
            return with_confirmation(data, ("revoked", index), death.confirmed, None)
    return append(data, ("revoked",), death.entry())


def _with(data: bytes, name: str, text: str) -> bytes:
    if name in _document(data):
        return set_scalar(data, (name,), text)
    return add_entry(data, (), name, text, key_fields())


def _issued(data: bytes, day: date | None) -> bytes:
    return _without(data, "issued") if day is None else _with(data, "issued", str(day))


def _without(data: bytes, name: str) -> bytes:
    return remove(data, (name,)) if name in _document(data) else data


def _document(data: bytes) -> Mapping[str, Any]:
    document = read(data)
    if not isinstance(document, dict):
        raise EditRefused("it is no mapping")
    return document


def _is(written: object, identifier: Identifier) -> bool:
    return isinstance(written, str) and Identifier.parse(written) == identifier


def _written(identifier: Identifier) -> str:
    return identifier.text if identifier.text is not None else identifier.fingerprint
