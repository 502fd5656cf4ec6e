"""The desk of any size and the registry that is written for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from keyctl.model.identifier import Identifier
from keyctl.registry.load import load as load_registry
from keyctl.sandbox.large import write_registry
from keyctl.sandbox.running import environment, running
from keyctl.sandbox.scenario import ScenarioError, load

SIZES = ["large", "large:3:10", "large:70:130"]


@pytest.mark.parametrize("name", SIZES)
def test_the_same_size_is_the_same_world(name: str) -> None:
    start = load(name).exchanges["bybit"].keys[0].created
    assert load(name, start) == load(name, start)
    assert environment(name) == environment(name)


def test_it_has_as_many_accounts_and_keys_as_its_name_says() -> None:
    for name, accounts, keys in (("large", 60, 600), ("large:3:10", 3, 10), ("large:70:130", 70, 130)):
        parts = load(name).exchanges.values()
        assert (sum(len(part.accounts) for part in parts), sum(len(part.keys) for part in parts)) == (accounts, keys)
        assert len(parts) == 3


def test_no_exchange_has_more_than_it_can() -> None:
    with running("large"), running("large:70:130"):
        pass
    deribit = load("large:100:1000").exchanges["deribit"]
    assert max(Counter(key.account for key in deribit.keys).values()) <= 8
    assert max(Counter(account.parent for account in deribit.accounts if account.parent).values()) <= 20


@pytest.mark.parametrize("name", SIZES)
def test_the_registry_declares_exactly_its_accounts_and_keys(tmp_path: Path, name: str) -> None:
    write_registry(tmp_path, name)
    loaded = load_registry(tmp_path)
    assert loaded.findings == () and loaded.registry is not None
    registry, scenario = loaded.registry, load(name)
    simulated = {Identifier.of_text(key.id): key.account for part in scenario.exchanges.values() for key in part.keys}
    assert {key.identifier: key.account for key in registry.keys.values()} == simulated
    uids = {account.name: account.uid for part in scenario.exchanges.values() for account in part.accounts}
    assert {account.name: account.uid for account in registry.accounts.values()} == uids


@pytest.mark.parametrize("name", ["large:2:10", "large:60", "large:a:b", "large:60:59", "large:3:600", "large:60:"])
def test_sizes_that_can_not_be_are_refused(name: str) -> None:
    with pytest.raises(ScenarioError, match="large"):
        load(name)
