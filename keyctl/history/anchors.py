"""Earlier exports of the declared and revoked sets: what one clone can't see, they hold. Both may only have grown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from keyctl.history.sets import Sets
from keyctl.model.finding import Finding
from keyctl.model.identifier import Fingerprint, Identifier, IdentifierError
from keyctl.model.rules import found

SCHEMA_VERSION = 1
_LARGEST = 256 << 20


@dataclass(frozen=True, slots=True)
class Anchor:
    """What an export says was declared and revoked, by fingerprint; ``commit`` is where it was made."""

    commit: str
    declared: frozenset[Fingerprint]
    revoked: frozenset[Fingerprint]


class AnchorInvalid(Exception):
    """The file is no export of this registry; the message says why."""


def digest_of(document: Mapping[str, Any]) -> str:
    """Over everything in an export but its digest."""
    rest = {name: value for name, value in document.items() if name != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + sha256(text.encode("ascii")).hexdigest()


def read_anchor(path: Path, registry: str) -> Anchor:
    """The export in a file. Raises AnchorInvalid."""
    try:
        if path.stat().st_size > _LARGEST:
            raise AnchorInvalid(f"it is larger than {_LARGEST} bytes")
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise AnchorInvalid(f"it can't be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise AnchorInvalid("it is no JSON") from None
    if not isinstance(document, dict) or "digest" not in document or "declared" not in document:
        raise AnchorInvalid("it is no document of 'exchange-keyctl tombstones export'")
    if document["digest"] != digest_of(document):
        raise AnchorInvalid("its digest does not fit its content: it was changed or cut off")
    if document.get("schema_version") != SCHEMA_VERSION:
        raise AnchorInvalid(f"its schema_version is {document.get('schema_version')!r}, expected {SCHEMA_VERSION}")
    if document.get("registry") != registry:
        raise AnchorInvalid(f"it is about registry {document.get('registry')!r}, this one is {registry!r}")
    try:
        return Anchor(
            str(document["commit"]),
            frozenset(_fingerprint(entry) for entry in document["declared"]),
            frozenset(_fingerprint(entry) for entry in document["revoked"]),
        )
    except (KeyError, TypeError, IdentifierError):
        raise AnchorInvalid("its lists are not lists of fingerprints") from None


def check_anchor(path: Path, registry: str, sets: Sets) -> list[Finding]:
    """One finding for each id that the anchor holds and that the sets have lost."""
    try:
        anchor = read_anchor(path, registry)
    except AnchorInvalid as error:
        remedy = "give the file that 'exchange-keyctl tombstones export' wrote for this registry, unchanged"
        return [found("anchor-invalid", f"the anchor {path} can't be used: {error}", remedy)]
    origin = f"according to the anchor {path} (made at commit {anchor.commit[:12]})"
    remedy = (
        "either the history was rewritten or this checkout is older than the anchor: bring the branch up to date, "
        "or find out who dropped the id, and restore it"
    )
    gone = sorted(anchor.revoked - sets.revoked.keys())
    lost = sorted(anchor.declared - anchor.revoked - sets.declared.keys())
    return [
        found("anchor-broken", f"{one} is revoked {origin}, and neither history nor checkout say so", remedy)
        for one in gone
    ] + [
        found("anchor-broken", f"{one} was declared {origin}, and neither history nor checkout know it", remedy)
        for one in lost
    ]


def _fingerprint(entry: Any) -> Fingerprint:
    return Identifier.of_fingerprint(entry["fingerprint"]).fingerprint
