"""Every key at a glance: what its file and history say, and what an exchange reports if it was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from keyctl.model.comparison import KeyRow
from keyctl.model.finding import ExitReason, Finding
from keyctl.model.identifier import Identifier
from keyctl.model.key import Key
from keyctl.model.life import HeldId
from keyctl.model.live import LiveKey
from keyctl.model.names import AppName, ExchangeId


class State(StrEnum):
    """What registry and history alone say of a credential, loudest first. ``REVOKED`` is an id that is declared, or
    alive, and revoked for ever."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    EXPIRING = "expiring"
    RETIRING = "retiring"
    UNISSUED = "unissued"
    ISSUED = "issued"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One credential, or one declared key without any.

    ``row`` has no statuses where no exchange was asked. ``state`` and ``declared`` are None for a live key that nobody
    declared, ``live`` where nothing was seen. ``days_left`` counts whole days until the declared end, negative after
    it; None without one.
    """

    row: KeyRow
    state: State | None
    declared: Key | None
    exchange: ExchangeId | None
    days_left: int | None
    live: LiveKey | None


@dataclass(frozen=True, slots=True)
class WalletRow:
    """One app that signs with a wallet. ``exchange`` is the one that ``venue`` names, None where that is another place;
    ``address`` is the wallet's."""

    app: AppName
    team: str
    venue: str
    exchange: ExchangeId | None
    chain: str
    address: Identifier


@dataclass(frozen=True, slots=True)
class Overview:
    """The result of a status. ``live`` says whether exchanges were asked; ``ids`` is every id that the one key asked
    about ever had, None for several keys. ``wallets`` are the apps that sign with one, by name; no exchange is asked
    about those."""

    generated_at: datetime
    commit: str | None
    dirty: bool
    live: bool
    partial: bool
    keys: tuple[OverviewRow, ...]
    ids: tuple[HeldId, ...] | None
    findings: tuple[Finding, ...]
    exit_reasons: tuple[ExitReason, ...]
    wallets: tuple[WalletRow, ...] = ()
