"""The simulator as clients see it that this project did not write: pybit and ccxt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import ccxt
import ccxt.async_support
import pytest
from pybit.exceptions import InvalidRequestError
from pybit.unified_trading import HTTP

from keyctl.sandbox.running import Scenario
from tests.sandbox.caller import Caller


@contextmanager
def pybit_session(calling: Caller, **changes: Any) -> Iterator[Any]:
    session = HTTP(api_key=calling.key, **{"api_secret": calling.secret, **changes})
    session.endpoint = calling.url
    try:
        yield session
    finally:
        session.client.close()


def credential(calling: Caller) -> dict[str, str]:
    return {"apiKey": calling.key, "secret": calling.secret}


def on_loopback(exchange: Any, url: str) -> Any:
    """The same exchange with scheme and host of every API address replaced."""

    def moved(address: Any) -> Any:
        if isinstance(address, dict):
            return {name: moved(inner) for name, inner in address.items()}
        return url + urlsplit(address.replace("{hostname}", "host")).path

    exchange.urls["api"] = moved(exchange.urls["api"])
    return exchange


def ids(scenario: Scenario, account: str) -> list[str]:
    return [key.id for key in scenario.exchanges["bybit"].keys if key.account == account]


def test_pybit_lists_keys(scenario: Scenario, main: Caller) -> None:
    with pybit_session(main) as session:
        assert session.get_api_key_information()["result"]["apiKey"] == main.key
        members = session.get_sub_uid_list()["result"]["subMembers"]
        assert [member["uid"] for member in members] == ["1001", "1002"]
        unlimited = session.get_sub_uid_list_unlimited(pageSize="1")["result"]
        assert len(unlimited["subMembers"]) == 1
        assert session.get_escrow_sub_members()["result"]["subMembers"][0]["uid"] == "1003"
        found: list[str] = []
        cursor: str | None = None
        while cursor != "":
            result = session.get_all_sub_api_keys(subMemberId="1001", limit=20, cursor=cursor)["result"]
            found += [key["apiKey"] for key in result["result"]]
            cursor = result["nextPageCursor"]
    assert found == ids(scenario, "many")


def test_pybit_is_refused_with_the_exchanges_own_code(main: Caller) -> None:
    with pybit_session(main, api_secret="canary-other") as session, pytest.raises(InvalidRequestError) as refused:
        session.get_api_key_information()
    assert refused.value.status_code == 10004


def test_ccxt_walks_the_pages_with_raw_queries(scenario: Scenario, main: Caller) -> None:
    exchange = on_loopback(ccxt.bybit({**credential(main), "enableRateLimit": False}), main.url)
    try:
        assert exchange.private_get_v5_user_query_api()["result"]["apiKey"] == main.key
        found: list[str] = []
        parameters: dict[str, object] = {"subMemberId": "1001", "limit": 20}
        while True:
            result = exchange.private_get_v5_user_sub_apikeys(parameters)["result"]
            found += [key["apiKey"] for key in result["result"]]
            if result["nextPageCursor"] == "":
                break
            parameters["cursor"] = result["nextPageCursor"]
    finally:
        exchange.session.close()
    assert found == ids(scenario, "many")


def test_ccxt_maps_refusals_to_its_own_errors(main: Caller) -> None:
    exchange = on_loopback(ccxt.bybit({**credential(main), "secret": "canary-other"}), main.url)
    try:
        with pytest.raises(ccxt.AuthenticationError, match="10004"):
            exchange.private_get_v5_user_query_api()
    finally:
        exchange.session.close()


def test_asynchronous_ccxt_reads_time_account_and_keys(scenario: Scenario, main: Caller) -> None:
    async def ask() -> tuple[Any, Any, Any]:
        exchange = on_loopback(ccxt.async_support.bybit(credential(main)), main.url)
        try:
            unified = await exchange.is_unified_enabled()
            result = await exchange.private_get_v5_user_sub_apikeys({"subMemberId": "1001", "cursor": "40:="})
            return await exchange.fetch_time(), unified, result["result"]["result"]
        finally:
            await exchange.close()

    time, unified, keys = asyncio.run(ask())
    assert time > 1_700_000_000_000
    assert unified == [False, True]
    assert [key["apiKey"] for key in keys] == ids(scenario, "many")[40:]
