"""Old versions that hold ids which nobody can read: each needs a person's word on the base side."""

from __future__ import annotations

from keyctl.history.base import BaseSide
from keyctl.history.integrity import unverified
from keyctl.history.ledger import Ledger
from keyctl.history.walk import Version, shown
from keyctl.model.finding import Finding
from keyctl.model.rules import found


def check_unreadable(ledger: Ledger, base: BaseSide) -> list[Finding]:
    """One finding for each object that the base side does not list under ``history.unreadable``."""
    findings: list[Finding] = []
    told: set[str] = set(base.unreadable)
    for version, one in sorted(ledger.unread.items()):
        if version.blob in told:
            continue
        told.add(version.blob)
        if one.lfs:
            message = f"{one.first} is a pointer of Git LFS (object {version.blob}), its content is not in git"
            findings.append(unverified(message, "take registry files out of Git LFS; then " + _remedy(version)))
        else:
            message = f"object {version.blob} ({one.first}) can't be read for its ids: {one.why}"
            findings.append(found("unreadable-blob", message, _remedy(version)))
    for version, sighting in sorted(ledger.submodules.items()):
        if version.blob not in told:
            told.add(version.blob)
            message = f"{sighting} is a submodule (at {version.blob}), its content is not in this repository"
            findings.append(unverified(message, "remove the submodule; then " + _remedy(version)))
    return findings


def _remedy(version: Version) -> str:
    return (
        f"find out which ids {shown(version.path)} held (git show {version.blob}) and list it in "
        "registry/registry.yaml on the protected branch: "
        f"history: {{unreadable: [{{blob: {version.blob}, ids: [...], reason: ..., approved_by: ...}}]}}; "
        "or, if no protected branch holds that commit yet, rewrite this one"
    )
