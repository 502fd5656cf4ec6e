"""What can be made to go wrong, and how it then looks to a caller."""

from __future__ import annotations

import json
from collections import Counter
from http.client import HTTPException
from typing import Any

import pytest

from keyctl.sandbox.faults import Kind
from keyctl.sandbox.running import Sandbox
from tests.sandbox.caller import Caller, control, fetch

INSPECT, KEYS, MEMBERS = "/v5/user/query-api", "/v5/user/sub-apikeys", "/v5/user/submembers"


def inject(sandbox: Sandbox, kind: str, match: str = "GET /v5/user", **fields: Any) -> None:
    reply = control(
        sandbox, "POST", "/faults", {"exchange": "bybit", "match": match, "kind": kind, "times": 1, **fields}
    )
    assert reply.status == 204, reply.text


def listed(calling: Caller, most_pages: int = 6) -> list[str]:
    """The ids on every page, in order, as a trusting client would collect them."""
    ids: list[str] = []
    cursor = ""
    for _ in range(most_pages):
        result = calling.ask(KEYS, "subMemberId=1001" + (f"&cursor={cursor}" if cursor else "")).result
        ids += [key["apiKey"] for key in result["result"]]
        cursor = result["nextPageCursor"]
        if not cursor:
            return ids
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize(("fields", "status"), [({}, 429), ({"status": 200}, 200)])
def test_rate_limit_is_the_exchanges_own_envelope(
    sandbox: Sandbox, main: Caller, fields: dict[str, Any], status: int
) -> None:
    inject(sandbox, "rate-limit", **fields)
    reply = main.ask(INSPECT)
    assert (reply.status, reply.code) == (status, 10006)


@pytest.mark.parametrize(("fields", "status", "start"), [({}, 502, "<"), ({"status": 503, "body": "json"}, 503, "{")])
def test_server_error_has_a_body_of_html_or_json(
    sandbox: Sandbox, main: Caller, fields: dict[str, Any], status: int, start: str
) -> None:
    inject(sandbox, "server-error", **fields)
    reply = main.ask(INSPECT)
    assert (reply.status, reply.text[0]) == (status, start)


@pytest.mark.parametrize(("kind", "fields"), [("drop", {}), ("commit-then-drop", {}), ("timeout", {"seconds": 0.1})])
def test_a_closed_connection_gives_no_answer(sandbox: Sandbox, main: Caller, kind: str, fields: dict[str, Any]) -> None:
    inject(sandbox, kind, **fields)
    with pytest.raises((HTTPException, ConnectionError)):
        main.ask(INSPECT)
    assert control(sandbox, "GET", "/requests").body[-1]["status"] == 0
    assert main.ask(INSPECT).code == 0


