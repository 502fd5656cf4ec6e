from __future__ import annotations

import json

import pytest

from keyctl.sandbox.invented import CANARY
from keyctl.sandbox.running import Sandbox, Scenario
from tests.sandbox.caller import Caller, caller, control

INSPECT = "/v5/user/query-api"


def test_the_control_port_gives_the_ready_line_again(sandbox: Sandbox) -> None:
    reply = control(sandbox, "GET", "/")
    assert reply.body == json.loads(sandbox.ready_line())
    assert reply.body == {"control": sandbox.control_url, "exchanges": dict(sandbox.exchanges)}


def test_every_request_is_on_record_without_query_and_secret(sandbox: Sandbox, main: Caller) -> None:
    main.ask(INSPECT)
    main.ask("/v5/user/sub-apikeys", "subMemberId=1001")
    main.ask("/v5/user/update-sub-api", method="POST", body='{"ips":"*"}', mark="")
    reply = control(sandbox, "GET", "/requests")
    assert reply.body == [
        {"exchange": "bybit", "method": "GET", "path": INSPECT, "write": False, "status": 200},
        {"exchange": "bybit", "method": "GET", "path": "/v5/user/sub-apikeys", "write": False, "status": 200},
        {"exchange": "bybit", "method": "POST", "path": "/v5/user/update-sub-api", "write": True, "status": 200},
    ]


def test_a_state_that_is_put_back_is_the_same_state(sandbox: Sandbox, main: Caller) -> None:
    before = control(sandbox, "GET", "/state").body
    assert control(sandbox, "PUT", "/state", before).status == 204
    assert control(sandbox, "GET", "/state").body == before
    assert main.ask(INSPECT).code == 0


def test_a_state_holds_no_secret(sandbox: Sandbox) -> None:
    assert CANARY not in control(sandbox, "GET", "/state").text


def test_a_changed_state_is_what_the_exchange_then_says(sandbox: Sandbox, main: Caller) -> None:
    state = control(sandbox, "GET", "/state").body
    accounts = state["exchanges"]["bybit"]["accounts"]
    accounts["none"]["keys"]["new"] = {"created": "1d ago", "label": "made by hand"}
    del accounts["many"]["keys"]["key-07"]
    assert control(sandbox, "PUT", "/state", state).status == 204
    notes = [key["note"] for key in main.ask("/v5/user/sub-apikeys", "subMemberId=1002").result["result"]]
    assert notes == ["made by hand"]
    first = main.ask("/v5/user/sub-apikeys", "subMemberId=1001&limit=20").result["result"]
    assert accounts["many"]["keys"]["key-08"]["id"] == first[7]["apiKey"]


def test_a_key_that_went_and_came_back_has_its_secret_again(sandbox: Sandbox, scenario: Scenario, main: Caller) -> None:
    whole = control(sandbox, "GET", "/state").body
    without = json.loads(json.dumps(whole))
    del without["exchanges"]["bybit"]["accounts"]["main"]["keys"]["main"]
    control(sandbox, "PUT", "/state", without)
    assert main.ask(INSPECT).code == 10003
    control(sandbox, "PUT", "/state", whole)
    assert caller(sandbox, scenario, "main").ask(INSPECT).code == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "other"}, "other"),
        ({"exchanges": {}}, "bybit"),
        ({"strange": 1}, "strange"),
        ({"clock_offset": "late"}, "clock_offset"),
    ],
)
def test_a_state_that_can_not_be_is_refused_and_changes_nothing(
    sandbox: Sandbox, change: dict[str, object], named: str
) -> None:
    before = control(sandbox, "GET", "/state").body
    reply = control(sandbox, "PUT", "/state", before | change)
    assert reply.status == 400 and named in reply.body["error"]
    assert control(sandbox, "GET", "/state").body == before


def test_a_state_that_the_exchange_can_not_have_is_refused(sandbox: Sandbox) -> None:
    state = control(sandbox, "GET", "/state").body
    state["exchanges"]["bybit"]["accounts"]["none"]["keys"] = {
        "sub": {"created": "1d ago", "rights": {"Wallet": ["Withdraw"]}}
    }
    reply = control(sandbox, "PUT", "/state", state)
    assert reply.status == 400 and "sub-account key can't hold the Wallet right Withdraw" in reply.body["error"]
