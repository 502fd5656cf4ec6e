"""The registry at the top of the project and the scenarios tell the same story."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from keyctl.model.identifier import Identifier
from keyctl.model.names import KeyName
from keyctl.model.registry import Registry
from keyctl.registry.load import load as load_registry
from keyctl.sandbox.scenario import SHIPPED, load

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def registry() -> Registry:
    loaded = load_registry(ROOT)
    assert loaded.findings == ()
    assert loaded.registry is not None
    return loaded.registry


def live(scenario: str) -> dict[Identifier, str]:
    return {Identifier.of_text(key.id): key.account for part in load(scenario).exchanges.values() for key in part.keys}


def declared(registry: Registry) -> dict[Identifier, str]:
    found: dict[Identifier, str] = {}
    for key in registry.keys.values():
        assert key.identifier is not None
        found[key.identifier] = key.account
        if key.retiring is not None:
            found[key.retiring.identifier] = key.account
    return found


def test_every_id_that_the_registry_declares_is_alive_in_the_example_unless_it_ended(registry: Registry) -> None:
    ended = registry.keys[KeyName("arbitrage-perps")].identifier
    assert live("example") == {one: account for one, account in declared(registry).items() if one != ended}


def test_no_revoked_id_is_alive_in_the_example(registry: Registry) -> None:
    tombstones = registry.tombstones()
    assert len(tombstones) >= 6
    assert not [identifier for identifier in live("example") if tombstones.find(identifier)]


def test_one_revoked_id_of_each_kind_is_alive_in_the_demo(registry: Registry) -> None:
    tombstones = registry.tombstones()
    alive = [tombstone for identifier in live("demo") if (tombstone := tombstones.find(identifier))]
    assert {(found.key, found.account, found.reason) for found in alive} == {
        ("hedger-quotes", "bybit-mm", "leaked"),
        ("hedger-options", "deribit-options", "rotated"),
    }


def test_the_demo_has_one_key_that_is_gone_and_one_that_nobody_declared(registry: Registry) -> None:
    known, there, tombstones = declared(registry), live("demo"), registry.tombstones()
    assert [known[identifier] for identifier in set(known) - set(there)] == ["bybit-arb"]
    strangers = [identifier for identifier in set(there) - set(known) if not tombstones.find(identifier)]
    assert [there[identifier] for identifier in strangers] == ["bybit-arb"]


def test_accounts_are_those_of_the_scenario(registry: Registry) -> None:
    simulated = {
        account.name: (exchange, account.uid, account.parent)
        for exchange, part in load("example").exchanges.items()
        for account in part.accounts
    }
    # at Deribit a sub-account is asked with a credential of its own, so it names no parent
    assert {name: (a.exchange, a.uid, a.parent) for name, a in registry.accounts.items()} == {
        name: (exchange, uid, None if exchange == "deribit" else parent)
        for name, (exchange, uid, parent) in simulated.items()
    }


def test_every_credential_of_an_account_is_a_declared_key_of_keyctl_s_own(registry: Registry) -> None:
    whole = load("example").exchanges.values()
    given = [key for part in whole for key in part.keys if {"account", "write"} & set(key.credential)]
    owned = {(key.name, key.account) for key in registry.keys.values() if key.owner == "keyctl"}
    assert {(key.name, key.account) for key in given} == owned
    reachable = {key.account for key in given if "write" in key.credential}
    for account in registry.accounts.values():
        if account.name != "bybit-treasury":  # no account but itself is under it, and no API changes a master's keys
            assert (account.parent or account.name) in reachable


def test_nothing_of_the_example_ends_before_the_summer_of_2027(registry: Registry) -> None:
    ends = {key.name: key.expires for key in registry.keys.values() if key.expires is not None}
    assert len(ends) == len(registry.keys)
    assert ends.pop(KeyName("arbitrage-perps")) == date(2026, 11, 20), "it ended, and is alive in the demo"
    assert min(ends.values()) >= date(2027, 6, 30)


def test_each_edit_of_the_demo_finds_its_text_once() -> None:
    edits = yaml.safe_load((SHIPPED / "demo-edits.yaml").read_text())
    for edit in [*edits["before"], *edits["afterwards"]]:
        assert (ROOT / edit["file"]).read_text().count(edit["find"]) == 1


def test_every_file_names_a_schema_that_is_there() -> None:
    for path in [*ROOT.glob("registry/*.yaml"), *ROOT.glob("keys.d/**/*.yaml")]:
        first = path.read_text().splitlines()[0]
        prefix = "# yaml-language-server: $schema="
        assert first.startswith(prefix), path
        assert (path.parent / first.removeprefix(prefix)).resolve().is_file(), path
