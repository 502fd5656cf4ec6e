"""Something to tell a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from keyctl.model.names import AccountName, KeyName
from keyctl.model.place import Place


class Severity(StrEnum):
    """How bad it is, from least to worst."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info up to 3 for critical."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure keyctl is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Risk(StrEnum):
    """What a difference does to the power of a key, from least to worst."""

    REDUCTION = "reduction"
    NEUTRAL = "neutral"
    RENEWAL = "renewal"
    ESCALATION = "escalation"


class ExitReason(StrEnum):
    """Why a run does not exit with 0, the one that decides first."""

    BLOCKED = "blocked"
    FAILED = "failed"
    DIFFERENCES = "differences"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``consequence`` is the exit reason that it causes whatever its severity; findings without one
    count only from ``--fail-on`` upwards. ``message`` says what is and what should be; ``remedy`` what to do next."""

    rule: str
    severity: Severity
    confidence: Confidence
    message: str
    remedy: str
    consequence: ExitReason | None = None
    key: KeyName | None = None
    account: AccountName | None = None
    place: Place | None = None


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Worst first, then by place, key and text: the same findings always come in the same order."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                -f.severity.rank,
                f.place.path if f.place else "",
                f.place.line if f.place else 0,
                f.place.column if f.place else 0,
                f.account or "",
                f.key or "",
                f.rule,
                f.message,
            ),
        )
    )


def exit_reasons(findings: tuple[Finding, ...], fail_on: Severity) -> tuple[ExitReason, ...]:
    """Every reason that the findings give, the deciding one first (3 before 1 before 2 before 4)."""
    reasons = {finding.consequence for finding in findings}
    if any(f.severity.rank >= fail_on.rank and f.consequence is None for f in findings):
        reasons.add(ExitReason.DIFFERENCES)
    return tuple(reason for reason in ExitReason if reason in reasons)
