"""Random changes of the simulated exchanges, seen over HTTP: each is told by the finding that names it, none is missed,
and nothing is ever written (laws 4 and 7)."""

from __future__ import annotations

import copy
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.model.registry import Registry
from keyctl.reconcile.compare import Compared, compare
from keyctl.reconcile.observe import observe
from keyctl.reconcile.run import venues
from keyctl.registry.load import load
from keyctl.sandbox.running import Sandbox, environment, running
from keyctl.secrets.sources import Credentials

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
CREDENTIALS = Credentials.from_environ(environment("example"))
World = dict[str, Any]
KEYS = [
    ("bybit", "bybit-mm", "hedger-quotes"),
    ("bybit", "bybit-mm", "hedger-perps"),
    ("bybit", "bybit-vendor", "signals-spot"),
    ("okx", "okx-basis", "basis-okx"),
    ("deribit", "deribit-options", "hedger-options"),
]
RIGHTS = {"bybit": ("Earn", ["Earn"]), "okx": None, "deribit": ("custody", ["read_write"])}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running("example") as started:
        yield started


@pytest.fixture(scope="module")
def registry() -> Registry:
    loaded = load(Path(__file__).parents[2])
    assert loaded.registry is not None
    return loaded.registry


@pytest.fixture(scope="module")
def world(sandbox: Sandbox) -> World:
    state: World = asked(sandbox, "/state")
    return state


def asked(sandbox: Sandbox, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{sandbox.control_url}{path}", data, method="GET" if body is None else "PUT")
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def judged(sandbox: Sandbox, registry: Registry, world: World) -> Compared:
    asked(sandbox, "/state", world)
    snapshot = observe(
        registry,
        credentials=CREDENTIALS,
        tombstones=registry.tombstones(),
        sandbox=sandbox.control_url,
        clock=lambda: datetime.now(UTC),
    )
    return compare(registry, registry.tombstones(), snapshot, AT, venues(registry))


def keys_of(world: World, exchange: str, account: str) -> dict[str, Any]:
    keys: dict[str, Any] = world["exchanges"][exchange]["accounts"][account]["keys"]
    return keys


@settings(max_examples=12)
@given(key=st.sampled_from(KEYS), change=st.sampled_from(["ips", "rights", "gone", "label"]), data=st.data())
def test_one_change_at_an_exchange_is_one_finding(
    sandbox: Sandbox, registry: Registry, world: World, key: tuple[str, str, str], change: str, data: st.DataObject
) -> None:
    changed = copy.deepcopy(world)
    exchange, account, name = key
    keys = keys_of(changed, exchange, account)
    match change:
        case "ips":
            keys[name]["ips"].append(f"192.0.2.{data.draw(st.integers(1, 254))}")
            told = [("drift", name)]
        case "rights":
            right = RIGHTS[exchange]
            if right is None:
                return
            keys[name]["rights"][right[0]] = right[1]
            told = [("drift", name)]
        case "gone":
            del keys[name]
            told = [("missing", name)]
        case _:
            keys[name]["label"] = "renamed"
            told = []
    compared = judged(sandbox, registry, changed)
    assert [(finding.rule, finding.key) for finding in compared.findings if finding.rule != "assumed"] == told


@settings(max_examples=5)
@given(data=st.data())
def test_whatever_the_exchanges_hold_nothing_is_written(
    sandbox: Sandbox, registry: Registry, world: World, data: st.DataObject
) -> None:
    changed = copy.deepcopy(world)
    for exchange, account, name in data.draw(st.lists(st.sampled_from(KEYS), unique=True)):
        del keys_of(changed, exchange, account)[name]
    compared = judged(sandbox, registry, changed)
    assert {row.account for row in compared.keys} >= {account for _, account, _ in KEYS}
    assert not [request for request in asked(sandbox, "/requests") if request["write"]]
