"""What the exchanges report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from keyctl.model.balance import Balance
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.ips import IpSet
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.observed import NotObservable, Observed
from keyctl.model.scopes import ScopeSet


class Coverage(StrEnum):
    """How much of an account's keys the exchange let keyctl see."""

    ENUMERATED = "enumerated"
    DECLARED_ONLY = "declared-only"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True, order=True)
class KeyEvent:
    """Something that an exchange's own log says was done to a key; ``what`` is the exchange's word for it."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """A field whose meaning the exchange documents two ways, or not at all, and of which the worse reading was taken;
    ``words`` say so in a sentence, and ``otherwise`` are the scopes by the other reading, where that is known."""

    field: str
    words: str
    otherwise: ScopeSet | None = None


@dataclass(frozen=True, slots=True)
class LiveKey:
    """One key as an exchange reports it; all times are aware and in UTC.

    ``native`` are the exchange's own rights as it spells them, sorted. ``events`` is what the exchange's log
    says of the key, oldest first, as far back as was read; empty where it has no log.
    """

    identifier: Identifier
    label: Observed[str]
    scopes: Observed[ScopeSet]
    ips: Observed[IpSet]
    enabled: Observed[bool]
    created_at: Observed[datetime]
    modified_at: Observed[datetime]
    expires_at: Observed[datetime]
    last_used_at: Observed[datetime]
    native: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    events: tuple[KeyEvent, ...] = ()

    @property
    def scopes_otherwise(self) -> ScopeSet | None:
        """The scopes by another reading of the answer than the worse one, which was taken; None where there is none."""
        return next((one.otherwise for one in self.assumptions if one.field == "scopes"), None)


@dataclass(frozen=True, slots=True)
class SubAccount:
    """A sub-account as its parent lists it; ``frozen`` is unknown where the list has no such state."""

    uid: str
    name: str
    frozen: Observed[bool]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A declared key of an account that can't be enumerated, and why nothing could be learnt about it.

    ``askable`` is False where there was nothing to ask: no API, or no credential that could. Only then may a person's
    word stand in; what was asked and failed is to be mended.
    """

    fingerprint: Fingerprint
    reason: str
    askable: bool = True


NOT_ASKED_FOR = NotObservable("balances were not asked for")


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """One account as observed.

    ``error`` says why the account is incomplete, for people. ``keys`` are sorted by fingerprint. ``gone`` holds
    fingerprints of which the exchange said explicitly that they do not exist. ``credential`` is the identifier that
    keyctl itself used; ``subaccounts`` is what a parent lists, not observable for accounts that have none.
    ``balances`` is what lies in it; that they can't be read says nothing of the keys.
    """

    account: AccountName
    exchange: ExchangeId
    coverage: Coverage
    observed_at: datetime
    keys: tuple[LiveKey, ...] = ()
    error: str | None = None
    gone: frozenset[Fingerprint] = frozenset()
    unanswered: tuple[Unanswered, ...] = ()
    credential: Identifier | None = None
    subaccounts: Observed[tuple[SubAccount, ...]] = field(kw_only=True)
    balances: Observed[Balance] = field(default=NOT_ASKED_FOR, kw_only=True)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was observed in one run, accounts sorted by name; ``taken_at`` is aware and in UTC."""

    registry_id: str
    taken_at: datetime
    accounts: tuple[AccountSnapshot, ...]
