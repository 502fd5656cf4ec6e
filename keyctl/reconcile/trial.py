"""One credential tried: a single call that any key may make, and what the exchange says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from keyctl.exchanges.catalogue import UnknownExchange, declaration, reader
from keyctl.exchanges.declaration import Declaration
from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.reading import SelfView
from keyctl.exchanges.redaction import Redactor
from keyctl.model.account import Account
from keyctl.model.app import KEYCTL
from keyctl.model.checkup import Acceptance, ClockOffset, CredentialRow, Egress
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpSet
from keyctl.model.key import Key
from keyctl.model.names import KeyName
from keyctl.model.observed import Absent, Known, Observed
from keyctl.model.registry import Registry
from keyctl.model.scopes import READ
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile import wording
from keyctl.reconcile.connections import Connections
from keyctl.reconcile.group import Group
from keyctl.secrets.sources import Credential, CredentialError, Credentials, prefix

NEEDED = frozenset({READ})
"""All that a reader needs."""
_REFUSALS = frozenset(
    {
        Cause.CREDENTIAL_INVALID,
        Cause.IP_REFUSED,
        Cause.PERMISSION_DENIED,
        Cause.CLOCK_SKEW,
        Cause.TWO_FACTOR,
        Cause.NOT_FOUND,
    }
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial, and in words what is wrong and what to do; both empty where nothing is."""

    row: CredentialRow
    problem: str
    remedy: str


@dataclass(slots=True)
class Trial:
    """One credential, an account's or a key's own, and its call."""

    registry: Registry
    tombstones: Tombstones
    credentials: Credentials
    clock: Callable[[], datetime]
    redactor: Redactor
    connections: Connections
    account: Account
    key: Key | None

    async def row(self) -> Tried:
        """What came of it. Raises nothing for what an exchange says."""
        row = self.untried()
        try:
            credential = await asyncio.to_thread(self._credential)
        except CredentialError as error:
            remedy = "set all of a credential's variables as the exchange shows them"
            return Tried(replace(row, acceptance=Acceptance.UNUSABLE), self.redactor.scrub(str(error)), remedy)
        if credential is None:
            for_whom = f"{self.key.name}, which only its own credential can describe" if self.key else self.account.name
            start = row.variables
            message = f"there is no credential for {for_whom}: {start}_KEY and {start}_SECRET are not set"
            return Tried(row, message, self._missing())
        row = replace(row, identifier=credential.identifier, holder=self._holder(credential.identifier))
        tombstone = self.tombstones.find(credential.identifier)
        if tombstone is not None:
            words = wording.revoked_credential(self.account, credential.identifier, tombstone)
            return Tried(replace(row, acceptance=Acceptance.UNUSED), *words)
        try:
            known = declaration(self.account.exchange)
        except UnknownExchange as error:
            return Tried(
                replace(row, acceptance=Acceptance.UNCHECKED), str(error), "name another exchange, or add the plug-in"
            )
        if known.needs_passphrase and credential.passphrase is None:
            problem = f"{credential.variables}_PASSPHRASE is not set, and {known.title} needs one"
            return Tried(
                replace(row, acceptance=Acceptance.UNUSABLE), problem, "set it to what was chosen with the key"
            )
        return await self._tried(row, known, credential)

    def untried(self) -> CredentialRow:
        """The row of a credential of which nothing is known yet."""
        name = self.key.name if self.key else None
        variables = prefix(self.account, name)
        return CredentialRow(
            self.account.name, self.account.exchange, name, variables, Acceptance.MISSING, None, Egress.UNKNOWN
        )

    def _missing(self) -> str:
        if self.key is None:
            own = [
                key for key in self.registry.keys.values() if (key.account, key.owner) == (self.account.name, KEYCTL)
            ]
            issued = ", ".join(key.name for key in own if key.identifier is not None)
            return f"set them to {issued}'s" if issued else "create a key that may only read, and give it to keyctl"
        return f"set them, or let its holder run: exchange-keyctl observe {self.key.name} --out FILE"

    def _credential(self) -> Credential | None:
        if self.key is None:
            return self.credentials.for_account(self.account)
        return self.credentials.for_key(self.account, self.key)

    def _holder(self, identifier: Identifier) -> KeyName | None:
        keys = self.registry.keys.values()
        return next((key.name for key in keys if identifier in key.living), None)

    async def _tried(self, row: CredentialRow, known: Declaration, credential: Credential) -> Tried:
        group = Group(
            self.account,
            (),
            {},
            known,
            reader(self.account.exchange),
            self.credentials,
            self.tombstones,
            self.redactor,
            self.connections.open,
            self.clock,
        )
        clock: ClockOffset | None = None
        try:
            async with group.connect(self.account, credential) as transport:
                try:
                    view = await group.introduce(transport, credential)
                finally:
                    clock = transport.clock
        except ExchangeError as error:
            causes = frozenset(error.causes)
            refused = causes <= _REFUSALS
            row = replace(
                row,
                acceptance=Acceptance.REFUSED if refused else Acceptance.UNCHECKED,
                cause=error.cause,
                egress=Egress.REFUSED if error.is_only(Cause.IP_REFUSED) else Egress.UNKNOWN,
                clock=clock,
            )
            message = self.redactor.scrub(f"{error.cause}: {error.message}")
            return Tried(row, message, self.redactor.scrub(error.remedy))
        return Tried(self._accepted(row, view, clock), "", "")

    def _accepted(self, row: CredentialRow, view: SelfView, clock: ClockOffset | None) -> CredentialRow:
        scopes, ips = view.key.scopes, view.key.ips
        excess = None
        if self.key is None:
            excess = scopes.value - NEEDED if isinstance(scopes, Known) else None
        return replace(
            row,
            acceptance=Acceptance.ACCEPTED,
            egress=_egress(ips),
            scopes=scopes,
            ips=ips,
            excess=excess,
            clock=clock,
        )


def _egress(ips: Observed[IpSet]) -> Egress:
    """Of a call that was answered: it passed the list, if there is one."""
    match ips:
        case Known(listed):
            return Egress.UNRESTRICTED if listed.unrestricted else Egress.ADMITTED
        case Absent():
            return Egress.UNRESTRICTED
        case _:
            return Egress.UNKNOWN
