"""What came of trying keyctl's own credentials."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from keyctl.model.finding import ExitReason, Finding
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpSet
from keyctl.model.names import AccountName, ExchangeId, KeyName
from keyctl.model.observed import Observed
from keyctl.model.scopes import ScopeSet


class Acceptance(StrEnum):
    """Whether the exchange takes a credential, worst first. ``UNCHECKED``: it could not be asked, or did not say;
    ``UNUSED``: keyctl did not send it, since its id is revoked."""

    UNUSED = "not-used"
    UNUSABLE = "unusable"
    REFUSED = "refused"
    MISSING = "missing"
    UNCHECKED = "unchecked"
    ACCEPTED = "accepted"


class Egress(StrEnum):
    """Whether the key's own allow-list admits the address that keyctl calls from, as the exchange says."""

    ADMITTED = "admitted"
    UNRESTRICTED = "any"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """This machine's clock minus the exchange's, in seconds, and how far that may be out, either way."""

    seconds: float
    within: float


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """One credential. ``key`` is the key whose own it is, None for an account's. ``variables`` is the start of its
    variables' names. ``holder`` is the declared key that has its id. ``scopes`` and ``ips`` are what the exchange
    reports; ``excess`` is what of it a reader does not need, None where that can't be told."""

    account: AccountName
    exchange: ExchangeId
    key: KeyName | None
    variables: str
    acceptance: Acceptance
    cause: str | None
    egress: Egress
    identifier: Identifier | None = None
    holder: KeyName | None = None
    scopes: Observed[ScopeSet] | None = None
    ips: Observed[IpSet] | None = None
    excess: ScopeSet | None = None
    clock: ClockOffset | None = None


@dataclass(frozen=True, slots=True)
class Checkup:
    """The result of a doctor. ``unused`` are names of variables that no account and no key of the registry reads."""

    partial: bool
    credentials: tuple[CredentialRow, ...]
    unused: tuple[str, ...]
    findings: tuple[Finding, ...]
    exit_reasons: tuple[ExitReason, ...]
