"""Observing one account that has a credential of its own, and the sub-accounts that are read with it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from keyctl.exchanges.declaration import Capability, Declaration
from keyctl.exchanges.decode import masked, shows
from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.quotes import Quotes
from keyctl.exchanges.reading import Reader, SelfView
from keyctl.exchanges.redaction import Redactor
from keyctl.exchanges.transport import Transport
from keyctl.model.account import Account
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.key import Key
from keyctl.model.live import NOT_ASKED_FOR, AccountSnapshot, Coverage, LiveKey, SubAccount, Unanswered
from keyctl.model.names import AccountName
from keyctl.model.observed import Known, NotObservable, Observed
from keyctl.model.times import end_of
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile.balances import with_balances
from keyctl.reconcile.by_itself import each_by_itself
from keyctl.secrets.sources import Credential, CredentialError, Credentials, prefix

_NO_SUBACCOUNTS: Observed[tuple[SubAccount, ...]] = NotObservable("a sub-account has no sub-accounts")
_NOT_ASKED: Observed[tuple[SubAccount, ...]] = NotObservable("the exchange could not be asked")


@dataclass(frozen=True, slots=True)
class Group:
    """A root account and its sub-accounts: they share one credential and one rate scope.

    ``keys`` are the declared ones that have an identifier, by account. ``connect`` opens a transport for reading.
    ``balances`` names the accounts that are asked what lies in them, at the prices of ``quotes``.
    """

    root: Account
    children: tuple[Account, ...]
    keys: Mapping[AccountName, tuple[Key, ...]]
    declaration: Declaration
    reader: Reader
    credentials: Credentials
    tombstones: Tombstones
    redactor: Redactor
    connect: Callable[[Account, Credential], Transport]
    clock: Callable[[], datetime]
    progress: Callable[[str], None] = field(default=lambda _sentence: None)
    balances: Collection[AccountName] = ()
    quotes: Quotes = field(default_factory=Quotes)

    async def observe(self) -> tuple[AccountSnapshot, ...]:
        """Every account of the group, each observed as far as it could be."""
        problem: str | None = None
        credential: Credential | None = None
        try:
            credential = await asyncio.to_thread(self.credential)
            tombstone = self.tombstones.find(credential.identifier)
            if tombstone is not None:
                raise CredentialError(
                    f"{credential.variables}_KEY holds an id that is revoked ({tombstone.origin}), so nothing was asked"
                    " with it; give keyctl another key, and have this one deleted at the exchange"
                )
            async with self.connect(self.root, credential) as transport:
                view = await self.introduce(transport, credential)
                return await self._ask(transport, credential, view)
        except (ExchangeError, CredentialError) as error:
            problem = self.words(error, credential)
        used = credential.identifier if credential is not None else None
        return self.unasked(problem, used)

    def unasked(self, problem: str, credential: Identifier | None = None) -> tuple[AccountSnapshot, ...]:
        """All accounts as incomplete, since their common credential could not be used."""
        behind = f"its parent {self.root.name} could not be used: {problem}"
        return (
            self._incomplete(self.root, problem, credential=credential),
            *(self._incomplete(child, behind) for child in self.children),
        )

    def credential(self) -> Credential:
        """The root account's own. Raises CredentialError where it is missing, or half of it."""
        credential = self.credentials.for_account(self.root)
        variables = prefix(self.root)
        if credential is None:
            parts = [f"{variables}_{part}" for part in ("KEY", "SECRET", "PASSPHRASE")]
            wanted = parts if self.declaration.needs_passphrase else parts[:2]
            raise CredentialError(f"no credential: set {', '.join(wanted[:-1])} and {wanted[-1]}")
        return credential

    async def introduce(self, transport: Transport, credential: Credential) -> SelfView:
        """What the credential says of itself, once it is certain that it is meant for this account."""
        view = await self.inspect(transport, credential)
        if self.root.uid is not None and view.uid is not None and view.uid != self.root.uid:
            raise ExchangeError(
                Cause.CREDENTIAL_INVALID,
                f"the credential belongs to account {view.uid}, and the registry says uid {self.root.uid}",
                f"give {credential.variables}_… a key of {self.root.name}, or correct `uid` in registry/accounts.yaml",
            )
        return view

    async def inspect(self, transport: Transport, credential: Credential) -> SelfView:
        """What a credential says of itself. Raises ExchangeError, also for an answer about another key, and
        CredentialError where the exchange needs a passphrase and there is none."""
        if self.declaration.needs_passphrase and credential.passphrase is None:
            raise CredentialError(
                f"{credential.variables}_PASSPHRASE is not set, and {self.declaration.title} needs one;"
                " set it to the passphrase that was chosen when the key was made"
            )
        view = await self.reader.inspect(transport, credential)
        answered = view.key.identifier
        if answered != credential.identifier and not masked(answered):
            raise ExchangeError(
                Cause.MALFORMED,
                "the exchange answered about another key than the one that asked",
                "run again; if it stays, tell the exchange",
            )
        return SelfView(replace(view.key, identifier=credential.identifier), view.uid, view.master)

    async def _ask(self, transport: Transport, credential: Credential, view: SelfView) -> tuple[AccountSnapshot, ...]:
        subaccounts, trouble = await self._subaccounts(transport, credential, view)
        problems = {child.name: self._unreadable(child, view, subaccounts) for child in self.children}
        unreadable = {name: problem for name, problem in problems.items() if problem is not None}
        children = [self._child(transport, credential, unreadable.get(child.name), child) for child in self.children]
        root = self._root(transport, credential, view, subaccounts, trouble)
        snapshots = await asyncio.gather(root, *children)
        return await with_balances(self, transport, credential, unreadable, snapshots)

    async def _subaccounts(
        self, transport: Transport, credential: Credential, view: SelfView
    ) -> tuple[Observed[tuple[SubAccount, ...]], str | None]:
        if view.master is None and self.declaration.master_capabilities is not None:
            unknown = "the exchange does not say whether the credential is a master account's"
            return NotObservable(unknown), f"malformed: {unknown}, so its sub-accounts were not listed; run again"
        if view.master is not True:
            return _NO_SUBACCOUNTS, None
        try:
            found = await self.reader.subaccounts(transport)
        except ExchangeError as error:
            problem = self.words(error, credential)
            return NotObservable(problem), f"its sub-accounts could not be listed: {problem}"
        trouble = None
        if not found and self.children:
            trouble = (
                f"malformed: the exchange lists no sub-accounts, and the registry has {len(self.children)} here;"
                " look at the exchange's web page"
            )
        return Known(tuple(sorted(found, key=lambda subaccount: subaccount.uid))), trouble

    async def _root(
        self,
        transport: Transport,
        credential: Credential,
        view: SelfView,
        subaccounts: Observed[tuple[SubAccount, ...]],
        trouble: str | None,
    ) -> AccountSnapshot:
        unanswered: tuple[Unanswered, ...] = ()
        gone: frozenset[Fingerprint] = frozenset()
        capabilities = self.declaration.master_capabilities
        if Capability.LIST in (self.declaration.capabilities if capabilities is None else capabilities):
            listed = await self._listed(transport, credential, self.root, None)
            if isinstance(listed, str):
                return self._incomplete(
                    self.root, listed, keys=(view.key,), credential=credential.identifier, subaccounts=subaccounts
                )
            keys, coverage = listed, Coverage.ENUMERATED
        else:
            keys, unanswered, gone = await each_by_itself(self, credential, view)
            coverage = Coverage.DECLARED_ONLY
        if trouble is not None:
            coverage = Coverage.INCOMPLETE
        self.progress(f"{self.root.name}: {coverage.value}, {_count(keys)}")
        return AccountSnapshot(
            self.root.name,
            self.root.exchange,
            coverage,
            self.clock(),
            _in_order(keys),
            trouble,
            gone,
            unanswered,
            credential.identifier,
            subaccounts=subaccounts,
        )

    async def _child(
        self,
        transport: Transport,
        credential: Credential,
        problem: str | None,
        child: Account,
    ) -> AccountSnapshot:
        if problem is not None:
            return self._incomplete(child, problem)
        listed = await self._listed(transport, credential, child, child.subaccount or child.uid)
        if isinstance(listed, str):
            return self._incomplete(child, listed)
        self.progress(f"{child.name}: {Coverage.ENUMERATED.value}, {_count(listed)}")
        return AccountSnapshot(
            child.name,
            child.exchange,
            Coverage.ENUMERATED,
            self.clock(),
            _in_order(listed),
            subaccounts=_NO_SUBACCOUNTS,
        )

    def _unreadable(self, child: Account, view: SelfView, subaccounts: Observed[tuple[SubAccount, ...]]) -> str | None:
        """Why a sub-account can't be asked about; None if it can."""
        parent, called = self.root.name, child.subaccount or child.uid
        if (child.exchange, child.environment) != (self.root.exchange, self.root.environment):
            return f"its parent {parent} is at another exchange or environment; correct registry/accounts.yaml"
        if called is None:
            return "the registry names no `subaccount`; say in registry/accounts.yaml what the exchange calls it"
        if view.master is False:
            return (
                f"the credential of its parent {parent} is a sub-account's own and lists no other keys;"
                f" give {prefix(self.root)}_… a key of the master account"
            )
        if isinstance(subaccounts, Known):
            found = [sub for sub in subaccounts.value if self.reader.called(sub) == called]
            if not found:
                return f"the parent does not list {called}; correct `subaccount` or close the account in the registry"
            if child.uid is not None and not shows(found[0].uid, child.uid):
                return (
                    f"the exchange calls it {found[0].uid}, and the registry says uid {child.uid};"
                    " correct `uid` in registry/accounts.yaml"
                )
        return None

    async def _listed(
        self, transport: Transport, credential: Credential, account: Account, subaccount: str | None
    ) -> tuple[LiveKey, ...] | str:
        """All keys of an account, or why its listing can't be trusted."""
        try:
            keys = await self.reader.keys(transport, subaccount)
        except ExchangeError as error:
            return self.words(error, credential)
        if any(masked(key.identifier) for key in keys):
            return "malformed: the listing shows masked ids; nothing can be told apart by them"
        if any(number > 1 for number in Counter(key.identifier for key in keys).values()):
            return "malformed: the listing names one id twice; run again"
        now = self.clock()
        living = (key for key in self.keys.get(account.name, ()) if key.expires is None or now < end_of(key.expires))
        expected = sum(1 for _ in living)
        if not keys and expected:
            return (
                f"malformed: the listing is empty, and the registry has {expected} issued"
                f" {'key' if expected == 1 else 'keys'} here; check `subaccount` and look at the exchange's web page"
            )
        return keys

    def _incomplete(
        self,
        account: Account,
        problem: str,
        *,
        keys: tuple[LiveKey, ...] = (),
        credential: Identifier | None = None,
        subaccounts: Observed[tuple[SubAccount, ...]] = _NOT_ASKED,
    ) -> AccountSnapshot:
        self.progress(f"{account.name}: incomplete")
        return AccountSnapshot(
            account.name,
            account.exchange,
            Coverage.INCOMPLETE,
            self.clock(),
            keys,
            self.redactor.scrub(problem),
            credential=credential,
            subaccounts=subaccounts,
            balances=NotObservable(self.redactor.scrub(problem)) if account.name in self.balances else NOT_ASKED_FOR,
        )

    def words(self, error: ExchangeError | CredentialError, credential: Credential | None) -> str:
        """An error for people, with the credential that was used and without any secret."""
        asked = f" (asked with {credential.variables}_…)" if credential is not None else ""
        return self.redactor.scrub(f"{error}{asked}")


def _in_order(keys: tuple[LiveKey, ...]) -> tuple[LiveKey, ...]:
    return tuple(sorted(keys, key=lambda key: key.identifier.fingerprint))


def _count(keys: tuple[LiveKey, ...]) -> str:
    return f"{len(keys)} {'key' if len(keys) == 1 else 'keys'}"
