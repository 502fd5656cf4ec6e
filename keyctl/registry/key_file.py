"""A key file's document → Key."""

from __future__ import annotations

from typing import Any

from keyctl.model.finding import Finding
from keyctl.model.key import Key, Retiring, Revocation
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.place import Place
from keyctl.registry.values import Complaints, Networks, attestation, day, day_or_none, identifier, scopes


def key_name(path: str) -> KeyName:
    """The name that a key file's path gives."""
    return KeyName(path.rpartition("/")[2].removesuffix(".yaml"))


def key_of(path: str, document: dict[str, Any], networks: Networks, findings: list[Finding]) -> Key:
    """The key of a schema-valid document. What can't be meant is left out, with a finding about it."""
    name = key_name(path)
    complaints = Complaints(path, findings, name)
    get = document.get
    text = get("id")
    current = identifier(text, complaints, "id") if text is not None else None
    ips, names = networks.allow_list(document["ips"], complaints)
    retiring = _retiring(document, complaints) if "retiring" in document else None
    revoked = revocations(document.get("revoked", []), complaints)
    issued, expires = day_or_none(get("issued")), day_or_none(get("expires"))
    if issued is not None and expires is not None and expires < issued:
        complaints.add("value", f"expires {expires} is before issued {issued}", "correct one of the dates", "expires")
    if retiring is not None and issued is not None and retiring.until < issued:
        message = f"retiring until {retiring.until} is before {issued}, when the id that replaces it was issued"
        complaints.add("value", message, "correct one of the dates", "retiring", "until")
    if get("reissue") and (text is not None or not revoked):
        why = "it has an id" if text is not None else "it never had an id"
        remedy = "remove reissue; it is for keys without id whose last id is under revoked"
        complaints.add("value", f"reissue is for a key that has ended, and {why}", remedy, "reissue")
    return Key(
        name,
        AccountName(document["account"]),
        AppName(document["owner"]),
        get("purpose", ""),
        scopes(document["scopes"], complaints, "scopes"),
        ips,
        Place(path),
        current,
        names,
        issued,
        expires,
        retiring,
        get("protected", False),
        get("disabled", False),
        get("reissue", False),
        get("deliver"),
        revoked,
        tuple(document["ips"]) if isinstance(document["ips"], list) else (),
        attestation(get("attested")),
    )


def _retiring(document: dict[str, Any], complaints: Complaints) -> Retiring | None:
    entry = document["retiring"]
    if "id" not in document:
        remedy = "write the id that replaces it as id, or list the retiring one under revoked"
        complaints.add("value", "an id is retiring and no id replaces it", remedy, "retiring")
    old = identifier(entry["id"], complaints, "retiring", "id")
    return None if old is None else Retiring(old, day(entry["until"]))


def revocations(entries: list[dict[str, Any]], complaints: Complaints) -> tuple[Revocation, ...]:
    """The revoked identifiers of one file. Two entries on one identifier in one list are a slip, and refused; in
    different files they are not, since branches that revoke the same leak meet in merges."""
    if not entries:
        return ()
    revoked: list[Revocation] = []
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        dead = identifier(entry["id"], complaints, "revoked", index, "id")
        if dead is None:
            continue
        first = seen.setdefault(dead.fingerprint, index)
        if first != index:
            message = f"{dead.display} is revoked by entry {first + 1} of this list already"
            complaints.add("value", message, "keep one entry for each id", "revoked", index, "id")
        place = Place(complaints.path, ("revoked", index))
        revoked.append(
            Revocation(
                dead, day(entry["on"]), entry["reason"], place, day_or_none(entry.get("confirmed")), entry.get("note")
            )
        )
    return tuple(revoked)
