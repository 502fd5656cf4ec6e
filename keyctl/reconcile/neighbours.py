"""What other registries in the same repository hold: their keys are not for this one."""

from __future__ import annotations

from pathlib import Path

from keyctl.model.identifier import Fingerprint
from keyctl.reconcile.desired import Desired
from keyctl.registry.load import load
from keyctl.registry.owners import work_tree


def elsewhere(root: Path, desired: Desired) -> dict[Fingerprint, str]:
    """Every id that another registry of the work tree declares or has revoked, with words for that registry.

    Registries are known from history; one that was never committed is nobody's yet.
    """
    ledger, top = desired.history.ledger if desired.history else None, work_tree(root)
    if ledger is None or top is None or desired.registry is None:
        return {}
    found: dict[Fingerprint, str] = {}
    for place, known in sorted(ledger.registries):
        folder = top / place
        if known == desired.registry.id or folder.resolve() == root or not folder.is_dir():
            continue
        there = load(folder)
        if there.registry_id is None or there.registry_id == desired.registry.id:
            continue
        words = f"another registry of this repository, in {place or 'its top folder'},"
        for key in there.readable.keys.values():
            for one in key.living:
                found.setdefault(one.fingerprint, words)
        for stone in there.readable.tombstones():
            found.setdefault(stone.identifier.fingerprint, words)
    return found
