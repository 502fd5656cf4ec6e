"""What the checkout and its history say: the half of a reconcile that needs no exchange, and all of a validate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from keyctl.history.cache import document_cache
from keyctl.history.examine import History, examine
from keyctl.model.finding import Finding, Severity
from keyctl.model.registry import Registry
from keyctl.model.rules import found
from keyctl.model.tombstone import Tombstones
from keyctl.model.validation import Counts
from keyctl.policy.concealing import all_concealed
from keyctl.registry.load import load

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Desired:
    """``registry`` is None when its files are wrong; ``history`` is None when it was not looked at.

    ``tombstones`` are the checkout's and history's together. ``findings`` carry lines and columns. ``readable`` is what
    could be read, also when files are wrong, and ``texts`` are the bytes of all files.
    """

    registry: Registry | None
    history: History | None
    tombstones: Tombstones
    findings: tuple[Finding, ...]
    counts: Counts
    readable: Registry
    texts: Mapping[str, bytes] = field(default_factory=dict, repr=False)


def read_desired(
    root: Path,
    *,
    environ: Mapping[str, str],
    protected: str | None = None,
    anchor: Path | None = None,
    with_history: bool = True,
    cached: bool = True,
    progress: Progress | None = None,
) -> Desired:
    """Read the registry below ``root`` and hold it against everything that git remembers of it (laws 1 and 2).

    Without ``cached`` nothing that an earlier run kept is used: whatever acts or anchors must not rest on a cache.
    """
    loaded = load(root, cache=document_cache(root, environ) if cached else None)
    registry = loaded.registry
    history = None
    findings = loaded.findings
    if registry is not None and with_history:
        history = examine(
            root,
            registry,
            protected=protected,
            environ=environ,
            anchor=anchor,
            cache=cached,
            documents=loaded.documents,
            progress=progress,
        )
        findings += tuple(finding for finding in history.findings if not _told(finding, findings))
    elif with_history:
        findings += (
            found(
                "history-unverified",
                "the history was not looked at, since the registry's files are wrong",
                "mend the other findings first",
                severity=Severity.INFO,
            ),
        )
    own = registry.tombstones() if registry else Tombstones(())
    remembered = history.tombstones if history else ()
    tombstones = Tombstones(chain(own, remembered))
    counts = Counts(
        files=loaded.files,
        accounts=len(registry.accounts) if registry else None,
        apps=len(registry.apps) if registry else None,
        keys=len(registry.keys) if registry else None,
        tombstones=len(tombstones) if registry else None,
        commits=history.commits if history else None,
    )
    findings = all_concealed(loaded.texts, findings)
    return Desired(registry, history, tombstones, findings, counts, loaded.readable, loaded.texts)


def _told(finding: Finding, before: tuple[Finding, ...]) -> bool:
    """Whether the checkout alone told the same already: history repeats it in its own words."""
    return any((finding.rule, finding.place) == (other.rule, other.place) for other in before if other.place)
