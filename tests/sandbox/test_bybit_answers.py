"""What is answered: fields as documented, pages, states of keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keyctl.sandbox.running import Sandbox, Scenario, running
from keyctl.sandbox.scenario import read
from tests.sandbox.caller import Caller, caller, fetch
from tests.sandbox.conftest import desk

INSPECT, KEYS, MEMBERS = "/v5/user/query-api", "/v5/user/sub-apikeys", "/v5/user/submembers"
DOCUMENTED = json.loads((Path(__file__).parent / "bybit_fields.json").read_text())


def walk(calling: Caller, query: str, cursor: str = "cursor", end: str = "") -> list[list[dict[str, Any]]]:
    """Every page of a listing."""
    path, rows, marker = (KEYS, "result", "nextPageCursor") if end == "" else (MEMBERS, "subMembers", "nextCursor")
    result = calling.ask(path, query).result
    pages = [result[rows]]
    while result[marker] != end:
        result = calling.ask(path, f"{query}&{cursor}={result[marker]}").result
        pages.append(result[rows])
    return pages


def with_keys(account: str, keys: dict[str, object]) -> Scenario:
    document = desk()
    document["exchanges"]["bybit"]["accounts"][account]["keys"] |= keys
    return read(document, datetime.now(UTC))


def test_an_inspected_key_has_the_documented_fields_in_their_order(main: Caller) -> None:
    reply = main.ask(INSPECT)
    assert list(reply.body) == ["retCode", "retMsg", "result", "retExtInfo", "time"]
    documented = DOCUMENTED[f"GET {INSPECT}"]
    assert list(reply.result) == documented["fields"]
    assert list(reply.result["permissions"]) == documented["permissions"]


def test_a_listed_key_has_the_documented_fields_in_their_order(main: Caller) -> None:
    listed = main.ask(KEYS, "subMemberId=1001").result["result"][0]
    documented = DOCUMENTED[f"GET {KEYS}"]
    assert list(listed) == documented["fields"]
    assert list(listed["permissions"]) == documented["permissions"]


def test_a_sub_account_has_the_documented_fields_in_their_order(main: Caller) -> None:
    assert list(main.ask(MEMBERS).result["subMembers"][0]) == DOCUMENTED[f"GET {MEMBERS}"]["fields"]


def test_no_answer_holds_a_secret(main: Caller) -> None:
    assert main.ask(INSPECT).result["secret"] == ""
    assert main.ask(KEYS, "subMemberId=1001").result["result"][0]["secret"] == "******"


def test_read_only_is_a_number_when_inspected_and_a_boolean_when_listed(
    sandbox: Sandbox, scenario: Scenario, main: Caller
) -> None:
    assert main.ask(INSPECT).result["readOnly"] == 0
    assert caller(sandbox, scenario, "reading").ask(INSPECT).result["readOnly"] == 1
    assert main.ask(KEYS, "subMemberId=1001").result["result"][0]["readOnly"] is False


@pytest.mark.parametrize(("spelling", "listed"), [("plain", [True, False]), ("inverted", [False, True])])
def test_the_polarity_of_the_boolean_is_the_scenarios_choice(spelling: str, listed: list[bool]) -> None:
    document = desk()
    bybit = document["exchanges"]["bybit"]
    bybit["options"] = {"listing_read_only": spelling}
    bybit["accounts"]["none"]["keys"] = {
        "reader": {"created": "1d ago", "native": {"read_only": True}},
        "writer": {"created": "1d ago", "native": {"read_only": False}},
    }
    scenario = read(document, datetime.now(UTC))
    with running(scenario) as sandbox:
        keys = caller(sandbox, scenario, "main").ask(KEYS, "subMemberId=1002").result["result"]
    assert [key["readOnly"] for key in keys] == listed


def test_a_key_bound_to_addresses_never_expires(main: Caller) -> None:
    inspected = main.ask(INSPECT).result
    assert (inspected["ips"], inspected["expiredAt"]) == (["127.0.0.1"], "1970-01-01T00:00:00Z")
    assert main.ask(KEYS, "subMemberId=1001").result["result"][0]["status"] == 1


def test_a_key_bound_to_none_ends_ninety_days_after_its_creation(sandbox: Sandbox, scenario: Scenario) -> None:
    inspected = caller(sandbox, scenario, "reading").ask(INSPECT).result
    created = datetime.fromisoformat(inspected["createdAt"])
    assert inspected["ips"] == ["*"]
    assert datetime.fromisoformat(inspected["expiredAt"]) == created + timedelta(days=90)
    assert inspected["deadlineDay"] == 59


def test_the_status_of_a_listed_key_follows_from_its_end() -> None:
    ends = {"never": 1, "past": 2, "far": 3, "near": 4}
    keys: dict[str, dict[str, object]] = {
        "never": {"created": "100d ago", "ips": ["203.0.113.7"]},
        "past": {"created": "100d ago"},
        "far": {"created": "1d ago"},
        "near": {"created": "1d ago", "ips": ["203.0.113.7"], "expires": "in 6d"},
    }
    document = desk()
    document["exchanges"]["bybit"]["accounts"]["none"]["keys"] = {
        name: {**form, "label": name} for name, form in keys.items()
    }
    scenario = read(document, datetime.now(UTC))
    with running(scenario) as sandbox:
        listed = caller(sandbox, scenario, "main").ask(KEYS, "subMemberId=1002").result["result"]
    assert {key["note"]: key["status"] for key in listed} == ends


def test_groups_that_the_documentation_does_not_list_are_sent_too() -> None:
    scenario = with_keys("main", {"new": {"created": "1d ago", "rights": {"Tomorrow": ["Anything"]}}})
    with running(scenario) as sandbox:
        permissions = caller(sandbox, scenario, "new").ask(INSPECT).result["permissions"]
    assert permissions["Tomorrow"] == ["Anything"]


@pytest.mark.parametrize(("limit", "sizes"), [("", [20, 20, 5]), ("&limit=20", [20, 20, 5]), ("&limit=15", [15] * 3)])
def test_a_walk_over_the_pages_finds_every_key_once(
    main: Caller, scenario: Scenario, limit: str, sizes: list[int]
) -> None:
    pages = walk(main, f"subMemberId=1001{limit}")
    assert [len(page) for page in pages] == sizes
    ids = [key["apiKey"] for page in pages for key in page]
    assert ids == [key.id for key in scenario.exchanges["bybit"].keys if key.account == "many"]


def test_an_account_without_keys_has_one_empty_page(main: Caller) -> None:
    assert main.ask(KEYS, "subMemberId=1002").result == {"result": [], "nextPageCursor": ""}


@pytest.mark.parametrize("extra", ["limit=0", "limit=21", "limit=x", "limit=-1", "cursor=else"])
def test_limits_and_cursors_out_of_range_are_parameter_errors(main: Caller, extra: str) -> None:
    assert main.ask(KEYS, f"subMemberId=1001&{extra}").code == 10001


def test_sub_accounts_come_in_pages_that_end_with_a_zero(main: Caller) -> None:
    pages = walk(main, "pageSize=1", "nextCursor", "0")
    assert [member["uid"] for page in pages for member in page] == ["1001", "1002"]


@pytest.mark.parametrize("query", ["pageSize=101", "pageSize=0", "nextCursor=x"])
def test_sub_account_pages_out_of_range_are_parameter_errors(main: Caller, query: str) -> None:
    assert main.ask(MEMBERS, query).code == 10001


def test_custodial_fund_accounts_are_in_a_list_of_their_own(main: Caller) -> None:
    assert [member["uid"] for member in main.ask("/v5/user/escrow_sub_members").result["subMembers"]] == ["1003"]


def test_the_capped_list_stops_at_a_thousand_without_a_sign() -> None:
    document = desk()
    accounts = document["exchanges"]["bybit"]["accounts"]
    accounts |= {f"sub-{number}": {"uid": str(5000 + number), "parent": "main"} for number in range(1200)}
    scenario = read(document, datetime.now(UTC))
    with running(scenario) as sandbox:
        calling = caller(sandbox, scenario, "main")
        capped = calling.ask("/v5/user/query-sub-members").result
        first = calling.ask(MEMBERS, "pageSize=100").result
    assert list(capped) == ["subMembers"] and len(capped["subMembers"]) == 1000
    assert (len(first["subMembers"]), first["nextCursor"] != "0") == (100, True)


def test_the_servers_time_needs_no_credential(sandbox: Sandbox) -> None:
    body = fetch(sandbox.exchanges["bybit"], "GET", "/v5/market/time").body
    assert body["retCode"] == 0 and body["result"]["timeSecond"] == str(body["time"] // 1000)
