"""What comes of comparing desired with live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from keyctl.model.balance import Balance
from keyctl.model.finding import ExitReason, Finding, Risk
from keyctl.model.identifier import Identifier
from keyctl.model.live import NOT_ASKED_FOR, Coverage
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.observed import Observed

SCHEMA_VERSION = 1


class Status(StrEnum):
    """What a key is, loudest first."""

    REACTIVATED = "reactivated"
    UNOBSERVABLE = "unobservable"
    MISSING = "missing"
    EXPIRED = "expired"
    DRIFTED = "drifted"
    PENDING_WRITE_BACK = "pending-write-back"
    UNMANAGED = "unmanaged"
    EXPIRING = "expiring"
    UNISSUED = "unissued"
    IN_SYNC = "in-sync"
    ENDED = "ended"


Value = str | bool | tuple[str, ...] | None
"""A field's value as documents show it: sorted texts for sets, RFC 3339 for times, None for none."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field in which live differs from desired. ``risk`` is what the difference does to the key's power compared
    with what is declared: ``escalation`` means that the live key can do more, or from more places, or for longer."""

    field: str
    live: Value
    desired: Value
    risk: Risk


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One credential, or one declared key without any. ``key`` is None for what nobody declared.

    ``retiring`` marks the row of the id that a rotation replaces.
    """

    key: KeyName | None
    account: AccountName | None
    owner: AppName | None
    identifier: Identifier | None
    statuses: tuple[Status, ...]
    unknown: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    retiring: bool = False

    @property
    def status(self) -> Status:
        """The loudest one."""
        return self.statuses[0]


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account: how much of it could be seen. ``live_keys`` is None where their number is not known; ``balance``
    is what lies there, where that was asked for."""

    name: AccountName
    exchange: ExchangeId
    coverage: Coverage
    error: str | None
    live_keys: int | None
    balance: Observed[Balance] = NOT_ASKED_FOR


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a reconcile, sorted and stable: the same input gives the same bytes (law 10).

    The digests are None where the registry's files were too wrong to compare anything. ``last_complete`` is when an
    earlier run was last complete, as far as that was remembered; documents leave it out.
    """

    generated_at: datetime
    commit: str | None
    dirty: bool
    registry_digest: str | None
    live_digest: str | None
    partial: bool
    accounts: tuple[AccountRow, ...]
    keys: tuple[KeyRow, ...]
    findings: tuple[Finding, ...]
    exit_reasons: tuple[ExitReason, ...]
    last_complete: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether everything was looked at: nothing left out, no account incomplete, nothing that failed."""
        seen = self.accounts and all(account.coverage is not Coverage.INCOMPLETE for account in self.accounts)
        return bool(seen) and not self.partial and ExitReason.FAILED not in self.exit_reasons
