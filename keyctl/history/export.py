"""The declared and revoked sets as one document: an anchor, and food for guards in other repositories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from keyctl import __version__
from keyctl.history.anchors import SCHEMA_VERSION, digest_of
from keyctl.history.examine import History, examine_for_export
from keyctl.history.integrity import unverified
from keyctl.history.sets import Sets
from keyctl.history.walk import Progress
from keyctl.model.finding import Finding
from keyctl.model.identifier import Identifier
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstone


@dataclass(frozen=True, slots=True)
class ExportResult:
    """``document`` is None when the findings forbid an export; its schema is ``schemas/tombstones.schema.json``."""

    document: dict[str, Any] | None
    findings: tuple[Finding, ...]


def export(
    root: Path,
    registry: Registry,
    *,
    protected: str | None,
    environ: Mapping[str, str],
    now: datetime,
    progress: Progress | None = None,
) -> ExportResult:
    """The export of a clean checkout whose history is verified and obeys the laws. Nothing cached is used.

    ``now`` must know its offset from UTC.
    """
    history, sets = examine_for_export(root, registry, protected=protected, environ=environ, progress=progress)
    findings = history.findings
    if history.dirty and history.commit is not None:
        message = f"registry files differ from commit {history.commit[:12]}, which the export would name"
        findings = (*findings, unverified(message, "commit or undo the changes, then export again"))
    if sets is None or any(finding.consequence is not None for finding in findings):
        return ExportResult(None, findings)
    return ExportResult(_document(registry, history, sets, now), findings)


def _document(registry: Registry, history: History, sets: Sets, now: datetime) -> dict[str, Any]:
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "tool_version": __version__,
        "registry": registry.id,
        "commit": history.commit,
        "protected_ref": history.protected_ref,
        "generated_at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "declared": [_named(identifier) for _, identifier in sorted(sets.declared.items())],
        "revoked": [_revoked(tombstone) for _, tombstone in sorted(sets.revoked.items())],
    }
    document["digest"] = digest_of(document)
    return document


def _named(identifier: Identifier) -> dict[str, str]:
    named: dict[str, str] = {"fingerprint": identifier.fingerprint}
    if identifier.folded is not None and identifier.folded != identifier.fingerprint:
        named["folded"] = identifier.folded
    return named


def _revoked(tombstone: Tombstone) -> dict[str, str]:
    entry = _named(tombstone.identifier)
    if tombstone.on is not None:
        entry["on"] = tombstone.on.isoformat()
    if tombstone.reason is not None:
        entry["reason"] = tombstone.reason
    return entry
