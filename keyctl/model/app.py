"""Owners of keys: programs, teams and vendors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from keyctl.model.identifier import Identifier
from keyctl.model.names import AppName
from keyctl.model.place import Place
from keyctl.model.scopes import ScopeSet


class Kind(StrEnum):
    """Who runs an app."""

    INTERNAL = "internal"
    THIRD_PARTY = "third-party"


class Access(StrEnum):
    """How an app reaches its venue."""

    KEY = "key"
    WALLET = "wallet"


@dataclass(frozen=True, slots=True)
class Hours:
    """When an app is expected to work: lower-case three-letter ``days``, wall-clock times in the IANA ``zone``."""

    days: tuple[str, ...]
    start: time
    end: time
    zone: str


@dataclass(frozen=True, slots=True)
class Window:
    """A daily stretch of wall-clock time in the IANA ``zone``; one that ends before it starts goes over midnight."""

    start: time
    end: time
    zone: str

    def holds(self, moment: datetime) -> bool:
        """Whether an aware moment lies in it; its end does not."""
        at = moment.astimezone(ZoneInfo(self.zone)).time()
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, slots=True)
class Wallet:
    """The wallet that signs for an app with ``access: wallet``.

    ``venue`` is free text; the id of an exchange that has agents of wallets names that exchange. ``address`` is as the
    chain writes it, ``0x…`` in lower case.
    """

    venue: str
    chain: str
    address: str

    @property
    def identifier(self) -> Identifier:
        """The address as ids are compared: one that is revoked is revoked for wallets too."""
        return Identifier.parse(self.address)


@dataclass(frozen=True, slots=True)
class App:
    """One owner. ``countries`` are ISO 3166 alpha-2 codes; ``recipients`` are age recipients for its secrets."""

    name: AppName
    team: str
    kind: Kind
    place: Place
    contact: str | None = None
    access: Access = Access.KEY
    wallet: Wallet | None = None
    needs: ScopeSet = frozenset()
    hours: Hours | None = None
    countries: tuple[str, ...] = ()
    no_change: tuple[Window, ...] = ()
    recipients: tuple[str, ...] = ()
    sink: str | None = None


KEYCTL = AppName("keyctl")
"""The owner of keyctl's own credentials; it is always declared."""
