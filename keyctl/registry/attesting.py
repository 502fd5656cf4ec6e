"""A person's word written into a registry file; every byte that it is not about stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from keyctl.model.attestation import Attestation
from keyctl.model.place import Pointer
from keyctl.registry.canonical import revoked_fields
from keyctl.registry.edit import add_entry, remove
from keyctl.registry.layout import layout
from keyctl.registry.reader import Node

NAME = "attested"


def with_attestation(data: bytes, pointer: Pointer, attested: Attestation, order: Sequence[str]) -> bytes:
    """The file with this as the only attestation of the entry at ``pointer``, whose fields have an order. Raises
    EditRefused, and YamlError for bad files."""
    here = (*pointer, NAME)
    bare = data if layout(data).spot(here) is None else remove(data, here)
    entry: dict[str, Node] = {"on": str(attested.on), "by": attested.by, "evidence": attested.evidence}
    if attested.fields:
        entry["fields"] = list(attested.fields)
    if attested.state is not None:
        entry["state"] = attested.state
    return add_entry(bare, pointer, NAME, entry, order)


def with_confirmation(data: bytes, pointer: Pointer, day: date, note: str | None) -> bytes:
    """The file with the tombstone at ``pointer`` confirmed, and a note beside it if one is given. Raises the same."""
    confirmed = add_entry(data, pointer, "confirmed", str(day), revoked_fields())
    return confirmed if note is None else add_entry(confirmed, pointer, "note", note, revoked_fields())
