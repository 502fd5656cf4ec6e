from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from keyctl.sandbox.invented import CANARY
from keyctl.sandbox.running import running
from keyctl.sandbox.scenario import ScenarioError, load, moment, read, scenario_names
from tests.sandbox.conftest import desk

START = datetime(2026, 11, 25, 12, 0, 0, 999, tzinfo=UTC)


def keys_of(scenario: str, start: datetime = START) -> dict[str, Any]:
    return {key.name: key for part in load(scenario, start).exchanges.values() for key in part.keys}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d ago", "2026-10-26T12:00:00"),
        ("90s ago", "2026-11-25T11:58:30"),
        ("in 12h", "2026-11-26T00:00:00"),
        ("2026-09-01T10:00:00+02:00", "2026-09-01T08:00:00"),
        ("2026-09-01T08:00:00Z", "2026-09-01T08:00:00"),
    ],
)
def test_times_are_absolute_or_relative_to_the_start_and_whole_seconds(text: str, expected: str) -> None:
    assert moment(text, START) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "30 d ago", "2026-09-01", "2026-09-01T08:00:00", "", 5])
def test_other_times_are_refused(text: object) -> None:
    with pytest.raises(ScenarioError):
        moment(text, START)


def test_every_scenario_is_shipped_with_a_description() -> None:
    assert [name for name, _ in scenario_names()] == ["clients", "demo", "example", "large"]
    assert all(summary and "\n" not in summary for _, summary in scenario_names())


def test_an_unknown_scenario_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ScenarioError, match="clients, demo, example, large"):
        load("nowhere")
    with pytest.raises(ScenarioError, match="no scenario"):
        load("demo-edits")


def test_a_scenario_of_ones_own_is_read_from_a_file(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("base: example\nname: own\nexchanges: {bybit: {accounts: {bybit-arb: null}}}\n")
    scenario = load(str(own))
    assert scenario.name == "own"
    assert "bybit-arb" not in [account.name for account in scenario.exchanges["bybit"].accounts]


def test_ids_and_secrets_that_are_not_given_are_invented_the_same_way_each_time() -> None:
    first, second = read(desk(), START), read(desk(), START)
    assert first == second
    keys = first.exchanges["bybit"].keys
    assert all(key.secret.startswith(CANARY) and len(key.secret) == len(CANARY) + 32 for key in keys)
    assert all(len(key.id) == 18 and key.id.isalnum() and key.id.isascii() for key in keys)
    assert len({key.id for key in keys} | {key.secret for key in keys}) == 2 * len(keys)


def test_a_secret_is_never_shown_with_its_key() -> None:
    scenario = load("example")
    assert CANARY not in repr(scenario)


def test_the_demo_differs_from_the_example_by_the_bad_week_only() -> None:
    example, demo = keys_of("example"), keys_of("demo")
    assert set(example) - set(demo) == {"arbitrage-spot"}
    assert set(demo) - set(example) == {
        "hedger-quotes-leaked",
        "weekend-test",
        "hedger-options-enabled",
        "arbitrage-perps",
    }
    changed = {
        name
        for name in set(example) & set(demo)
        if any(
            getattr(example[name], field) != getattr(demo[name], field)
            for field in ("id", "account", "label", "rights", "ips", "created", "expires", "credential", "native")
        )
    }
    assert changed == {"ledger", "hedger-quotes", "keyctl-bybit-treasury", "basis-okx"}


def test_every_field_that_is_wrong_is_named_with_its_place() -> None:
    def broken(**fields: object) -> dict[str, Any]:
        document = desk()
        document["exchanges"]["bybit"]["accounts"]["main"]["keys"]["main"] |= fields
        return document

    wrong: list[tuple[dict[str, object], str]] = [
        ({"colour": "red"}, "colour"),
        ({"created": None}, "created"),
        ({"ips": "127.0.0.1"}, "ips"),
        ({"rights": ["Spot"]}, "rights"),
        ({"credential": "mine"}, "account, own"),
        ({"credential": ["write", "mine"]}, "not 'mine'"),
        ({"credential": None}, "list of texts"),
        ({"id": 5}, "id"),
    ]
    for fields, named in wrong:
        with pytest.raises(ScenarioError, match=named) as refused:
            read(broken(**fields), START)
        assert "exchanges.bybit.accounts.main.keys.main" in str(refused.value)


def test_ids_and_uids_are_unique() -> None:
    document = desk()
    accounts = document["exchanges"]["bybit"]["accounts"]
    accounts["none"]["uid"] = "1001"
    with pytest.raises(ScenarioError, match="uid '1001'"):
        read(document, START)
    accounts["none"]["uid"] = "1002"
    accounts["none"]["keys"] = {"a": {"id": "same", "created": "1d ago"}, "b": {"id": "same", "created": "1d ago"}}
    with pytest.raises(ScenarioError, match="id 'same'"):
        read(document, START)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"nowhere": {"accounts": {}}}, "no simulator for exchange 'nowhere'"),
        ({"bybit": {"accounts": {"a": {"uid": "x"}}}}, "no number"),
        ({"bybit": {"options": {"magic": True}, "accounts": {}}}, "magic"),
        ({"bybit": {"options": {"listing_read_only": "maybe"}, "accounts": {}}}, "listing_read_only"),
        ({"bybit": {"accounts": {"a": {"uid": "1", "native": {"status": "fine"}}}}}, "status"),
        (
            {"bybit": {"accounts": {"a": {"uid": "1", "keys": {"k": {"created": "1d ago", "ips": ["*"]}}}}}},
            "no address",
        ),
    ],
)
def test_what_the_exchange_can_not_have_does_not_start(change: dict[str, object], named: str) -> None:
    scenario = read({"name": "odd", "exchanges": change}, START)
    with pytest.raises(ScenarioError, match=named), running(scenario):
        pass
