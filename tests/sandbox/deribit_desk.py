"""A small Deribit for the tests of the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from keyctl.sandbox.running import Sandbox, Scenario, running
from keyctl.sandbox.scenario import read
from tests.sandbox.deribit_client import Client

ALL = {group: ["read_write"] for group in ("account", "block_rfq", "block_trade", "custody", "trade", "wallet")}
READS = {"account": ["read"], "trade": ["read"], "wallet": ["read"]}


def document(**options: object) -> dict[str, Any]:
    """A main account with an administrator's key and others, a sub-account, and somebody else's account."""

    def key(rights: dict[str, list[str]], **form: object) -> dict[str, object]:
        return {"created": "30d ago", "rights": rights, **form}

    return {
        "name": "options-desk",
        "exchanges": {
            "deribit": {
                "options": options,
                "accounts": {
                    "main": {
                        "uid": "1001",
                        "native": {"username": "the_desk"},
                        "keys": {
                            "admin": key(ALL, label="admin"),
                            "reader": key(READS, label="reader"),
                            "trader": key({"trade": ["read_write"]}, label="trader", ips=["203.0.113.7"]),
                            "writer": key({"account": ["read_write"], "trade": ["read"]}),
                            "bound": key(READS, ips=["127.0.0.1"]),
                            "off": key(READS, native={"enabled": False}),
                        },
                    },
                    "sub": {"uid": "1002", "parent": "main", "keys": {"sub-admin": key(ALL), "sub-trader": key(READS)}},
                    "stranger": {"uid": "2001", "keys": {"strange": key(ALL)}},
                },
            }
        },
    }


@dataclass(frozen=True)
class Desk:
    """A running one."""

    sandbox: Sandbox
    scenario: Scenario

    def as_(self, key: str) -> Client:
        return client(self.sandbox, self.scenario, key)

    def id(self, key: str) -> str:
        return next(known.id for known in self.scenario.exchanges["deribit"].keys if known.name == key)

    def number(self, key: str) -> int:
        """The exchange's own number of a key of the main account."""
        return int(self.as_("admin").listed()[self.id(key)]["id"])


@contextmanager
def opened(form: dict[str, Any] | None = None, **options: object) -> Iterator[Desk]:
    """The desk while the block runs."""
    scenario = read(form or document(**options), datetime.now(UTC))
    with running(scenario) as sandbox:
        yield Desk(sandbox, scenario)


def client(sandbox: Sandbox, scenario: Scenario, key: str) -> Client:
    """With the credential of a scenario's key, by the key's name."""
    found = next(known for known in scenario.exchanges["deribit"].keys if known.name == key)
    return Client(sandbox.exchanges["deribit"], found.id, found.secret)
