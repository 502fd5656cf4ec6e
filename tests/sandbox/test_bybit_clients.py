"""Keys made, changed and ended by clients that this project did not write: pybit and ccxt."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import ccxt
import ccxt.async_support
import pytest
from pybit.exceptions import FailedRequestError, InvalidRequestError

from keyctl.sandbox.invented import CANARY
from keyctl.sandbox.running import Sandbox, Scenario
from tests.sandbox.caller import Caller, caller, control
from tests.sandbox.test_clients import credential, on_loopback, pybit_session
from tests.sandbox.test_serve import process, ready

SPOT = {"Spot": ["SpotTrade"]}


@contextmanager
def ccxt_session(calling: Caller) -> Iterator[Any]:
    exchange = on_loopback(ccxt.bybit({**credential(calling), "enableRateLimit": False}), calling.url)
    try:
        yield exchange
    finally:
        exchange.session.close()


def test_pybit_leads_a_key_through_its_whole_life(sandbox: Sandbox, main: Caller) -> None:
    with pybit_session(main) as session:
        created = session.create_sub_api_key(
            subuid=1002, note="made", readOnly=0, ips=["127.0.0.1", "203.0.113.7"], permissions=SPOT
        )["result"]
        held = replace(main, key=created["apiKey"], secret=created["secret"])
        with pybit_session(held) as own:
            assert own.get_api_key_information()["result"]["ips"] == ["127.0.0.1", "203.0.113.7"]
            updated = session.modify_sub_api_key(
                apikey=held.key, readOnly=1, ips="127.0.0.1", permissions={**SPOT, "Exchange": ["ExchangeHistory"]}
            )["result"]
            assert (updated["readOnly"], updated["ips"]) == (1, ["127.0.0.1"])
            [row] = session.get_all_sub_api_keys(subMemberId="1002")["result"]["result"]
            assert (row["apiKey"], row["permissions"]["Exchange"]) == (held.key, ["ExchangeHistory"])
            assert session.delete_sub_api_key(apikey=held.key)["retCode"] == 0
            with pytest.raises(InvalidRequestError) as refused:
                own.get_api_key_information()
        assert refused.value.status_code == 10003
        assert session.get_all_sub_api_keys(subMemberId="1002")["result"]["result"] == []


def test_pybit_changes_and_deletes_the_key_that_calls(sandbox: Sandbox, scenario: Scenario, main: Caller) -> None:
    with pybit_session(main) as session:
        wallet = {"Wallet": ["AccountTransfer", "SubMemberTransfer"]}
        updated = session.modify_master_api_key(readOnly=0, ips=["*"], permissions=wallet)["result"]
        assert updated["permissions"]["Wallet"] == wallet["Wallet"]
        assert updated["ips"] == ["127.0.0.1"], "a master key's addresses can't be changed by API"
        assert session.delete_master_api_key()["retCode"] == 0
        with pytest.raises(InvalidRequestError) as refused:
            session.get_api_key_information()
        assert refused.value.status_code == 10003


def test_pybit_makes_freezes_and_deletes_a_sub_account(main: Caller) -> None:
    with pybit_session(main) as session:
        uid = session.create_sub_uid(username="desk0099", memberType=1)["result"]["uid"]
        session.freeze_sub_uid(subuid=int(uid), frozen=1)
        members = session.get_sub_uid_list()["result"]["subMembers"]
        assert {member["uid"]: member["status"] for member in members}[uid] == 4
        assert session.delete_sub_uid(subMemberId=uid)["retCode"] == 0
        assert uid not in {member["uid"] for member in session.get_sub_uid_list()["result"]["subMembers"]}


def test_pybit_waits_where_keys_are_created_too_fast(main: Caller) -> None:
    asked: dict[str, Any] = {"subuid": 1002, "readOnly": 0, "permissions": SPOT}
    with pybit_session(main, max_retries=1) as session:
        session.create_sub_api_key(**asked)
        with pytest.raises((FailedRequestError, InvalidRequestError)):
            session.create_sub_api_key(**asked)
    with pybit_session(main) as session:
        assert session.create_sub_api_key(**asked)["retCode"] == 0


def test_ccxt_leads_a_key_through_its_whole_life(main: Caller) -> None:
    with ccxt_session(main) as exchange:
        created = exchange.private_post_v5_user_create_sub_api(
            {"subuid": 1002, "readOnly": 0, "note": "made", "permissions": SPOT, "ips": "127.0.0.1"}
        )["result"]
        held = replace(main, key=created["apiKey"], secret=created["secret"])
        with ccxt_session(held) as own:
            assert own.private_get_v5_user_query_api()["result"]["note"] == "made"
            updated = exchange.private_post_v5_user_update_sub_api(
                {"apikey": held.key, "readOnly": 1, "ips": "127.0.0.1,203.0.113.7"}
            )["result"]
            assert updated["ips"] == ["127.0.0.1", "203.0.113.7"] and updated["permissions"]["Spot"] == ["SpotTrade"]
            exchange.private_post_v5_user_frozen_sub_member({"subuid": 1002, "frozen": 1})
            exchange.private_post_v5_user_delete_sub_api({"apikey": held.key})
            with pytest.raises(ccxt.AuthenticationError, match="10003"):
                own.private_get_v5_user_query_api()


def test_ccxt_changes_and_deletes_the_key_that_calls(main: Caller) -> None:
    with ccxt_session(main) as exchange:
        assert exchange.private_post_v5_user_update_api({"readOnly": 0})["result"]["apiKey"] == main.key
        assert exchange.private_post_v5_user_delete_api()["result"] == {}
        with pytest.raises(ccxt.AuthenticationError, match="10003"):
            exchange.private_get_v5_user_query_api()


def test_ccxts_own_method_for_deleting_a_sub_account_is_a_get_that_does_not_exist(
    sandbox: Sandbox, main: Caller
) -> None:
    def uids() -> list[str]:
        return [row["uid"] for row in main.ask("/v5/user/submembers").result["subMembers"]]

    with ccxt_session(main) as exchange:
        with pytest.raises(ccxt.BadRequest, match="10017"):
            exchange.private_get_v5_user_del_submember({"subMemberId": "1002"})
        assert uids() == ["1001", "1002"]
        answer = exchange.request("v5/user/del-submember", ["private"], "POST", {"subMemberId": "1002"})
        assert answer["retCode"] in (0, "0")
    assert uids() == ["1001"]
    asked = [(entry["method"], entry["write"]) for entry in control(sandbox, "GET", "/requests").body]
    assert asked.count(("GET", True)) == 1 and asked.count(("POST", True)) == 1


def test_asynchronous_ccxt_creates_and_deletes_a_key(main: Caller) -> None:
    async def live() -> str:
        exchange = on_loopback(ccxt.async_support.bybit(credential(main)), main.url)
        try:
            created = await exchange.private_post_v5_user_create_sub_api(
                {"subuid": 1002, "readOnly": 1, "permissions": SPOT}
            )
            key = created["result"]["apiKey"]
            await exchange.private_post_v5_user_delete_sub_api({"apikey": key})
            return str(key)
        finally:
            await exchange.close()

    key = asyncio.run(live())
    assert key not in main.ask("/v5/user/sub-apikeys", "subMemberId=1002").text


def test_a_created_key_works_with_its_secret_after_a_restart(tmp_path: Path) -> None:
    scenario, state = tmp_path / "own.yaml", tmp_path / "state.json"
    scenario.write_text(
        "base: example\nname: own\nexchanges: {bybit: {accounts: {bybit-main: {keys: {keyctl-bybit-main: "
        "{native: {read_only: false}}}}}}}\n"
    )
    with process(str(scenario), str(state)) as started:
        sandbox = ready(started)
        with pybit_session(caller(sandbox, str(scenario), "keyctl-bybit-main")) as session:
            created = session.create_sub_api_key(subuid=90210011, readOnly=0, permissions=SPOT, ips="127.0.0.1")
            deleted = session.get_all_sub_api_keys(subMemberId="90210012")["result"]["result"][0]["apiKey"]
            session.delete_sub_api_key(apikey=deleted)
        started.send_signal(signal.SIGTERM)
        assert started.wait(timeout=30) == 0
    assert CANARY not in state.read_text() and created["result"]["apiKey"] in state.read_text()
    with process(str(scenario), str(state)) as started:
        sandbox = ready(started)
        result = created["result"]
        with pybit_session(Caller(sandbox.exchanges["bybit"], result["apiKey"], result["secret"])) as session:
            assert session.get_api_key_information()["result"]["userID"] == 90210011
        with pybit_session(caller(sandbox, str(scenario), "keyctl-bybit-main")) as session:
            assert deleted not in str(session.get_all_sub_api_keys(subMemberId="90210012"))
