"""A trading desk at a simulated exchange, Bybit unless another is named, and the registry that declares it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from keyctl.exchanges.retry import Patience
from keyctl.model.account import Account, Environment
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpSet, parse_network
from keyctl.model.key import Key, Retiring, Revocation
from keyctl.model.live import AccountSnapshot, Snapshot
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from keyctl.model.scopes import READ, Scope
from keyctl.reconcile.observe import observe
from keyctl.sandbox.credentials import environment
from keyctl.sandbox.running import Sandbox, Scenario, running
from keyctl.sandbox.scenario import read
from keyctl.secrets.sources import Credentials
from tests.reconcile.venues import BYBIT, Venue

HERE = Place("registry/accounts.yaml")
UIDS = {"main": "1000", "many": "1001", "few": "1002", "bare": "1003", "other": "3000"}
PARENTS = {"many": "main", "few": "main", "bare": "main"}
UNASKED = "IdOfSilentKey00001"
"""The id of a key of the master account of which only its app has the secret."""


def scenario(venue: Venue = BYBIT, /, **changes: Any) -> Scenario:
    """The simulated desk; ``changes`` replace accounts."""
    reading = {"created": "30d ago", "ips": ["127.0.0.1"], **venue.reader}
    trading = {"created": "30d ago", "ips": ["203.0.113.7"], **venue.trader}
    accounts: dict[str, Any] = {
        "main": {
            "uid": UIDS["main"],
            "keys": {
                "main-reader": {**reading, "credential": "account"},
                "ledger": {**reading, "credential": "own"},
                "silent": {**trading, "id": UNASKED},
            },
        },
        "many": {"uid": UIDS["many"], "parent": "main", "keys": {f"many-{n:02}": trading for n in range(45)}},
        "few": {"uid": UIDS["few"], "parent": "main", "keys": {"few-0": trading, "few-1": trading}},
        "bare": {"uid": UIDS["bare"], "parent": "main"},
        "other": {"uid": UIDS["other"], "keys": {"other-reader": {**reading, "credential": "account"}}},
    }
    document = {"name": "desk", "exchanges": {venue.exchange: {"accounts": {**accounts, **changes}}}}
    return read(document, datetime.now(UTC))


def registry(
    simulated: Scenario, *, venue: Venue = BYBIT, tombstones: tuple[str, ...] = (), **changes: Account | None
) -> Registry:
    """What declares exactly the desk's own accounts and keys. ``changes`` replace accounts, None removes one."""
    accounts = {name: account(name, venue) for name in UIDS}
    for name, changed in changes.items():
        accounts.pop(name)
        if changed is not None:
            accounts[name] = changed
    keys = {
        KeyName(key.name): Key(
            KeyName(key.name),
            AccountName(key.account),
            AppName("app"),
            "to test",
            frozenset({READ, *map(Scope, venue.trades if key.rights == _rights(venue.trader) else ())}),
            IpSet.of([parse_network(address) for address in key.ips]),
            HERE,
            Identifier.of_text(key.id),
        )
        for key in simulated.exchanges[venue.exchange].keys
        if key.account in accounts
    }
    revoked = tuple(Revocation(Identifier.of_text(id_), date(2026, 1, 1), "leaked", HERE) for id_ in tombstones)
    return Registry(
        "registry-id",
        {AccountName(name): accounts[name] for name in sorted(accounts)},
        {},
        {},
        dict(sorted(keys.items())),
        revoked,
        "sha256:0",
    )


def _rights(form: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {group: tuple(values) for group, values in form["rights"].items()}


def account(name: str, venue: Venue = BYBIT, **changes: Any) -> Account:
    """One of the desk's accounts."""
    parent = PARENTS.get(name)
    called = name if venue.named else UIDS[name]
    plain = Account(
        AccountName(name),
        ExchangeId(venue.exchange),
        Environment.SANDBOX,
        HERE,
        parent=AccountName(parent) if parent else None,
        subaccount=called if parent else None,
        uid=UIDS[name],
    )
    return replace(plain, **changes)


def with_key(declared: Registry, name: str, **changes: Any) -> Registry:
    """The registry with one key changed."""
    keys = dict(declared.keys)
    keys[KeyName(name)] = replace(keys[KeyName(name)], **changes)
    return replace(declared, keys=keys)


def retiring(id_: str) -> Retiring:
    return Retiring(Identifier.of_text(id_), date(2026, 12, 31))


async def at_once(_seconds: float) -> None:
    """Sleep not at all, but let others run."""
    await asyncio.sleep(0)


@dataclass(frozen=True)
class Desk:
    """A running desk and the registry that is in sync with it."""

    sandbox: Sandbox
    simulated: Scenario
    registry: Registry
    venue: Venue = BYBIT

    def observe(
        self,
        declared: Registry | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        only: set[str] | None = None,
        timeout: float = 5.0,
        sandbox: str | None = None,
        paced: bool = False,
        balances: bool | set[str] = False,
        progress: Callable[[str], None] | None = None,
    ) -> Snapshot:
        """What keyctl sees now. Unless ``paced`` it never waits: a fresh exchange takes a small desk's few calls."""
        wanted = declared or self.registry
        return observe(
            wanted,
            credentials=Credentials.from_environ(self.environ() if environ is None else environ),
            tombstones=wanted.tombstones(),
            clock=lambda: datetime.now(UTC),
            sandbox=self.sandbox.control_url if sandbox is None else sandbox,
            only=None if only is None else {AccountName(name) for name in only},
            balances=balances if isinstance(balances, bool) else {AccountName(name) for name in balances},
            progress=progress,
            patience=Patience(timeout=timeout) if paced else Patience(timeout=timeout, sleep=at_once),
        )

    def environ(self) -> dict[str, str]:
        """The credentials that the desk gives keyctl, as environment variables."""
        return environment(self.simulated)

    def fault(self, match: str, kind: str, **options: Any) -> None:
        """Let requests suffer; all of them unless ``times`` says how many."""
        form = {"exchange": self.venue.exchange, "match": match, "kind": kind, "times": None, **options}
        assert self.control("POST", "/faults", form) is None

    def heal(self) -> None:
        """Take every fault back."""
        self.control("DELETE", "/faults")

    def requests(self) -> list[str]:
        """Every request so far, as ``GET /path``."""
        return [f"{request['method']} {request['path']}" for request in self.control("GET", "/requests")]

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Ask the sandbox's control port."""
        where = urlsplit(self.sandbox.control_url)
        connection = HTTPConnection(where.hostname or "", where.port, timeout=10)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
            assert response.status in (200, 204), answer
            return json.loads(answer) if answer else None
        finally:
            connection.close()


@contextmanager
def opened(simulated: Scenario | None = None, venue: Venue = BYBIT) -> Iterator[Desk]:
    """A desk while the block runs."""
    simulated = simulated or scenario(venue)
    with running(simulated) as sandbox:
        yield Desk(sandbox, simulated, registry(simulated, venue=venue), venue)


def of(snapshot: Snapshot, name: str) -> AccountSnapshot:
    """One account of a snapshot."""
    (found,) = [account for account in snapshot.accounts if account.account == name]
    return found