def test_truncated_json_does_not_parse(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "truncate")
    reply = main.ask(INSPECT)
    assert reply.status == 200 and reply.text.startswith('{"retCode"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text)


def test_html_comes_with_status_200(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "html")
    reply = main.ask(INSPECT)
    assert (reply.status, reply.text[:15]) == (200, "<!DOCTYPE html>")


def test_an_empty_list_says_that_there_is_nothing(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "empty-list", times=3)
    assert main.ask(KEYS, "subMemberId=1001").result == {"result": [], "nextPageCursor": ""}
    assert main.ask(MEMBERS).result == {"subMembers": [], "nextCursor": "0"}
    assert main.ask(INSPECT).result == {}


def test_a_repeated_page_shows_its_keys_again(sandbox: Sandbox, main: Caller) -> None:
    whole = listed(main)
    inject(sandbox, "repeat-page")
    assert listed(main) == whole[:20] + whole


def test_repeated_pages_without_end_never_end(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "repeat-page", times=None)
    with pytest.raises(AssertionError, match="do not end"):
        listed(main)


def test_a_repeated_page_of_sub_accounts_leads_back_to_the_start(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "repeat-page")
    first = main.ask(MEMBERS).result
    assert first["nextCursor"] != "0"
    again = main.ask(MEMBERS, f"nextCursor={first['nextCursor']}").result
    assert again["subMembers"] == first["subMembers"] and again["nextCursor"] == "0"


def test_a_shifted_page_shows_a_key_twice(sandbox: Sandbox, main: Caller) -> None:
    whole = listed(main)
    inject(sandbox, "shift-page")
    assert Counter(listed(main)) - Counter(whole) == Counter([whole[19]])


def test_a_page_shifted_the_other_way_hides_a_key(sandbox: Sandbox, main: Caller) -> None:
    whole = listed(main)
    inject(sandbox, "shift-page", by=-1)
    assert Counter(whole) - Counter(listed(main)) == Counter([whole[20]])


def test_reshape_patches_the_answer(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "reshape", patch={"result": {"ips": None, "readOnly": "yes", "new": {"deep": 1}}})
    result = main.ask(INSPECT).result
    assert "ips" not in result
    assert (result["readOnly"], result["new"], result["apiKey"]) == ("yes", {"deep": 1}, main.key)


def test_clock_skew_moves_the_exchanges_clock(sandbox: Sandbox, main: Caller) -> None:
    right = main.ask(INSPECT).body["time"]
    inject(sandbox, "clock-skew", seconds=600, times=2)
    skewed = main.ask(INSPECT)
    assert skewed.code == 10002 and skewed.body["time"] - right > 590_000
    assert main.ask(INSPECT, ahead_ms=600_000).code == 0


def test_wrong_uid_makes_the_account_call_itself_another(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "wrong-uid", uid="4711", times=2)
    assert main.ask(INSPECT).result["userID"] == 4711
    assert {member["uid"] for member in main.ask(MEMBERS).result["subMembers"]} == {"4711"}


def test_latency_still_answers(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "latency", ms=20)
    assert main.ask(INSPECT).code == 0


def test_a_fault_hits_what_it_matches_as_often_as_it_says(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "html", match=f"GET {KEYS}", times=2)
    assert main.ask(INSPECT).code == 0
    hits = [main.ask(KEYS, "subMemberId=1002").text.startswith("<") for _ in range(3)]
    assert hits == [True, True, False]


def test_a_fault_can_wait_for_a_later_request(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "html", match="* /v5", after=1)
    assert [main.ask(INSPECT).text.startswith("<") for _ in range(3)] == [False, True, False]


def test_faults_can_be_taken_back(sandbox: Sandbox, main: Caller) -> None:
    inject(sandbox, "html", times=None)
    assert main.ask(INSPECT).text.startswith("<")
    assert control(sandbox, "DELETE", "/faults").status == 204
    assert main.ask(INSPECT).code == 0


def test_an_unknown_kind_is_refused_with_the_list_of_kinds(sandbox: Sandbox) -> None:
    reply = control(sandbox, "POST", "/faults", {"exchange": "bybit", "match": "GET /", "kind": "gremlins", "times": 1})
    assert reply.status == 400
    assert all(kind in reply.body["error"] for kind in Kind)


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ([], "JSON object"),
        ({"exchange": "okx", "match": "GET /", "kind": "drop"}, "bybit"),
        ({"exchange": "bybit", "match": "/v5", "kind": "drop"}, "match"),
        ({"exchange": "bybit", "match": "GET v5", "kind": "drop"}, "match"),
        ({"exchange": "bybit", "match": "GET /", "kind": "drop", "times": 0}, "times"),
        ({"exchange": "bybit", "match": "GET /", "kind": "drop", "after": -1}, "after"),
        ({"exchange": "bybit", "match": "GET /", "kind": "drop", "seconds": 1}, "seconds"),
        ({"exchange": "bybit", "match": "GET /", "kind": "timeout", "seconds": "long"}, "seconds"),
        ({"exchange": "bybit", "match": "GET /", "kind": "server-error", "status": 404}, "500"),
        ({"exchange": "bybit", "match": "GET /", "kind": "rate-limit", "status": 500}, "429"),
        ({"exchange": "bybit", "match": "GET /", "kind": "wrong-uid", "uid": "me"}, "uid"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: Sandbox, form: Any, named: str) -> None:
    reply = control(sandbox, "POST", "/faults", form)
    assert reply.status == 400 and named in reply.body["error"]


def test_a_fault_that_is_no_json_is_refused(sandbox: Sandbox) -> None:
    assert fetch(sandbox.control_url, "POST", "/faults", body="{").status == 400
