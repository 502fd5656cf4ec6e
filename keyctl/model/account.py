"""Exchange accounts and sub-accounts as the registry declares them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from keyctl.model.attestation import Attestation
from keyctl.model.names import AccountName, AppName, ExchangeId
from keyctl.model.place import Place


class Environment(StrEnum):
    """Which of an exchange's systems an account is on."""

    LIVE = "live"
    TESTNET = "testnet"
    SANDBOX = "sandbox"


class Mode(StrEnum):
    """Whether plans may act on an account."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


class Unmanaged(StrEnum):
    """What to do about keys that nobody declared."""

    REPORT = "report"
    DELETE = "delete"


class OnExpiry(StrEnum):
    """What to do about keys past their declared expiry."""

    REPORT = "report"
    DISABLE = "disable"
    DELETE = "delete"


class SecondFactor(StrEnum):
    """How people log in to an account."""

    TOTP = "totp"
    HARDWARE = "hardware"
    PASSKEY = "passkey"
    SMS = "sms"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Closed:
    """The account is no more; ``evidence`` says how anybody can tell."""

    on: date
    evidence: str


@dataclass(frozen=True, slots=True)
class Account:
    """One account or sub-account that holds keys.

    ``parent`` names the account whose credential reads and writes this one; None where it has a credential of its own.
    ``subaccount`` is what the exchange wants in calls, ``uid`` what it answers. ``mode`` is ``observe``
    until somebody says otherwise: nothing acts on an account by default. ``grace_days`` belongs to
    ``unmanaged: delete``. ``max_balance`` is per currency code. ``email`` is a fingerprint. ``attested`` is
    for what no API shows of it: ``two_factor`` and ``email``.
    """

    name: AccountName
    exchange: ExchangeId
    environment: Environment
    place: Place
    parent: AccountName | None = None
    subaccount: str | None = None
    uid: str | None = None
    mode: Mode = Mode.OBSERVE
    unmanaged: Unmanaged = Unmanaged.REPORT
    grace_days: int = 7
    on_expiry: OnExpiry = OnExpiry.REPORT
    dedicated_to: AppName | None = None
    max_balance: tuple[tuple[str, Decimal], ...] = field(default=())
    two_factor: SecondFactor | None = None
    email: str | None = None
    closed: Closed | None = None
    attested: Attestation | None = None

    @property
    def is_subaccount(self) -> bool:
        """Whether its entry says that it is a sub-account. One that does not may be a master or not."""
        return self.parent is not None or self.subaccount is not None
