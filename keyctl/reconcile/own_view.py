"""One key's own view of itself, taken where its credential lives, for a reconcile elsewhere to merge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from keyctl.exchanges.catalogue import UnknownExchange, declaration, reader, unread
from keyctl.exchanges.errors import Cause, ExchangeError
from keyctl.exchanges.redaction import Redactor
from keyctl.exchanges.retry import Patience
from keyctl.model.account import Account
from keyctl.model.identifier import Identifier
from keyctl.model.key import Key
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.observed import NotObservable
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile.connections import Connections, hosts_of
from keyctl.reconcile.group import Group
from keyctl.secrets.sources import Credential, CredentialError, Credentials, prefix


class NotObserved(Exception):
    """The key could not be asked; the message says why, without any secret."""


class RevokedCredential(Exception):
    """The credential's id, or the key's own, is revoked for ever; nothing was asked with it."""


def own_credential(registry: Registry, key: Key, credentials: Credentials, tombstones: Tombstones) -> Credential:
    """The credential that the key's holder gave: the key's own, or the account's where that is the key's id.

    Raises Refusal for a key without id, for one at an exchange that is only declared, and for a credential that is
    missing, half there or another key's; and RevokedCredential.
    """
    account = registry.accounts[key.account]
    living = key.living
    if not living:
        raise Refusal(f"{key.name} has no id, so nothing can be asked about it", "issue it first")
    for identifier in living:
        tombstone = tombstones.find(identifier)
        if tombstone is not None:
            raise RevokedCredential(f"{identifier.display} of {key.name} is revoked for ever ({tombstone.origin})")
    why = unread(account.exchange)
    if why is not None:
        raise Refusal(f"{why}, so {key.name} can't describe itself", "have a person look at it, and attest it")
    serving = credentials.serving(registry.accounts.values(), registry.keys.values())
    own: Credential | None = None
    wrong: str | None = None
    try:
        own = serving.for_key(account, key)
        if own is None:
            shared = serving.for_account(account)
            own = shared if shared is not None and shared.identifier in living else None
    except CredentialError as error:
        wrong = str(error)
    if wrong is not None:
        raise Refusal(wrong, "set all of a credential's variables, or none")
    variables = prefix(account, key.name)
    if own is None:
        raise Refusal(
            f"the credential of {key.name} is not set", f"set {variables}_KEY and {variables}_SECRET to the key's own"
        )
    tombstone = tombstones.find(own.identifier)
    if tombstone is not None:
        raise RevokedCredential(f"{own.variables}_KEY holds an id that is revoked for ever ({tombstone.origin})")
    if own.identifier not in living:
        raise Refusal(
            f"{variables}_KEY holds id {own.identifier.display}, and {key.place.path} declares "
            f"{' and '.join(one.display for one in living)}",
            "give it the key's own credential, or correct the id in the file",
        )
    return own


def own_view(
    registry: Registry,
    key: Key,
    credential: Credential,
    *,
    credentials: Credentials,
    tombstones: Tombstones,
    sandbox: str | None,
    clock: Callable[[], datetime],
    patience: Patience | None = None,
) -> Snapshot:
    """A snapshot with the key's account and nothing in it but this key.

    Where the exchange says explicitly that there is no such key, the snapshot says so. It names no credential of
    keyctl's own, by which merging knows that it speaks of one key only. Raises NotObserved.
    """
    account = registry.accounts[key.account]
    taken_at = clock()
    redactor = Redactor(())
    credentials.tell(redactor.learn)
    patience = patience or Patience()
    connections = Connections(credentials, hosts_of((account,), sandbox, patience), redactor, patience)
    seen: LiveKey | None = None
    problem: str | None = None
    try:
        known, reads = declaration(account.exchange), reader(account.exchange)
        if known.needs_passphrase and credential.passphrase is None:
            raise CredentialError(f"{credential.variables}_PASSPHRASE is not set, and {known.title} needs one")
        group = Group(account, (), {}, known, reads, credentials, tombstones, redactor, connections.open, clock)
        seen = asyncio.run(_inspected(group, account, credential))
    except (ExchangeError, CredentialError, UnknownExchange) as error:
        gone = isinstance(error, ExchangeError) and error.is_only(Cause.NOT_FOUND)
        problem = None if gone else redactor.scrub(f"{error} (asked with {credential.variables}_…)")
    if problem is not None:
        raise NotObserved(problem)
    return Snapshot(registry.id, taken_at, (_account(account, seen, credential.identifier, clock()),))


async def _inspected(group: Group, account: Account, credential: Credential) -> LiveKey:
    async with group.connect(account, credential) as transport:
        return (await group.introduce(transport, credential)).key


def _account(account: Account, seen: LiveKey | None, asked: Identifier, at: datetime) -> AccountSnapshot:
    return AccountSnapshot(
        account.name,
        account.exchange,
        Coverage.DECLARED_ONLY,
        at,
        keys=(seen,) if seen is not None else (),
        gone=frozenset() if seen is not None else frozenset({asked.fingerprint}),
        subaccounts=NotObservable("a key's own view"),
    )
