"""Who may call the simulated OKX, and what refusals look like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from keyctl.sandbox.running import Sandbox, Scenario, running
from keyctl.sandbox.scenario import ScenarioError
from tests.sandbox.caller import control, fetch
from tests.sandbox.okx_caller import CONFIG, DELETE, KEYS, MEMBERS, MODIFY, OkxCaller, code, data, okx_caller
from tests.sandbox.okx_desk import desk, scenario

DEMO = {"x-simulated-trading": "1"}
UNKNOWN = "0f4c1c9e-0000-4000-8000-000000000000"


@pytest.fixture
def world() -> Scenario:
    return scenario()


@pytest.fixture
def sandbox(world: Scenario) -> Iterator[Sandbox]:
    with running(world) as started:
        yield started


@pytest.fixture
def main(sandbox: Sandbox, world: Scenario) -> OkxCaller:
    return okx_caller(sandbox, world, "main")


def test_the_time_needs_no_credential(sandbox: Sandbox) -> None:
    body = fetch(sandbox.exchanges["okx"], "GET", "/api/v5/public/time").body
    assert body["code"] == "0" and int(body["data"][0]["ts"]) > 1_700_000_000_000


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("OK-ACCESS-KEY", "50103"),
        ("OK-ACCESS-PASSPHRASE", "50104"),
        ("OK-ACCESS-SIGN", "50106"),
        ("OK-ACCESS-TIMESTAMP", "50107"),
    ],
)
def test_every_header_is_needed(main: OkxCaller, header: str, expected: str) -> None:
    for value in (None, ""):
        assert code(main.ask(CONFIG, headers={header: value})) == (401, expected)


@pytest.mark.parametrize(
    "timestamp", ["1764064800.000", "2026-11-22T10:21:07Z", "2026-11-22 10:21:07.328Z", "2026-13-22T10:21:07.328Z", "x"]
)
def test_a_time_of_another_form_is_refused(main: OkxCaller, timestamp: str) -> None:
    assert code(main.ask(CONFIG, headers={"OK-ACCESS-TIMESTAMP": timestamp})) == (401, "50112")


def test_half_a_minute_is_close_enough(main: OkxCaller) -> None:
    assert code(main.ask(CONFIG, ahead=-25)) == code(main.ask(CONFIG, ahead=25)) == (200, "0")
    assert code(main.ask(CONFIG, ahead=-31)) == code(main.ask(CONFIG, ahead=31)) == (401, "50102")


def test_authentication_errors_have_no_data(main: OkxCaller) -> None:
    refused = replace(main, passphrase="canary-other").ask(CONFIG)
    assert refused.body == {"msg": 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', "code": "50105"}


def test_each_part_of_a_credential_has_its_own_refusal(main: OkxCaller) -> None:
    assert code(replace(main, secret="canary-other").ask(CONFIG)) == (401, "50113")
    assert code(replace(main, key=UNKNOWN).ask(CONFIG)) == (401, "50119")
    assert code(replace(main, key="two words").ask(CONFIG)) == (401, "50111")


def test_a_key_of_another_region_does_not_exist(sandbox: Sandbox, world: Scenario, main: OkxCaller) -> None:
    european = okx_caller(sandbox, world, "of-europe", "myokx")
    assert data(european.ask(CONFIG))[0]["uid"] == "3000"
    assert code(replace(european, url=main.url).ask(CONFIG)) == (401, "50119")


def test_a_query_may_be_signed_as_sent_or_decoded_and_not_otherwise(main: OkxCaller) -> None:
    assert code(main.ask(KEYS, "subAcct=a%20b%2Bc")) == (200, "59510")
    assert code(main.ask(KEYS, "subAcct=a%20b%2Bc", signed="?subAcct=a b+c")) == (200, "59510")
    assert code(main.ask(KEYS, "subAcct=none", signed="?subAcct=child")) == (401, "50113")
    assert code(main.ask(KEYS, "subAcct=none", signed="")) == (401, "50113")


def test_a_body_and_a_method_are_signed(main: OkxCaller) -> None:
    body = '{"subAcct":"none","apiKey":"x"}'
    assert code(main.ask(DELETE, method="POST", body=body, signed='{"subAcct":"child"}')) == (401, "50113")
    assert code(main.ask(DELETE, method="POST", body=body)) == (200, "59506")


def test_only_bound_addresses_may_call(sandbox: Sandbox, world: Scenario, main: OkxCaller) -> None:
    elsewhere = okx_caller(sandbox, world, "elsewhere").ask(CONFIG)
    assert code(elsewhere) == (401, "50110") and "Your IP 127.0.0.1 is not" in elsewhere.body["msg"]
    assert code(main.ask(CONFIG, source="127.0.0.2")) == (401, "50110")
    assert code(okx_caller(sandbox, world, "of-a-network").ask(CONFIG, source="127.0.0.9")) == (200, "0")


def test_demo_keys_are_of_another_environment(sandbox: Sandbox, world: Scenario, main: OkxCaller) -> None:
    practice = okx_caller(sandbox, world, "practice")
    assert code(practice.ask(CONFIG)) == (401, "50101")
    assert code(practice.ask(CONFIG, headers=DEMO)) == (200, "0")
    assert code(main.ask(CONFIG, headers=DEMO)) == (401, "50101")
    assert code(main.ask(CONFIG, headers={"x-simulated-trading": "0"})) == (200, "0")
    assert code(practice.ask(MEMBERS, headers=DEMO)) == (200, "50038")


def test_reading_needs_a_key_of_the_main_account_and_nothing_else(sandbox: Sandbox, world: Scenario) -> None:
    reading, child = okx_caller(sandbox, world, "reading"), okx_caller(sandbox, world, "of-child")
    for path, query in ((MEMBERS, ""), (KEYS, "subAcct=none")):
        assert code(reading.ask(path, query)) == (200, "0")
        assert code(child.ask(path, query)) == (200, "59500")


@pytest.mark.parametrize("path", [KEYS, MODIFY, DELETE])
def test_writing_needs_a_bound_trading_key_of_the_main_account(sandbox: Sandbox, world: Scenario, path: str) -> None:
    for name, expected in (
        ("of-child", (200, "59500")),
        ("reading", (200, "50120")),
        ("bound-reading", (200, "50120")),
        ("unbound", (403, "50035")),
        ("main", (400, "50014")),
    ):
        assert code(okx_caller(sandbox, world, name).post(path, tag="x")) == expected, name


def test_frozen_accounts_answer_so(sandbox: Sandbox, world: Scenario) -> None:
    assert code(okx_caller(sandbox, world, "of-stranger").ask(CONFIG)) == (400, "50100")
    assert code(okx_caller(sandbox, world, "of-frozen").ask(CONFIG)) == (200, "59508")


def test_idle_keys_that_may_trade_and_are_not_bound_are_gone(sandbox: Sandbox, world: Scenario) -> None:
    assert code(okx_caller(sandbox, world, "idle").ask(CONFIG)) == (401, "50119")
    assert code(okx_caller(sandbox, world, "idle-reading").ask(CONFIG)) == (200, "0")
    keys = control(sandbox, "GET", "/state").body["exchanges"]["okx"]["accounts"]["main"]["keys"]
    assert "idle" not in keys and keys["idle-reading"]["native"]["idle_days"] == 0


def test_paths_and_methods_that_do_not_exist(main: OkxCaller) -> None:
    for path in ("/api/v5/users/subaccount", "/api/v5/account/config/", "/"):
        assert main.ask(path).status == 404
    assert code(main.ask(CONFIG, method="POST", body="{}")) == (405, "50115")


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [("GET", CONFIG, 5), ("GET", KEYS, 20), ("GET", MEMBERS, 20), ("POST", KEYS, 1), ("POST", MODIFY, 1)],
)
def test_each_call_has_its_own_limit(main: OkxCaller, method: str, path: str, limit: int) -> None:
    body = "{}" if method == "POST" else ""
    codes = [code(main.ask(path, method=method, body=body))[1] for _ in range(limit + 1)]
    assert codes[-1] == "50011" and "50011" not in codes[:-1]
    assert code(main.ask(DELETE, method="POST", body="{}")) == (400, "50014")


def test_too_fast_is_429_without_data_by_injection_too(sandbox: Sandbox, main: OkxCaller) -> None:
    fault = {"exchange": "okx", "match": f"GET {CONFIG}", "kind": "rate-limit"}
    assert control(sandbox, "POST", "/faults", fault).status == 204
    reply = main.ask(CONFIG)
    assert (code(reply), reply.body["msg"]) == ((429, "50011"), "Too Many Requests")


@pytest.mark.parametrize(
    ("account", "change"),
    [
        ("many", {"native": {"sub_acct": "none"}}),
        ("many", {"native": {"nickname": "x"}}),
        ("many", {"uid": "x"}),
        ("strangers", {"parent": "many"}),
        ("child", {"keys": {"k": {"created": "1d ago", "rights": {"perm": ["withdraw"]}}}}),
        ("main", {"keys": {"k": {"created": "1d ago", "rights": {"perm": ["lend"]}}}}),
        ("main", {"keys": {"k": {"created": "1d ago", "rights": {"Spot": ["x"]}}}}),
        ("main", {"keys": {"k": {"created": "1d ago", "ips": ["home"]}}}),
        ("main", {"keys": {"k": {"created": "1d ago", "ips": [f"203.0.113.{n}" for n in range(21)]}}}),
        ("main", {"keys": {"k": {"created": "1d ago", "native": {"demo": "yes"}}}}),
    ],
)
def test_what_okx_can_t_have_is_no_scenario(account: str, change: dict[str, object]) -> None:
    document = desk()
    document["exchanges"]["okx"]["accounts"][account] |= change
    with pytest.raises(ScenarioError, match="okx: "), running(scenario(document)):
        pass
