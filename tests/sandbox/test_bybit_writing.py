"""What is written: keys and sub-accounts, by master keys and by keys on themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keyctl.sandbox.invented import CANARY
from keyctl.sandbox.running import Sandbox, Scenario, running
from keyctl.sandbox.scenario import read
from tests.sandbox.caller import Caller, Reply, caller, control
from tests.sandbox.conftest import desk

INSPECT, KEYS, MEMBERS = "/v5/user/query-api", "/v5/user/sub-apikeys", "/v5/user/submembers"
SPOT = {"Spot": ["SpotTrade"]}


@pytest.fixture
def scenario() -> Scenario:
    """The desk, with keys of a master and of a sub-account that may write, and some that may not."""
    document = desk()
    accounts = document["exchanges"]["bybit"]["accounts"]
    bound = ["127.0.0.1"]
    accounts["main"]["keys"] |= {
        "banker": {"created": "1d ago", "rights": {"Wallet": ["AccountTransfer", "Withdraw"], **SPOT}, "ips": bound},
        "looking": {"created": "1d ago", "rights": {"Wallet": ["Withdraw"]}, "native": {"read_only": True}},
        "fiat": {"created": "1d ago", "rights": {"Wallet": ["AccountTransfer"], "FiatP2P": ["Advertising"]}},
    }
    accounts["none"]["keys"] = {
        "self": {"created": "80d ago", "rights": {"Wallet": ["AccountTransfer"]}, "ips": bound},
        "trader": {"created": "1d ago", "rights": SPOT},
    }
    accounts["stranger"]["keys"] = {"stranger": {"created": "1d ago", "rights": {"Wallet": ["SubMemberTransfer"]}}}
    return read(document, datetime.now(UTC))


@pytest.fixture
def banker(sandbox: Sandbox, scenario: Scenario) -> Caller:
    return caller(sandbox, scenario, "banker")


@pytest.fixture
def itself(sandbox: Sandbox, scenario: Scenario) -> Caller:
    return caller(sandbox, scenario, "self")


@pytest.fixture
def traders_id(scenario: Scenario) -> Iterator[str]:
    yield next(key.id for key in scenario.exchanges["bybit"].keys if key.name == "trader")


def post(calling: Caller, path: str, **parameters: object) -> Reply:
    return calling.ask(f"/v5/user/{path}", method="POST", body=json.dumps(parameters), mark="")


def new_key(calling: Caller, **parameters: object) -> dict[str, Any]:
    asked = {"subuid": 1002, "readOnly": 0, "permissions": SPOT, **parameters}
    created: dict[str, Any] = post(calling, "create-sub-api", **asked).result
    return created


def listed(calling: Caller, key: str, uid: str = "1002") -> dict[str, Any] | None:
    rows = calling.ask(KEYS, f"subMemberId={uid}").result["result"]
    return next((row for row in rows if row["apiKey"] == key), None)


def test_a_created_key_is_listed_and_works_with_the_secret_that_is_shown_once(main: Caller) -> None:
    created = new_key(main, note="new", ips="127.0.0.1,203.0.113.9")
    assert list(created) == ["id", "note", "apiKey", "readOnly", "secret", "permissions"]
    assert created["secret"].startswith(CANARY) and created["permissions"]["Spot"] == ["SpotTrade"]
    row = listed(main, created["apiKey"])
    assert row is not None
    assert (row["note"], row["ips"], row["secret"]) == ("new", ["127.0.0.1", "203.0.113.9"], "******")
    inspected = Caller(main.url, created["apiKey"], created["secret"]).ask(INSPECT).result
    assert (inspected["apiKey"], inspected["userID"], inspected["isMaster"]) == (created["apiKey"], 1002, False)


@pytest.mark.parametrize(
    ("ips", "bound"),
    [
        ("203.0.113.7", ["203.0.113.7"]),
        ("203.0.113.7, 203.0.113.8,203.0.113.7", ["203.0.113.7", "203.0.113.8"]),
        (["203.0.113.7", "203.0.113.8"], ["203.0.113.7", "203.0.113.8"]),
        (["203.0.113.7,203.0.113.8"], ["203.0.113.7", "203.0.113.8"]),
        ("*", ["*"]),
        (["*"], ["*"]),
        (None, ["*"]),
    ],
)
def test_addresses_come_as_text_or_list_and_a_star_or_nothing_binds_to_none(
    main: Caller, ips: object, bound: list[str]
) -> None:
    row = listed(main, new_key(main, ips=ips)["apiKey"])
    assert row is not None and row["ips"] == bound
    assert (row["expiredAt"] == "1970-01-01T00:00:00Z") == (bound != ["*"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"subuid": None},
        {"subuid": "1002"},
        {"subuid": 1000},
        {"subuid": 2001},
        {"readOnly": None},
        {"readOnly": True},
        {"readOnly": 2},
        {"permissions": None},
        {"permissions": {}},
        {"permissions": {"Spot": []}},
        {"permissions": {"CopyTrading": ["CopyTrading"]}},
        {"permissions": {"Spot": "SpotTrade"}},
        {"permissions": {"Spot": ["Margin"]}},
        {"permissions": {"Tomorrow": ["Anything"]}},
        {"permissions": {"Wallet": ["Withdraw"]}},
        {"permissions": {"Wallet": ["SubMemberTransfer"]}},
        {"permissions": {**SPOT, "BlockTrade": ["BlockTrade"]}},
        {"permissions": {"Affiliate": ["Affiliate"]}},
        {"permissions": ["Spot"]},
        {"ips": ""},
        {"ips": []},
        {"ips": "203.0.113.0/28"},
        {"ips": "*,203.0.113.7"},
        {"ips": 5},
        {"note": 5},
    ],
    ids=json.dumps,
)
def test_a_key_is_not_created_from_wrong_parameters(sandbox: Sandbox, main: Caller, wrong: dict[str, object]) -> None:
    before = control(sandbox, "GET", "/state").body
    asked = {"subuid": 1002, "readOnly": 0, "permissions": SPOT} | wrong
    assert post(main, "create-sub-api", **asked).code == 10001
    assert control(sandbox, "GET", "/state").body == before


def test_a_body_that_is_no_object_is_a_parameter_error(main: Caller) -> None:
    assert main.ask("/v5/user/delete-sub-api", method="POST", body="[]", mark="").code == 10001
    assert main.ask("/v5/user/delete-sub-api", method="POST", body="{", mark="").code == 10001


def test_deprecated_rights_are_taken_and_dropped_and_empty_groups_are_no_rights(main: Caller) -> None:
    created = new_key(main, permissions={**SPOT, "CopyTrading": ["CopyTrading"], "NFT": [], "BlockTrade": []})
    assert {group for group, values in created["permissions"].items() if values} == {"Spot"}


def test_only_one_key_is_created_in_a_second(main: Caller) -> None:
    assert new_key(main)["apiKey"]
    reply = post(main, "create-sub-api", subuid=1002, readOnly=0, permissions=SPOT)
    assert reply.code == 10006


@pytest.mark.parametrize("name", ["looking", "reading", "trader", "self"])
@pytest.mark.parametrize("path", ["create-sub-api", "frozen-sub-member", "del-submember", "update-api", "delete-api"])
def test_administration_needs_a_read_write_master_key_with_a_wallet_right(
    sandbox: Sandbox, scenario: Scenario, name: str, path: str
) -> None:
    assert post(caller(sandbox, scenario, name), path, subuid=1002, subMemberId="1002").code == 10005


def test_a_read_only_key_is_created_as_such(main: Caller) -> None:
    created = new_key(main, readOnly=1)
    assert created["readOnly"] == 1
    row = listed(main, created["apiKey"])
    assert row is not None and row["readOnly"] is True


def test_where_keys_can_not_be_created_by_api_the_exchange_says_so() -> None:
    document = desk()
    document["exchanges"]["bybit"]["options"] = {"creates_keys": False}
    scenario = read(document, datetime.now(UTC))
    with running(scenario) as sandbox:
        calling = caller(sandbox, scenario, "main")
        assert post(calling, "create-sub-api", subuid=1002, readOnly=0, permissions=SPOT).code == 81007


def test_an_update_that_leaves_out_read_only_and_addresses_opens_the_key(main: Caller) -> None:
    created = new_key(main, readOnly=1, ips="203.0.113.7")
    updated = post(main, "update-sub-api", apikey=created["apiKey"]).result
    assert (updated["readOnly"], updated["ips"], updated["secret"]) == (0, ["*"], "")
    assert updated["permissions"]["Spot"] == ["SpotTrade"], "permissions that are absent are unchanged"


def test_an_update_replaces_the_whole_set_of_permissions(main: Caller, traders_id: str) -> None:
    updated = post(
        main, "update-sub-api", apikey=traders_id, readOnly=1, ips="203.0.113.7", permissions={"Earn": ["Earn"]}
    ).result
    assert {group for group, values in updated["permissions"].items() if values} == {"Earn"}
    assert (updated["readOnly"], updated["ips"]) == (1, ["203.0.113.7"])
    row = listed(main, traders_id)
    assert row is not None and row["permissions"]["Earn"] == ["Earn"] and row["ips"] == ["203.0.113.7"]


@pytest.mark.parametrize(
    "wrong",
    [{"readOnly": 2}, {"ips": "here"}, {"permissions": {}}, {"permissions": {"Wallet": ["Withdraw"]}}],
    ids=json.dumps,
)
def test_an_update_with_one_wrong_parameter_changes_nothing(
    sandbox: Sandbox, main: Caller, traders_id: str, wrong: dict[str, object]
) -> None:
    before = control(sandbox, "GET", "/state").body
    asked = {"apikey": traders_id, "readOnly": 1, "ips": "203.0.113.7", **wrong}
    assert post(main, "update-sub-api", **asked).code == 10001
    assert control(sandbox, "GET", "/state").body == before


def test_the_ninety_days_count_from_the_moment_a_key_was_unbound(itself: Caller) -> None:
    before = datetime.now(UTC)
    assert post(itself, "update-sub-api", ips="*").result["ips"] == ["*"]
    ends = datetime.fromisoformat(itself.ask(INSPECT).result["expiredAt"])
    assert timedelta(days=89) < ends - before < timedelta(days=91)
    assert post(itself, "update-sub-api", ips="127.0.0.1").result["ips"] == ["127.0.0.1"]
    assert itself.ask(INSPECT).result["expiredAt"] == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("path", ["update-sub-api", "delete-sub-api"])
def test_a_master_must_name_a_key_of_its_own_sub_accounts(
    sandbox: Sandbox, scenario: Scenario, main: Caller, traders_id: str, path: str
) -> None:
    assert post(main, path).code == 10001
    assert post(main, path, apikey="x" * 18).code == 10001
    assert post(main, path, apikey=main.key).code == 10001
    assert post(caller(sandbox, scenario, "stranger"), path, apikey=traders_id).code == 10001


@pytest.mark.parametrize("path", ["update-sub-api", "delete-sub-api"])
def test_a_sub_accounts_key_acts_on_itself_only_and_may_not_say_so(
    sandbox: Sandbox, scenario: Scenario, itself: Caller, traders_id: str, path: str
) -> None:
    assert post(itself, path, apikey=itself.key).code == 10001
    assert post(itself, path, apikey=traders_id).code == 10001
    assert post(caller(sandbox, scenario, "trader"), path).code == 10005
    assert post(itself, path).code == 0


def test_a_deleted_key_is_gone_from_the_listing_and_refused_as_unknown(
    sandbox: Sandbox, scenario: Scenario, main: Caller, traders_id: str
) -> None:
    trader = caller(sandbox, scenario, "trader")
    assert trader.ask(INSPECT).code == 0
    assert post(main, "delete-sub-api", apikey=traders_id).result == {}
    assert listed(main, traders_id) is None
    assert trader.ask(INSPECT).code == 10003
    assert post(main, "delete-sub-api", apikey=traders_id).code == 10001


@pytest.mark.parametrize(("name", "path"), [("banker", "delete-api"), ("self", "delete-sub-api")])
def test_a_key_that_deletes_itself_is_refused_at_once(
    sandbox: Sandbox, scenario: Scenario, name: str, path: str
) -> None:
    calling = caller(sandbox, scenario, name)
    assert post(calling, path).result == {}
    assert calling.ask(INSPECT).code == 10003


def test_a_master_key_keeps_its_addresses_and_label_whatever_its_update_says(banker: Caller) -> None:
    updated = post(banker, "update-api", readOnly=0, ips="*", note="other").result
    assert (updated["ips"], updated["note"]) == (["127.0.0.1"], "")
    assert updated["permissions"]["Wallet"] == ["AccountTransfer", "Withdraw"]


@pytest.mark.parametrize("wallet", [["AccountTransfer", "Withdraw"], ["AccountTransfer"]])
def test_rewriting_a_master_keys_permissions_loses_the_right_to_withdraw(banker: Caller, wallet: list[str]) -> None:
    updated = post(banker, "update-api", readOnly=0, permissions={"Wallet": wallet}).result
    assert updated["permissions"]["Wallet"] == ["AccountTransfer"] and updated["permissions"]["Spot"] == []


def test_a_master_key_that_made_itself_read_only_can_not_undo_it(banker: Caller) -> None:
    assert post(banker, "update-api", readOnly=1).result["readOnly"] == 1
    assert banker.ask(INSPECT).result["readOnly"] == 1
    assert post(banker, "update-api", readOnly=0).code == 10005


def test_fiat_rights_of_a_master_key_neither_come_nor_go(sandbox: Sandbox, scenario: Scenario, banker: Caller) -> None:
    fiat, wallet = caller(sandbox, scenario, "fiat"), {"Wallet": ["AccountTransfer"]}
    assert post(fiat, "update-api", permissions={**wallet, "FiatP2P": []}).code == 10001
    assert post(fiat, "update-api", permissions=wallet).result["permissions"]["FiatP2P"] == ["Advertising"]
    assert post(banker, "update-api", permissions={**wallet, "FiatP2P": ["Advertising"]}).code == 10001


def test_the_affiliate_right_stands_alone(banker: Caller) -> None:
    assert post(banker, "update-api", permissions={"Affiliate": ["Affiliate"], **SPOT}).code == 10001
    assert post(banker, "update-api", permissions={"Affiliate": ["Affiliate"]}).code == 0


def test_a_frozen_sub_account_is_listed_as_such_and_its_keys_go_on(
    sandbox: Sandbox, scenario: Scenario, main: Caller
) -> None:
    def status() -> int:
        [row] = [row for row in main.ask(MEMBERS).result["subMembers"] if row["uid"] == "1002"]
        number = row["status"]
        assert isinstance(number, int)
        return number

    assert post(main, "frozen-sub-member", subuid=1002, frozen=1).result == {}
    assert status() == 4
    assert caller(sandbox, scenario, "trader").ask(INSPECT).code == 0
    assert post(main, "frozen-sub-member", subuid=1002, frozen=0).code == 0
    assert status() == 1
    assert post(main, "frozen-sub-member", subuid=1002).code == 10001


def test_a_deleted_sub_account_takes_its_keys_along(sandbox: Sandbox, scenario: Scenario, main: Caller) -> None:
    assert post(main, "del-submember", subMemberId="2001").code == 10001
    assert post(main, "del-submember", subMemberId="1002").result == {}
    assert [row["uid"] for row in main.ask(MEMBERS).result["subMembers"]] == ["1001"]
    assert main.ask(KEYS, "subMemberId=1002").code == 10001
    assert caller(sandbox, scenario, "trader").ask(INSPECT).code == 10003


def test_a_new_sub_account_can_have_keys(main: Caller) -> None:
    asked = {"username": "desk0099", "memberType": 1, "note": "test"}
    member = post(main, "create-sub-member", **asked).result
    assert list(member) == ["uid", "username", "memberType", "status", "remark"]
    created = new_key(main, subuid=int(member["uid"]))
    assert listed(main, created["apiKey"], member["uid"]) is not None


@pytest.mark.parametrize("wrong", [{"username": "short"}, {"username": "onlyletters"}, {"memberType": 12}])
def test_a_sub_account_with_a_wrong_name_or_type_is_refused(main: Caller, wrong: dict[str, object]) -> None:
    assert post(main, "create-sub-member", **({"username": "desk0099", "memberType": 1} | wrong)).code == 10001


def test_an_answer_that_is_lost_leaves_the_key_created(sandbox: Sandbox, main: Caller) -> None:
    fault = {"exchange": "bybit", "match": "POST /v5/user/create-sub-api", "kind": "commit-then-drop", "times": 1}
    control(sandbox, "POST", "/faults", fault)
    with pytest.raises(OSError):
        post(main, "create-sub-api", subuid=1002, readOnly=0, permissions=SPOT, note="lost")
    assert [row["note"] for row in main.ask(KEYS, "subMemberId=1002").result["result"]][-1] == "lost"


def test_what_was_written_is_in_the_state_without_its_secret_and_can_be_put_back(
    sandbox: Sandbox, main: Caller
) -> None:
    created = new_key(main, note="kept")
    reply = control(sandbox, "GET", "/state")
    assert CANARY not in reply.text and created["apiKey"] in reply.text
    assert control(sandbox, "PUT", "/state", reply.body).status == 204
    assert Caller(main.url, created["apiKey"], created["secret"]).ask(INSPECT).code == 0


def test_a_key_that_ended_works_again_once_its_master_binds_it() -> None:
    document = desk()
    document["exchanges"]["bybit"]["accounts"]["none"]["keys"] = {"late": {"created": "100d ago", "rights": SPOT}}
    scenario = read(document, datetime.now(UTC))
    with running(scenario) as sandbox:
        late = caller(sandbox, scenario, "late")
        assert late.ask(INSPECT).code == 33004
        post(caller(sandbox, scenario, "main"), "update-sub-api", apikey=late.key, readOnly=1, ips="127.0.0.1")
        assert late.ask(INSPECT).result["readOnly"] == 1
