"""What can be changed, by whom, in which words, and what the log says of it afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.sandbox.deribit_client import Client
from tests.sandbox.deribit_desk import Desk, document, opened

CREATE, EDIT = "private/create_api_key", "private/edit_api_key"
SCOPE = "account:read trade:read_write"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as running:
        yield running


@pytest.fixture
def admin(desk: Desk) -> Client:
    return desk.as_("admin")


@pytest.fixture
def number(desk: Desk) -> int:
    """Of the key ``reader``."""
    return desk.number("reader")


def test_a_new_key_has_its_scope_is_enabled_and_works(desk: Desk, admin: Client) -> None:
    new = admin.get(CREATE, {"max_scope": "trade:read_write account:read wallet:none", "name": "Hedger_1"}).result
    assert new["max_scope"] == SCOPE and new["enabled"] is True and new["name"] == "Hedger_1"
    assert 8 <= len(new["client_id"]) <= 10
    assert admin.listed()[new["client_id"]] == new
    own = replace(admin, key=new["client_id"], secret=new["client_secret"])
    assert own.get("private/list_api_keys").code == 0
    assert admin.log() == [("new_api_key", new["client_id"])]


def test_a_scope_may_be_a_list_too(admin: Client) -> None:
    assert admin.post(CREATE, {"max_scope": ["account:read", "trade:read_write"]}).result["max_scope"] == SCOPE


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"max_scope": ""},
        {"max_scope": "trade"},
        {"max_scope": "trade:all"},
        {"max_scope": "spot:read"},
        {"max_scope": "trade:read trade:read_write"},
        {"max_scope": "trade:none"},
        {"max_scope": "mainaccount"},
        {"max_scope": SCOPE, "name": "Public key 1"},
        {"max_scope": SCOPE, "name": "seventeen_letters"},
        {"max_scope": SCOPE, "enabled_features": "everything"},
    ],
)
def test_a_key_that_can_t_be_had_is_not_made(admin: Client, params: dict[str, object]) -> None:
    told = admin.get(CREATE, params)
    assert told.code == -32602 and told.reply.body["error"]["message"] == "Invalid params"
    assert admin.log() == []


def test_creation_knows_no_addresses_and_no_switch(admin: Client) -> None:
    new = admin.post(CREATE, {"max_scope": SCOPE, "ip_whitelist": ["203.0.113.1"], "enabled": False}).result
    assert "ip_whitelist" not in new and new["enabled"] is True


def test_an_account_has_eight_keys_at_most(admin: Client) -> None:
    assert [admin.get(CREATE, {"max_scope": SCOPE}).code for _ in range(3)] == [0, 0, 11050]


def test_an_edit_needs_number_and_scope(admin: Client, number: int) -> None:
    assert admin.get(EDIT, {"max_scope": SCOPE}).code == -32602
    assert admin.get(EDIT, {"id": number}).code == -32602
    assert admin.get(EDIT, {"id": number, "name": "other"}).code == -32602
    assert admin.log() == []


def test_an_edit_replaces_the_scope_and_leaves_what_is_not_sent(desk: Desk, admin: Client) -> None:
    number = desk.number("trader")
    told = admin.get(EDIT, {"id": number, "max_scope": "account:read"}).result
    assert told["max_scope"] == "account:read"  # trade is gone
    assert told["name"] == "trader" and told["ip_whitelist"] == ["203.0.113.7"] and told["enabled"] is True
    assert admin.log() == [("changed_scope", desk.id("trader"))]


def test_everything_can_be_edited_at_once_and_is_logged(desk: Desk, admin: Client, number: int) -> None:
    changes: dict[str, Any] = {
        "id": number,
        "max_scope": SCOPE,
        "name": "other",
        "enabled": False,
        "enabled_features": ["block_trade_approval"],
        "ip_whitelist": ["203.0.113.9", "2001:db8::1"],
    }
    told = admin.post(EDIT, changes).result
    assert {name: told[name] for name in changes} == changes
    wanted = ("changed_scope", "changed_whitelist", "disabled_api_key")
    assert admin.log() == [(event, desk.id("reader")) for event in wanted]
    assert admin.post(EDIT, changes).code == 0
    assert len(admin.log()) == 3  # nothing changed


def addresses(admin: Client, number: int, query: str) -> Any:
    told = admin.raw("GET", EDIT, f"id={number}&max_scope=account%3Aread&{query}")
    return told.code or told.result.get("ip_whitelist")


def test_repeated_and_indexed_names_are_a_list(admin: Client, number: int) -> None:
    one, both = ["203.0.113.1"], ["203.0.113.1", "203.0.113.2"]
    assert addresses(admin, number, "ip_whitelist=203.0.113.1") == one
    assert addresses(admin, number, "ip_whitelist=203.0.113.1&ip_whitelist=203.0.113.2") == both
    assert addresses(admin, number, "ip_whitelist[0]=203.0.113.1") == one
    assert addresses(admin, number, "ip_whitelist%5B0%5D=203.0.113.1&ip_whitelist%5B1%5D=203.0.113.2") == both


@pytest.mark.parametrize(
    "query",
    [
        "ip_whitelist=%5B%27203.0.113.1%27%5D",  # Python's way to write a list
        "ip_whitelist=%5B%22203.0.113.1%22%5D",  # JSON's
        "ip_whitelist=%5B%5D",
        "ip_whitelist=",
        "ip_whitelist=203.0.113.0/24",
        "ip_whitelist=*",
        "ip_whitelist=203.0.113.1,203.0.113.2",
    ],
)
def test_other_ways_to_write_addresses_are_refused(admin: Client, number: int, query: str) -> None:
    assert addresses(admin, number, query) == -32602


def test_json_text_is_a_list_only_where_the_option_takes_it() -> None:
    with opened(json_text_lists=True) as desk:
        admin, number = desk.as_("admin"), desk.number("reader")
        text = json.dumps(["203.0.113.1", "203.0.113.2"]).replace('"', "%22").replace("[", "%5B").replace(" ", "%20")
        assert addresses(admin, number, f"ip_whitelist={text}") == ["203.0.113.1", "203.0.113.2"]
        assert addresses(admin, number, "ip_whitelist=%5B%27203.0.113.1%27%5D") == -32602


def test_an_empty_list_takes_all_addresses_off_or_is_refused() -> None:
    for option, code in (("unbinds", 0), ("refused", -32602)):
        with opened(empty_list=option) as desk:
            asked = {"id": desk.number("trader"), "max_scope": "trade:read", "ip_whitelist": []}
            told = desk.as_("admin").post(EDIT, asked)
            assert told.code == code
            bound = "ip_whitelist" in desk.as_("admin").listed()[desk.id("trader")]
            assert bound is bool(code)


def test_addresses_count_for_the_next_call(desk: Desk, admin: Client, number: int) -> None:
    reader = desk.as_("reader")
    admin.get(EDIT, {"id": number, "max_scope": "account:read", "ip_whitelist": "203.0.113.1"})
    assert reader.get("private/list_api_keys").code == 13009


def test_scope_and_name_can_be_changed_alone(desk: Desk, admin: Client, number: int) -> None:
    asked = {"id": number, "max_scope": "account:read_write"}
    assert admin.get("private/change_scope_in_api_key", asked).result["max_scope"] == "account:read_write"
    assert admin.get("private/change_api_key_name", {"id": number, "name": "KeyName3"}).result["name"] == "KeyName3"
    assert admin.get("private/change_api_key_name", {"id": number, "name": "a b"}).code == -32602
    assert admin.get("private/change_scope_in_api_key", {"id": number}).code == -32602
    assert admin.log() == [("changed_scope", desk.id("reader"))]


def test_a_disabled_key_is_dead_until_it_is_enabled_again(desk: Desk, admin: Client, number: int) -> None:
    reader = desk.as_("reader")
    assert admin.get("private/disable_api_key", {"id": number}).result["enabled"] is False
    assert reader.get("private/list_api_keys").code == 13004
    assert admin.get("private/enable_api_key", {"id": number}).result["enabled"] is True
    assert reader.get("private/list_api_keys").code == 0
    assert admin.log() == [("disabled_api_key", reader.key), ("enabled_api_key", reader.key)]


def test_a_reset_keeps_the_id_and_changes_the_secret(desk: Desk, admin: Client, number: int) -> None:
    reader = desk.as_("reader")
    told = [admin.get("private/reset_api_key", {"id": number}).result for _ in range(2)]
    assert {row["client_id"] for row in told} == {reader.key} and {row["id"] for row in told} == {number}
    secrets = {reader.secret, *(row["client_secret"] for row in told)}
    assert len(secrets) == 3
    assert reader.get("private/list_api_keys").code == 13009
    assert replace(reader, secret=told[1]["client_secret"]).get("private/list_api_keys").code == 0


def test_a_removed_key_is_gone_for_ever(desk: Desk, admin: Client, number: int) -> None:
    reader = desk.as_("reader")
    assert admin.get("private/remove_api_key", {"id": number}).result == "ok"
    assert reader.get("private/list_api_keys").code == 13004
    assert reader.key not in admin.listed()
    assert admin.get("private/remove_api_key", {"id": number}).code == -32602
    assert admin.get("private/enable_api_key", {"id": number}).code == -32602
    assert admin.log() == [("removed_api_key", reader.key)]


@pytest.mark.parametrize("method", ["enable", "disable", "reset", "remove"])
def test_nobody_touches_a_key_that_can_do_more_than_his_own(desk: Desk, method: str) -> None:
    writer = desk.as_("writer")
    assert writer.get(f"private/{method}_api_key", {"id": desk.number("admin")}).code == 13403
    assert writer.get(f"private/{method}_api_key", {"id": desk.number("writer")}).code == 0


def test_nobody_makes_a_key_that_can_do_more_than_his_own(desk: Desk) -> None:
    writer, own = desk.as_("writer"), desk.number("writer")
    assert writer.get(CREATE, {"max_scope": "trade:read_write"}).code == 13403
    assert writer.get(EDIT, {"id": own, "max_scope": "trade:read_write"}).code == 13403
    assert writer.get("private/change_scope_in_api_key", {"id": own, "max_scope": "wallet:read"}).code == 13403
    assert writer.get(CREATE, {"max_scope": "account:read_write trade:read"}).code == 0


def test_a_main_account_s_key_changes_no_key_of_its_sub_account(desk: Desk, admin: Client) -> None:
    mine = {row["id"] for row in admin.get("private/list_api_keys").result}
    theirs = {row["id"] for row in desk.as_("sub-admin").get("private/list_api_keys").result}
    assert theirs < mine  # numbers are local to an account
    assert admin.get("private/remove_api_key", {"id": min(theirs)}).code == 0
    assert len(desk.as_("sub-admin").listed()) == len(theirs)


def guarded(mode: str) -> dict[str, Any]:
    form = document()
    form["exchanges"]["deribit"]["accounts"]["main"]["native"]["two_factor"] = mode
    return form


def code_of(uid: int, ahead: int = 0) -> str:
    """The invented code, by the rule that the simulator's description gives."""
    return f"{(uid + int(time.time()) // 30 + ahead) % 1_000_000:06d}"


