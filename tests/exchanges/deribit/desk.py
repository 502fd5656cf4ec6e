"""A main account and a sub-account at the simulated Deribit, each with a credential of its own, and the registry that
declares them, as files in a repository."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from keyctl.model.live import Snapshot
from keyctl.model.registry import Registry
from keyctl.reconcile.compare import Compared, compare
from keyctl.reconcile.run import venues
from keyctl.registry.load import load_documents
from keyctl.sandbox.running import Scenario, running
from keyctl.sandbox.scenario import read
from tests.history.repository import Repository
from tests.reconcile.desk import Desk
from tests.sandbox.deribit_client import Client
from tests.sandbox.deribit_desk import client

LEAKED = "Lk7-aQ_x"
"""The id of a key of the sub-account that is revoked for ever."""

FILES = {
    "registry/registry.yaml": "version: 1\nid: 2f0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42\n",
    "registry/accounts.yaml": (
        "drb-main:\n  exchange: deribit\n  environment: sandbox\n  uid: '5001'\n"
        "drb-options:\n  exchange: deribit\n  environment: sandbox\n  uid: '5002'\n"
    ),
    "registry/apps.yaml": "quoter:\n  team: options\n  kind: internal\n",
    "registry/policy.yaml": "rules: {expiry-required: {severity: off}, withdrawal: {severity: off}}\n",
    "registry/revoked.yaml": (
        f"revoked:\n  - {{id: {LEAKED}, exchange: deribit, on: 2026-06-01, reason: leaked, confirmed: 2026-06-02}}\n"
    ),
    "keys.d/reading-main.yaml": (
        "account: drb-main\nowner: keyctl\npurpose: reading\nid: MainRead\nscopes: [read]\nips: [127.0.0.1]\n"
    ),
    "keys.d/reading-options.yaml": (
        "account: drb-options\nowner: keyctl\npurpose: reading\nid: OptsRead\nscopes: [read]\nips: [127.0.0.1]\n"
    ),
    "keys.d/quotes.yaml": (
        "account: drb-options\nowner: quoter\npurpose: quotes\nid: Quotes-1\n"
        "scopes: [read, trade.spot, trade.futures, trade.options]\nips: [203.0.113.7, '2001:db8::7']\n"
    ),
    "keys.d/treasury.yaml": (
        "account: drb-main\nowner: quoter\npurpose: moving money\nid: Treas-01\n"
        "scopes: [read, withdraw, transfer.internal, transfer.subaccount]\nips: [203.0.113.8]\ndisabled: true\n"
    ),
}


def scenario(
    *,
    leaked: dict[str, Any] | None = None,
    main: dict[str, Any] | None = None,
    sub: dict[str, Any] | None = None,
    others: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
) -> Scenario:
    """In sync. ``leaked`` adds the revoked key; ``main`` and ``sub`` replace fields of the accounts, ``others`` adds
    accounts."""
    rights = {"account": ["read"], "wallet": ["read"]}
    reading = {"created": "30d ago", "credential": "account", "ips": ["127.0.0.1"], "rights": rights}
    quotes = {
        "id": "Quotes-1",
        "created": "20d ago",
        "rights": {"trade": ["read_write"]},
        "ips": ["203.0.113.7", "2001:db8::7"],
        "label": "quotes",
    }
    treasury = {
        "id": "Treas-01",
        "created": "20d ago",
        "rights": {"wallet": ["read_write"]},
        "ips": ["203.0.113.8"],
        "native": {"enabled": False},
    }
    keys = {"reading-options": {**reading, "id": "OptsRead"}, "quotes": quotes}
    if leaked is not None:
        keys["leaked"] = {**quotes, "id": LEAKED, **leaked}
    log = [{"at": "20d ago", "log": "new_api_key", "data": "Quotes-1"}, {"at": "1d ago", "log": "success"}]
    accounts = {
        "drb-main": {
            "uid": "5001",
            "keys": {"reading-main": {**reading, "id": "MainRead"}, "treasury": treasury},
            **(main or {}),
        },
        "drb-options": {"uid": "5002", "parent": "drb-main", "keys": keys, "native": {"log": log}, **(sub or {})},
        **(others or {}),
    }
    form = {"name": "options", "exchanges": {"deribit": {"accounts": accounts, "options": options or {}}}}
    return read(form, datetime.now(UTC))


def repository(path: Path) -> Repository:
    """The registry in its one commit."""
    path.mkdir()
    made = Repository(path)
    made.git("init", "-q", "-b", "main")
    made.commit(FILES, "the options desk")
    return made


def registry() -> Registry:
    """The same without a repository."""
    loaded = load_documents({name: text.encode() for name, text in FILES.items()}).registry
    assert loaded is not None
    return loaded


@dataclass(frozen=True)
class Deribit(Desk):
    """A running one."""

    def fault(self, match: str, kind: str, **options: Any) -> None:
        form = {"exchange": "deribit", "match": match, "kind": kind, "times": None, **options}
        assert self.control("POST", "/faults", form) is None

    def client(self, key: str) -> Client:
        """As a scenario's key."""
        return client(self.sandbox, self.simulated, key)

    def compared(self, snapshot: Snapshot) -> Compared:
        """The registry against a snapshot."""
        return compare(self.registry, self.registry.tombstones(), snapshot, snapshot.taken_at, venues(self.registry))


@contextmanager
def opened(simulated: Scenario | None = None) -> Iterator[Deribit]:
    """The desk while the block runs."""
    simulated = simulated or scenario()
    with running(simulated) as sandbox:
        yield Deribit(sandbox, simulated, registry())
