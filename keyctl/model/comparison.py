"""What comes of comparing desired with live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from keyctl.model.balance import Balance
from keyctl.model.change import Change
from keyctl.model.finding import ExitReason, Finding
from keyctl.model.identifier import Identifier
from keyctl.model.live import NOT_ASKED_FOR, Coverage
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.observed import Observed
from keyctl.model.plan import Action

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
    earlier run was last complete, as far as that was remembered; documents leave it out. ``planned`` says that actions
    were looked for: a reconcile has none because it plans nothing.
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
    planned: bool = False
    actions: tuple[Action, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything was looked at: nothing left out, no account incomplete, nothing that failed."""
        seen = self.accounts and all(account.coverage is not Coverage.INCOMPLETE for account in self.accounts)
        return bool(seen) and not self.partial and ExitReason.FAILED not in self.exit_reasons
