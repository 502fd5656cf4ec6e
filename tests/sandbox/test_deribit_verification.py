"""Who may ask: signatures, times, tokens, addresses, scopes, credits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from keyctl.sandbox.scenario import ScenarioError
from tests.sandbox.caller import control, fetch
from tests.sandbox.deribit_desk import READS, Desk, document, opened

LIST = "private/list_api_keys"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as running:
        yield running


def test_a_signed_get_and_a_signed_body_are_answered_in_the_envelope(desk: Desk) -> None:
    admin = desk.as_("admin")
    for told in (admin.get(LIST), admin.post(LIST), admin.post(LIST, verb="GET"), admin.post(LIST, path="/api/v2")):
        assert len(told.result) == 6
        body = told.reply.body
        assert body["jsonrpc"] == "2.0" and body["testnet"] is False
        assert body["usOut"] - body["usIn"] == body["usDiff"]
    assert "id" not in admin.get(LIST).reply.body


def test_a_query_is_verified_as_it_was_sent(desk: Desk) -> None:
    admin = desk.as_("admin")
    log = "private/get_access_log"
    assert admin.raw("GET", log, "offset=%30&count=5").code == 0
    assert admin.raw("GET", log, "offset=%30&count=5", signed="offset=0&count=5").code == 13009
    assert admin.raw("GET", log, "count=5&offset=0", signed="offset=0&count=5").code == 13009


def test_no_authorization_is_required_by_code_10000(desk: Desk) -> None:
    told = replace(desk.as_("admin"), secret="").get(LIST)
    assert told.code == 10000 and told.reply.status == 400
    assert told.reply.body["error"]["message"] == "authorization_required"


def test_an_unknown_or_disabled_key_is_13004_and_a_wrong_secret_13009_with_401(desk: Desk) -> None:
    assert replace(desk.as_("admin"), key="nobody").get(LIST).code == 13004
    assert desk.as_("off").get(LIST).code == 13004
    told = replace(desk.as_("admin"), secret="wrong").get(LIST)
    assert told.code == 13009 and told.reply.status == 401


@pytest.mark.parametrize(("ahead_ms", "code"), [(-70_000, 13009), (-50_000, 0), (50_000, 0), (70_000, 13009)])
def test_a_time_is_good_for_a_minute(desk: Desk, ahead_ms: int, code: int) -> None:
    assert desk.as_("admin").get(LIST, ahead_ms=ahead_ms).code == code


def test_a_nonce_may_come_again_unless_the_option_refuses_it(desk: Desk) -> None:
    admin = desk.as_("admin")
    assert [admin.get(LIST, nonce="1").code for _ in range(2)] == [0, 0]
    with opened(nonce_reuse="refused") as strict:
        admin = strict.as_("admin")
        assert [admin.get(LIST, nonce="1").code for _ in range(2)] == [0, 13009]


def test_a_key_with_addresses_answers_only_to_them(desk: Desk) -> None:
    bound = desk.as_("bound")
    assert bound.get(LIST).code == 0
    assert replace(bound, source="127.0.0.2").get(LIST).code == 13009
    asked = {"grant_type": "client_credentials", "client_id": bound.key, "client_secret": bound.secret}
    assert replace(bound, secret="", source="127.0.0.2").post("public/auth", asked).code == 13009


def test_a_key_needs_account_read_to_list_and_read_write_to_change(desk: Desk) -> None:
    with opened(document_with("trader", ips=[])) as open_trader:
        told = open_trader.as_("trader").get(LIST)
        assert told.code == 13021 and told.reply.status == 400
    assert desk.as_("reader").get("private/create_api_key", {"max_scope": "trade:read"}).code == 13021


def document_with(key: str, **form: object) -> dict[str, Any]:
    changed = document()
    changed["exchanges"]["deribit"]["accounts"]["main"]["keys"][key].update(form)
    return changed


@pytest.mark.parametrize("grant", ["client_credentials", "client_signature"])
def test_a_token_stands_for_its_key(desk: Desk, grant: str) -> None:
    bearer, said = desk.as_("admin").authenticated(grant_type=grant)
    assert said["token_type"] == "bearer" and said["expires_in"] == 900
    assert {"account:read_write", "connection", "mainaccount"} <= set(said["scope"].split())
    assert len(bearer.get(LIST).result) == len(bearer.post(LIST).result) == 6
    assert replace(bearer, token="other").get(LIST).code == 13009


def test_a_token_has_the_scope_that_was_asked_for_cut_to_its_key_s(desk: Desk) -> None:
    bearer, said = desk.as_("reader").authenticated(scope="session:test account:read_write trade:none expires:60")
    assert said["scope"] == "account:read session:test mainaccount" and said["expires_in"] == 60
    assert bearer.get(LIST).code == 0
    narrow, said = desk.as_("admin").authenticated(scope="trade:read")
    assert narrow.get(LIST).code == 13021
    _, said = desk.as_("sub-admin").authenticated(scope="account:read")
    assert "mainaccount" not in said["scope"]


def test_without_a_scope_a_token_may_be_for_the_connection_only() -> None:
    with opened(token_scope="connection") as desk:
        bearer, said = desk.as_("admin").authenticated()
        assert said["scope"] == "connection mainaccount"
        assert bearer.get(LIST).code == 13021


def test_a_token_for_another_address_is_none(desk: Desk) -> None:
    bearer, _ = desk.as_("admin").authenticated(scope="account:read ip:127.0.0.9")
    assert bearer.get(LIST).code == 13009
    assert replace(bearer, source="127.0.0.9").get(LIST).code == 0


def test_a_wrong_grant_gives_no_token(desk: Desk) -> None:
    admin = desk.as_("admin")
    public = replace(admin, secret="")
    wrong = {"grant_type": "client_credentials", "client_id": admin.key, "client_secret": "wrong"}
    assert public.post("public/auth", wrong).code == 13004
    assert public.post("public/auth", {"grant_type": "password"}).code == -32602
    assert public.post("public/auth", {"grant_type": "refresh_token", "refresh_token": "x"}).code == 13009


def test_a_refresh_token_gives_another_token_and_is_none_itself(desk: Desk) -> None:
    _, said = desk.as_("admin").authenticated()
    admin = replace(desk.as_("admin"), secret="")
    again = admin.post("public/auth", {"grant_type": "refresh_token", "refresh_token": said["refresh_token"]}).result
    assert replace(admin, token=again["access_token"]).get(LIST).code == 0
    assert replace(admin, token=said["refresh_token"]).get(LIST).code == 13009


def test_a_main_account_s_token_becomes_one_for_its_sub_account_and_for_no_other(desk: Desk) -> None:
    _, said = desk.as_("admin").authenticated()
    public = replace(desk.as_("admin"), secret="")
    asked = {"refresh_token": said["refresh_token"], "subject_id": 1002}
    token = public.post("public/exchange_token", asked).result
    assert "mainaccount" not in token["scope"]
    assert set(replace(public, token=token["access_token"]).listed()) == {desk.id("sub-admin"), desk.id("sub-trader")}
    assert public.post("public/exchange_token", {**asked, "subject_id": 2001}).code == 13021
    _, said = desk.as_("sub-admin").authenticated()
    asked = {"refresh_token": said["refresh_token"], "subject_id": 1001}
    assert public.post("public/exchange_token", asked).code == 13021


@pytest.mark.parametrize("method", ["disable_api_key", "reset_api_key", "remove_api_key"])
def test_a_token_ends_with_its_key(desk: Desk, method: str) -> None:
    bearer, _ = desk.as_("reader").authenticated()
    assert bearer.get(LIST).code == 0
    assert desk.as_("admin").get(f"private/{method}", {"id": desk.number("reader")}).code == 0
    assert bearer.get(LIST).code == 13009


def test_what_is_no_method_or_no_request_is_refused(desk: Desk) -> None:
    admin = desk.as_("admin")
    assert admin.get("private/set_api_key_as_default", {"id": 1}).code == -32601
    assert admin.get("private/nothing").code == -32601
    assert admin.raw("GET", "", path="/v3/private/list_api_keys").code == -32601
    assert admin.raw("POST", LIST).code == 11050
    assert admin.raw("POST", LIST, body="[]").code == 11050
    assert admin.raw("POST", LIST, body='{"method": "private/list_api_keys"}').code == 11050
    two = '{"jsonrpc": "2.0", "method": "private/remove_api_key", "params": {"id": 1}}'
    assert admin.raw("POST", LIST, body=two).code == 11050


def test_public_methods_need_no_key(desk: Desk) -> None:
    public = replace(desk.as_("admin"), secret="")
    assert public.get("public/get_time").result > 1_700_000_000_000
    assert "version" in public.get("public/test").result


def test_a_hundred_calls_empty_the_pool_of_one_account(desk: Desk) -> None:
    reader = desk.as_("reader")
    codes = []
    for _ in range(400):
        told = reader.get(LIST)
        codes.append(told.code)
        if told.code:
            break
    assert codes[-1] == 10028 and len(codes) > 100
    assert told.reply.status == 429
    assert desk.as_("sub-admin").get(LIST).code == 0


def test_the_request_log_knows_which_calls_write(desk: Desk) -> None:
    admin = desk.as_("admin")
    admin.get(LIST)
    admin.get("private/get_access_log")
    admin.get("private/rename_nothing")
    admin.get("private/remove_api_key", {"id": 99})
    admin.post(LIST, path="/api/v2")
    written = [entry["write"] for entry in control(desk.sandbox, "GET", "/requests").body]
    assert written == [False, False, False, True, True]


def test_a_state_that_was_saved_keeps_what_was_changed(desk: Desk) -> None:
    admin = desk.as_("admin")
    new = admin.get("private/create_api_key", {"max_scope": "account:read", "name": "fresh"}).result
    reset = admin.get("private/reset_api_key", {"id": new["id"]}).result
    state = control(desk.sandbox, "GET", "/state")
    assert new["client_secret"] not in state.text and reset["client_secret"] not in state.text
    assert fetch(desk.sandbox.control_url, "PUT", "/state", body=state.text).status == 204
    assert admin.listed()[new["client_id"]] == reset
    assert replace(admin, key=new["client_id"], secret=reset["client_secret"]).get(LIST).code == 0
    assert replace(admin, key=new["client_id"], secret=new["client_secret"]).get(LIST).code == 13009
    assert [event for event, _ in admin.log()] == ["new_api_key", "reset_api_key"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"rights": {"trade": ["all"]}}, "a group"),
        ({"rights": {"spot": ["read"]}}, "a group"),
        ({"rights": {"trade": ["read", "read_write"]}}, "a group"),
        ({"rights": {}}, "at least one"),
        ({"rights": {"trade": ["none"]}}, "at least one"),
        ({"ips": ["203.0.113.0/24"]}, "single addresses"),
        ({"label": "two words"}, "letters"),
        ({"expires": "in 3d"}, "do not expire"),
        ({"native": {"frozen": True}}, "frozen"),
    ],
)
def test_a_scenario_that_the_exchange_can_t_have_is_refused(form: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words), opened(document_with("reader", **form)):
        pass


def test_options_and_accounts_that_the_exchange_can_t_have_are_refused() -> None:
    with pytest.raises(ScenarioError, match="token_scope"), opened(token_scope="everything"):
        pass
    nine = document()
    nine["exchanges"]["deribit"]["accounts"]["main"]["keys"] |= {
        f"key-{number}": {"created": "1d ago", "rights": READS} for number in range(3)
    }
    with pytest.raises(ScenarioError, match="at most 8"), opened(nine):
        pass
