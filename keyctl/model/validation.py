"""What comes of checking a registry without asking any exchange."""

from __future__ import annotations

from dataclasses import dataclass

from keyctl.model.finding import ExitReason, Finding


@dataclass(frozen=True, slots=True)
class Counts:
    """How much was looked at.

    What the registry holds is None where its files are too wrong to tell, ``commits`` where history was not looked at.
    """

    files: int
    accounts: int | None
    apps: int | None
    keys: int | None
    tombstones: int | None
    commits: int | None


@dataclass(frozen=True, slots=True)
class Validation:
    """The result of a validate. ``partial`` ones are no evidence for a gate."""

    counts: Counts
    partial: bool
    findings: tuple[Finding, ...]
    exit_reasons: tuple[ExitReason, ...]
