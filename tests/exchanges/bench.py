"""Writers over real HTTP against the simulated exchanges of the scenario ``clients``: at each one an administrator's
credential, a sub-account with keys and an empty one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, TypeVar
from urllib.parse import urlsplit

from keyctl.exchanges import catalogue
from keyctl.exchanges.declaration import Effect
from keyctl.exchanges.pacing import Pace
from keyctl.exchanges.reading import SelfView
from keyctl.exchanges.redaction import Redactor
from keyctl.exchanges.retry import Patience
from keyctl.exchanges.transport import Pacing, Transport
from keyctl.exchanges.writing import Created, Wanted, Writer
from keyctl.model.account import Environment
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.ips import IpSet, parse_network
from keyctl.model.live import LiveKey
from keyctl.model.marker import marker
from keyctl.model.names import KeyName
from keyctl.model.scopes import READ, Scope, ScopeSet
from keyctl.model.tombstone import Tombstone, Tombstones
from keyctl.sandbox.running import Sandbox, Scenario, running
from keyctl.sandbox.scenario import load
from keyctl.secrets.sources import Credential, Secret

T = TypeVar("T")
BOTH = frozenset({Effect.READ, Effect.WRITE})
MARKER = marker("7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42", KeyName("hedger"), 0)
SPOT: ScopeSet = frozenset({READ, Scope("trade.spot")})


def ips(*texts: str) -> IpSet:
    return IpSet.of(parse_network(text) for text in texts)


LOOPBACK = ips("127.0.0.1")


def wanted(scopes: ScopeSet = SPOT, allowed: IpSet = LOOPBACK, label: str = MARKER) -> Wanted:
    return Wanted(label, scopes, allowed)


def credential_of(created: Created) -> Credential:
    """What the app that gets the new key has."""
    assert created.identifier.text is not None
    return Credential(created.identifier, created.identifier.text, created.secret, created.passphrase, "KEYCTL_READ_X")


@dataclass(frozen=True)
class Bench:
    """One exchange of a running sandbox. ``admin`` is the name of the key that is called with, unless another is
    given."""

    sandbox: Sandbox
    scenario: Scenario
    exchange: str
    admin: str
    paces: dict[str, Pace] = field(default_factory=dict)

    def credential(self, name: str) -> Credential:
        """Of a key of the scenario."""
        key = next(key for key in self.scenario.exchanges[self.exchange].keys if key.name == name)
        passphrase = Secret(key.passphrase) if key.passphrase else None
        return Credential(Identifier.of_text(key.id), key.id, Secret(key.secret), passphrase, "KEYCTL_WRITE_X")

    def id(self, name: str) -> Identifier:
        return self.credential(name).identifier

    def transport(self, credential: Credential, effects: frozenset[Effect] = BOTH) -> Transport:
        account = self.paces.setdefault("account", Pace())
        return Transport(
            catalogue.declaration(self.exchange),
            credential,
            Environment.SANDBOX,
            Pacing(account, self.paces.setdefault("address", Pace())),
            Redactor([credential.secret.reveal()]),
            base_url=self.sandbox.exchanges[self.exchange],
            effects=effects,
            patience=Patience(timeout=5, first_pause=0.01),
        )

    def do(
        self,
        act: Callable[[Transport], Awaitable[T]],
        by: str | Credential | None = None,
        effects: frozenset[Effect] = BOTH,
    ) -> T:
        """One thing over a connection of its own."""
        credential = by if isinstance(by, Credential) else self.credential(by or self.admin)

        async def run() -> T:
            async with self.transport(credential, effects) as transport:
                return await act(transport)

        return asyncio.run(run())

    def writer(self, protected: frozenset[Fingerprint] = frozenset(), *revoked: Identifier) -> Writer:
        tombstones = Tombstones(Tombstone(identifier, "registry/revoked.yaml:3") for identifier in revoked)
        return catalogue.writer(self.exchange, protected_ids=protected, tombstones=tombstones)

    def create(self, subaccount: str | None, given: Wanted, by: str | None = None) -> Created:
        return self.do(lambda transport: self.writer().create(transport, subaccount, given), by)

    def update(self, subaccount: str | None, identifier: Identifier, given: Wanted, by: str | None = None) -> LiveKey:
        return self.do(lambda transport: self.writer().update(transport, subaccount, identifier, given), by)

    def delete(self, subaccount: str | None, identifier: Identifier, by: str | None = None) -> None:
        return self.do(lambda transport: self.writer().delete(transport, subaccount, identifier), by)

    def listed(self, subaccount: str | None, by: str | None = None) -> dict[Identifier, LiveKey]:
        reader = catalogue.reader(self.exchange)
        keys = self.do(lambda transport: reader.keys(transport, subaccount), by, frozenset({Effect.READ}))
        return {key.identifier: key for key in keys}

    def inspected(self, created: Created) -> SelfView:
        """What a new key says of itself, by its own secret."""
        reader, own = catalogue.reader(self.exchange), credential_of(created)
        return self.do(lambda transport: reader.inspect(transport, own), own, frozenset({Effect.READ}))

    def writes(self) -> list[str]:
        """The requests that might have changed something, ``-`` after those that were not answered."""
        entries = [entry for entry in self.control("GET", "/requests") if entry["write"]]
        return [f"{entry['path'].rsplit('/', 1)[1]}{'' if entry['status'] else ' -'}" for entry in entries]

    def fault(self, match: str, kind: str, **options: Any) -> None:
        assert (
            self.control("POST", "/faults", {"exchange": self.exchange, "match": match, "kind": kind, **options})
            is None
        )

    def state(self) -> Any:
        return self.control("GET", "/state")

    def restore(self, state: Any) -> None:
        """The same world again, with rate limits that count from now."""
        self.control("PUT", "/state", state)
        self.paces.clear()

    def control(self, method: str, path: str, document: object = None) -> Any:
        connection = HTTPConnection(urlsplit(self.sandbox.control_url).netloc, timeout=20)
        try:
            connection.request(method, path, None if document is None else json.dumps(document))
            text = connection.getresponse().read()
            return json.loads(text) if text else None
        finally:
            connection.close()


@contextmanager
def opened(exchange: str, admin: str, scenario: Scenario | None = None) -> Iterator[Bench]:
    """The bench while the block runs; that of the scenario ``clients`` unless another is given."""
    simulated = scenario or load("clients")
    with running(simulated) as sandbox:
        yield Bench(sandbox, simulated, exchange, admin)
