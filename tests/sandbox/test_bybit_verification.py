"""Who may ask: keys, times, signatures, addresses, permissions, rates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from keyctl.sandbox.running import Sandbox, Scenario, running
from keyctl.sandbox.scenario import read
from tests.sandbox.caller import Caller, caller, control, fetch
from tests.sandbox.conftest import desk

INSPECT, KEYS = "/v5/user/query-api", "/v5/user/sub-apikeys"
SUB_ACCOUNTS = ["/v5/user/query-sub-members", "/v5/user/submembers", "/v5/user/escrow_sub_members"]


def test_a_signed_request_is_answered(main: Caller) -> None:
    assert main.ask(INSPECT).result["apiKey"] == main.key


@pytest.mark.parametrize("mark", ["?", ""])
def test_a_trailing_question_mark_makes_no_difference(main: Caller, mark: str) -> None:
    assert main.ask(INSPECT, mark=mark).code == 0


@pytest.mark.parametrize("cursor", ["20:=", "20%3A%3D"])
def test_a_query_is_verified_as_it_was_sent_encoded_or_not(main: Caller, cursor: str) -> None:
    assert len(main.ask(KEYS, f"subMemberId=1001&cursor={cursor}").result["result"]) == 20


def test_a_signature_over_the_other_spelling_of_the_query_is_wrong(main: Caller) -> None:
    sent, signed = "subMemberId=1001&cursor=20%3A%3D", "subMemberId=1001&cursor=20:="
    assert main.ask(KEYS, sent, signed=signed).code == 10004


def test_a_query_in_another_order_than_signed_is_wrong(main: Caller) -> None:
    assert main.ask(KEYS, "limit=5&subMemberId=1001", signed="subMemberId=1001&limit=5").code == 10004


def test_a_wrong_secret_is_a_wrong_signature(main: Caller) -> None:
    assert replace(main, secret="canary-other").ask(INSPECT).code == 10004


def test_a_missing_signature_is_a_wrong_one(main: Caller) -> None:
    sent = {"X-BAPI-API-KEY": main.key, "X-BAPI-TIMESTAMP": str(round(datetime.now(UTC).timestamp() * 1000))}
    assert fetch(main.url, "GET", INSPECT, headers=sent).code == 10004


def test_the_window_may_be_left_out_of_header_and_signature(main: Caller) -> None:
    assert replace(main, window="").ask(INSPECT, ahead_ms=-4000).code == 0


@pytest.mark.parametrize(("ahead_ms", "code"), [(-6000, 10002), (-4000, 0), (700, 0), (2000, 10002)])
def test_a_timestamp_is_good_inside_its_window_and_a_second_ahead(main: Caller, ahead_ms: int, code: int) -> None:
    assert main.ask(INSPECT, ahead_ms=ahead_ms).code == code


def test_a_longer_window_takes_an_older_timestamp(main: Caller) -> None:
    assert replace(main, window="20000").ask(INSPECT, ahead_ms=-15000).code == 0


def test_a_timestamp_that_is_no_number_is_a_parameter_error(main: Caller) -> None:
    sent = {"X-BAPI-API-KEY": main.key, "X-BAPI-TIMESTAMP": "now", "X-BAPI-SIGN": "0"}
    assert fetch(main.url, "GET", INSPECT, headers=sent).code == 10001


def test_clocks_run_ahead_by_what_the_scenario_says() -> None:
    scenario = read(desk() | {"clock_offset": 3600}, datetime.now(UTC))
    with running(scenario) as sandbox:
        calling = caller(sandbox, scenario, "main")
        assert calling.ask(INSPECT).code == 10002
        assert calling.ask(INSPECT, ahead_ms=3_600_000).code == 0


def test_an_unknown_key_comes_before_everything_else(main: Caller) -> None:
    assert replace(main, key="x" * 18).ask(INSPECT, ahead_ms=-60000).code == 10003
    assert fetch(main.url, "GET", INSPECT).code == 10003


def test_an_expired_key_comes_before_its_timestamp(sandbox: Sandbox, scenario: Scenario) -> None:
    assert caller(sandbox, scenario, "ended").ask(INSPECT, ahead_ms=-60000).code == 33004


def test_a_stale_timestamp_comes_before_a_wrong_signature(main: Caller) -> None:
    assert main.ask(INSPECT, ahead_ms=-60000, signed="else").code == 10002


def test_a_wrong_signature_comes_before_a_wrong_address(sandbox: Sandbox, scenario: Scenario) -> None:
    assert caller(sandbox, scenario, "elsewhere").ask(INSPECT, signed="else").code == 10004


def test_an_address_outside_the_list_is_refused(sandbox: Sandbox, scenario: Scenario, main: Caller) -> None:
    assert caller(sandbox, scenario, "elsewhere").ask(INSPECT).code == 10010
    assert main.ask(INSPECT, source="127.0.0.2").code == 10010


def test_an_address_inside_a_listed_network_is_let_in(sandbox: Sandbox, scenario: Scenario) -> None:
    assert caller(sandbox, scenario, "of-a-network").ask(INSPECT, source="127.0.0.2").code == 0


@pytest.mark.parametrize("path", SUB_ACCOUNTS)
def test_listing_sub_accounts_needs_a_transfer_or_withdrawal_right(
    sandbox: Sandbox, scenario: Scenario, main: Caller, path: str
) -> None:
    assert main.ask(path).code == 0
    assert caller(sandbox, scenario, "reading").ask(path).code == 10005


def test_listing_keys_needs_a_master_key_of_any_right(sandbox: Sandbox, scenario: Scenario) -> None:
    assert caller(sandbox, scenario, "reading").ask(KEYS, "subMemberId=1001").code == 0


@pytest.mark.parametrize("path", [*SUB_ACCOUNTS, KEYS])
def test_a_sub_account_key_lists_nothing(path: str) -> None:
    document = desk()
    document["exchanges"]["bybit"]["accounts"]["none"]["keys"] = {
        "sub": {"created": "1d ago", "rights": {"Wallet": ["AccountTransfer", "SubMemberTransferList"]}}
    }
    scenario = read(document, datetime.now(UTC))
    with running(scenario) as sandbox:
        calling = caller(sandbox, scenario, "sub")
        assert calling.ask(path, "subMemberId=1002").code == 10005
        inspected = calling.ask(INSPECT).result
        assert (inspected["isMaster"], inspected["parentUid"], inspected["userID"]) == (False, "1000", 1002)


@pytest.mark.parametrize(("allowed", "code"), [(True, 0), (False, 10005)])
def test_whether_a_read_only_key_lists_sub_accounts_is_the_scenarios_choice(allowed: bool, code: int) -> None:
    document = desk()
    bybit = document["exchanges"]["bybit"]
    bybit["options"] = {"read_only_lists_subaccounts": allowed}
    bybit["accounts"]["main"]["keys"]["main"]["native"] = {"read_only": True}
    scenario = read(document, datetime.now(UTC))
    with running(scenario) as sandbox:
        assert caller(sandbox, scenario, "main").ask("/v5/user/submembers").code == code


@pytest.mark.parametrize("query", ["", "subMemberId=", "subMemberId=2001", "subMemberId=1000", "subMemberId=77"])
def test_keys_are_listed_of_ones_own_sub_accounts_only(main: Caller, query: str) -> None:
    assert main.ask(KEYS, query).code == 10001


def test_more_than_the_documented_number_of_requests_in_a_second_is_refused(main: Caller) -> None:
    answered = 0
    while (reply := main.ask("/v5/user/submembers")).code == 0 and answered < 500:
        answered += 1
    assert (reply.code, reply.status) == (10006, 200)
    assert answered >= 5


def test_success_tells_how_much_of_the_limit_is_left(main: Caller) -> None:
    headers = main.ask(INSPECT).headers
    assert (headers["X-Bapi-Limit"], headers["X-Bapi-Limit-Status"]) == ("10", "9")
    assert int(headers["X-Bapi-Limit-Reset-Timestamp"]) > 1_700_000_000_000


def test_paths_that_do_not_exist_say_so_in_the_envelope(main: Caller) -> None:
    reply = main.ask("/v5/user/nothing")
    assert (reply.status, reply.code, reply.body["result"]) == (404, 10017, {})


@pytest.mark.parametrize(("method", "path"), [("GET", "del-submember"), ("POST", "query-api"), ("POST", "agreement")])
def test_what_is_not_simulated_is_no_path(sandbox: Sandbox, main: Caller, method: str, path: str) -> None:
    before = control(sandbox, "GET", "/state").body
    reply = main.ask(f"/v5/user/{path}", "subMemberId=1002", method=method, body="{}" if method == "POST" else "")
    assert (reply.status, reply.code) == (404, 10017)
    assert control(sandbox, "GET", "/state").body == before


def test_whatever_may_change_something_is_on_record_as_a_write(sandbox: Sandbox, main: Caller) -> None:
    main.ask(INSPECT)
    for method, path in (("POST", "delete-sub-api"), ("GET", "del-submember"), ("POST", "nothing")):
        main.ask(f"/v5/user/{path}", method=method, body="{}" if method == "POST" else "", mark="")
    assert [entry["write"] for entry in control(sandbox, "GET", "/requests").body] == [False, True, True, True]