def test_flagged_methods_ask_for_the_second_factor_and_go_on_with_it() -> None:
    with opened(guarded("writes")) as desk:
        admin = desk.as_("admin")
        challenge = admin.get(CREATE, {"max_scope": SCOPE})
        assert challenge.reply.status == 200
        asked = challenge.result
        assert asked["security_key_authorization_required"] is True
        assert asked["security_keys"] == [{"type": "tfa", "name": "tfa"}] and asked["rp_id"]
        answer = {"authorization_data": code_of(1001), "challenge": asked["challenge"]}
        assert admin.get(CREATE, {"max_scope": SCOPE, **answer}).result["max_scope"] == SCOPE
        assert len(admin.listed()) == 7  # the listing asked for nothing


def test_a_code_and_a_challenge_are_good_once() -> None:
    with opened(guarded("writes")) as desk:
        admin = desk.as_("admin")

        def attempt(**given: str) -> str:
            return str(admin.get(CREATE, {"max_scope": SCOPE, **given}).reply.body["error"]["data"]["reason"])

        def challenge() -> str:
            return str(admin.get(CREATE, {"max_scope": SCOPE}).result["challenge"])

        used, code = challenge(), code_of(1001)
        assert attempt(challenge=challenge()) == "tfa_code_is_required"
        assert attempt(challenge=challenge(), authorization_data="000000") == "tfa_code_not_matched"
        assert attempt(challenge="other", authorization_data=code) == "challenge_timeout"
        assert admin.get(CREATE, {"max_scope": SCOPE, "challenge": used, "authorization_data": code}).code == 0
        assert attempt(challenge=challenge(), authorization_data=code) == "used_tfa_code"
        assert attempt(challenge=used, authorization_data=code_of(1001, 1)) == "challenge_timeout"


@pytest.mark.parametrize(("mode", "asked"), [("writes", False), ("all", True), ("setup-required", True)])
def test_a_listing_asks_only_where_the_account_says_so(mode: str, asked: bool) -> None:
    with opened(guarded(mode)) as desk:
        told = desk.as_("reader").get("private/list_api_keys")
        if mode == "setup-required":
            assert told.code == 13904
        else:
            assert isinstance(told.result, dict) is asked
        assert desk.as_("sub-trader").get("private/list_api_keys").code == 0


def test_methods_that_are_not_flagged_ask_for_nothing() -> None:
    with opened(guarded("all")) as desk:
        admin = desk.as_("admin")
        for method, params in (
            ("enable_api_key", {"id": 6}),
            ("reset_api_key", {"id": 6}),
            ("change_api_key_name", {"id": 6, "name": "x"}),
            ("remove_api_key", {"id": 6}),
        ):
            told = admin.get(f"private/{method}", params)
            assert told.code == 0 and "challenge" not in told.result
        assert admin.get("private/disable_api_key", {"id": 5}).result["security_key_authorization_required"] is True
