"""Ways to change keys: one connection for each credential for writing, opened when it is first needed."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from keyctl.exchanges import catalogue
from keyctl.exchanges.declaration import Declaration
from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.reading import Reader
from keyctl.exchanges.transport import Transport
from keyctl.exchanges.writing import Unsupported, Writer
from keyctl.model.account import Account
from keyctl.model.identifier import Fingerprint
from keyctl.model.live import LiveKey
from keyctl.model.names import AccountName
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile.connections import Connections
from keyctl.secrets.sources import CredentialError, Credentials, prefix

SKEW = 30.0
"""Seconds by which this machine's clock may differ from an exchange's: dates decide what is done."""


class Unreachable(Exception):
    """An account's keys can't be changed from here; nothing was sent that changes anything. ``by_hand`` says that no
    credential is there for it, so that a person has to act."""

    def __init__(self, message: str, *, by_hand: bool = False) -> None:
        super().__init__(message)
        self.by_hand = by_hand


@dataclass(frozen=True, slots=True)
class Way:
    """To the keys of one account: ``called`` is how calls name it, None for the credential's own account."""

    account: Account
    called: str | None
    declared: Declaration
    transport: Transport
    reader: Reader
    writer: Writer
    expected: frozenset[Fingerprint] = frozenset()

    async def keys(self) -> tuple[LiveKey, ...]:
        """All keys of the account, as its exchange lists them now. Raises ExchangeError."""
        return await self.reader.keys(self.transport, self.called)

    def tells(self, listed: Collection[LiveKey], but: Collection[Fingerprint]) -> bool:
        """Whether what a listing does not show is gone. An empty one tells nothing where ids are expected, ``but``
        those that were to go."""
        return bool(listed) or self.expected.issubset(but)


@dataclass(slots=True)
class Reach:
    """All ways of one run. Used as an asynchronous context, which closes them.

    ``expected`` are the ids that each account is to have by the files. ``protected`` are all credentials that keyctl
    uses or is declared to use anywhere: no writer touches them (law 9).
    """

    accounts: Mapping[AccountName, Account]
    credentials: Credentials
    connections: Connections
    protected: frozenset[Fingerprint]
    tombstones: Tombstones
    expected: Mapping[AccountName, frozenset[Fingerprint]] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _open: dict[AccountName, Transport | Unreachable] = field(default_factory=dict)
    _opening: dict[AccountName, Lock] = field(default_factory=dict)

    async def __aenter__(self) -> Reach:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def declared(self, account: Account) -> Declaration:
        """What is known of an account's exchange."""
        return catalogue.declaration(account.exchange)

    async def way(self, name: AccountName) -> Way:
        """Raises Unreachable, each time alike."""
        account = self.accounts[name]
        root = account if account.parent is None else self.accounts.get(account.parent)
        if root is None or root.closed is not None or root.parent is not None:
            raise Unreachable(f"no credential writes {name}: its parent {account.parent} is not an open account")
        declared = self.declared(account)
        why: str | None = None
        try:
            writer = catalogue.writer(account.exchange, protected_ids=self.protected, tombstones=self.tombstones)
        except Unsupported as error:
            why = str(error)
        if why is not None:
            raise Unreachable(why, by_hand=True)
        async with self._opening.setdefault(root.name, Lock()):
            if root.name not in self._open:
                self._open[root.name] = await self._opened(root)
        found = self._open[root.name]
        if isinstance(found, Unreachable):
            raise found
        called = None if account is root else account.subaccount or account.uid
        return Way(
            account,
            called,
            declared,
            found,
            catalogue.reader(account.exchange),
            writer,
            self.expected.get(name, frozenset()),
        )

    async def _opened(self, root: Account) -> Transport | Unreachable:
        variables = prefix(root, use=self.credentials.use)
        why = ""
        try:
            credential = self.credentials.for_account(root)
            if credential is None:
                return Unreachable(
                    f"no credential to write {root.name} is set: {variables}_KEY and _SECRET", by_hand=True
                )
            if self.tombstones.find(credential.identifier) is not None:
                return Unreachable(f"{variables}_KEY holds an id that is revoked")
            transport = await self._stack.enter_async_context(self.connections.open(root, credential))
            view = await catalogue.reader(root.exchange).inspect(transport, credential)
            if root.uid is not None and view.uid is not None and view.uid != root.uid:
                raise ExchangeError(
                    Cause.CREDENTIAL_INVALID,
                    f"the credential belongs to account {view.uid}, and the registry says uid {root.uid}",
                    f"give {variables}_… a key of {root.name}, or correct `uid` in registry/accounts.yaml",
                )
            clock = transport.clock
            if clock is not None and abs(clock.seconds) - clock.within > SKEW:
                return Unreachable(
                    f"this machine's clock is {clock.seconds:+.0f} s off that of {root.exchange}, and more than"
                    f" {SKEW:.0f} s is too much to act by; set the clock (NTP)"
                )
            return transport
        except (ExchangeError, CredentialError) as error:
            why = f"{error} (asked with {variables}_…)"
        return Unreachable(why)
