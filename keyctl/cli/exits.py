"""Exit statuses; the only place that chooses one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from keyctl.model.finding import ExitReason


class Exit(IntEnum):
    """The contract with scripts and pipelines."""

    CLEAN = 0
    FAILED = 1
    DIFFERENCES = 2
    BLOCKED = 3
    INCOMPLETE = 4
    USAGE = 64
    INTERRUPTED = 130


MEANINGS = {
    Exit.CLEAN: "clean: valid, in sync, nothing found",
    Exit.FAILED: "failed: the input is wrong, the history can't be verified, or something was not done",
    Exit.DIFFERENCES: "differences: drift, or findings at or above `--fail-on`",
    Exit.BLOCKED: "blocked: a tombstone removed, a revoked id back or alive, an id lost, the anchor not contained",
    Exit.INCOMPLETE: "incomplete: nothing worse, but something could not be observed",
    Exit.USAGE: "wrong usage",
    Exit.INTERRUPTED: "interrupted",
}
_BY_REASON = {
    ExitReason.BLOCKED: Exit.BLOCKED,
    ExitReason.FAILED: Exit.FAILED,
    ExitReason.DIFFERENCES: Exit.DIFFERENCES,
    ExitReason.INCOMPLETE: Exit.INCOMPLETE,
}


def status_of(reasons: Iterable[ExitReason]) -> Exit:
    """The status of a result: 3 before 1 before 2 before 4, else 0."""
    given = set(reasons)
    return next((_BY_REASON[reason] for reason in ExitReason if reason in given), Exit.CLEAN)
