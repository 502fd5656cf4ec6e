"""The simulator as ccxt sees it, by its own methods, synchronous and asynchronous; all of it by GET."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ccxt
import ccxt.async_support
import pytest

from tests.sandbox.deribit_desk import Desk, opened


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as running:
        yield running


def configured(kind: Any, desk: Desk, key: str, **changes: str) -> Any:
    calling = desk.as_(key)
    exchange = kind({"apiKey": calling.key, "secret": calling.secret, "enableRateLimit": False, **changes})
    exchange.urls["api"] = {"rest": calling.url}
    return exchange


@contextmanager
def session(desk: Desk, key: str = "admin", **changes: str) -> Iterator[Any]:
    exchange = configured(ccxt.deribit, desk, key, **changes)
    try:
        yield exchange
    finally:
        exchange.session.close()


def test_ccxt_lists_keys_accounts_and_the_log(desk: Desk) -> None:
    with session(desk) as exchange:
        rows = exchange.private_get_list_api_keys()["result"]
        assert {row["client_id"] for row in rows} == set(desk.as_("admin").listed())
        assert [row["type"] for row in exchange.private_get_get_subaccounts()["result"]] == ["main", "subaccount"]
        summary = exchange.private_get_get_account_summary({"currency": "BTC", "extended": True})["result"]
        assert summary["type"] == "main"
        assert exchange.private_get_get_access_log({"offset": 0, "count": 3})["result"] == []
        assert exchange.fetch_time() > 1_700_000_000_000


def test_ccxt_takes_a_key_through_its_whole_life(desk: Desk) -> None:
    with session(desk) as exchange:
        new = exchange.private_get_create_api_key({"max_scope": "account:read trade:read_write", "name": "ccxt"})[
            "result"
        ]
        handle = {"id": new["id"]}
        assert new["max_scope"] == "account:read trade:read_write"
        with session(desk, apiKey=new["client_id"], secret=new["client_secret"]) as own:
            assert len(own.private_get_list_api_keys()["result"]) == 7
            scope = {**handle, "max_scope": "account:read"}
            assert exchange.private_get_change_scope_in_api_key(scope)["result"]["max_scope"] == "account:read"
            renamed = exchange.private_get_change_api_key_name({**handle, "name": "other"})["result"]
            assert renamed["name"] == "other"
            assert exchange.private_get_disable_api_key(handle)["result"]["enabled"] is False
            with pytest.raises(ccxt.AuthenticationError, match="13004"):
                own.private_get_list_api_keys()
            assert exchange.private_get_enable_api_key(handle)["result"]["enabled"] is True
            reset = exchange.private_get_reset_api_key(handle)["result"]
            with pytest.raises(ccxt.AuthenticationError, match="13009"):
                own.private_get_list_api_keys()
            own.secret = reset["client_secret"]
            assert own.private_get_list_api_keys()["result"]
        assert exchange.private_get_remove_api_key(handle)["result"] == "ok"
        assert [event for event, _ in desk.as_("admin").log()] == [
            *("new_api_key", "changed_scope", "disabled_api_key", "enabled_api_key"),
            *("reset_api_key", "removed_api_key"),
        ]


def test_ccxt_edits_by_a_request_of_its_own_and_can_bind_one_address_but_no_list(desk: Desk) -> None:
    number = desk.number("reader")
    with session(desk) as exchange:
        params: dict[str, Any] = {"id": number, "max_scope": "account:read", "ip_whitelist": "203.0.113.1"}
        told = exchange.request("edit_api_key", ["private"], "GET", params)["result"]
        assert told["ip_whitelist"] == ["203.0.113.1"]
        for wrong in (["203.0.113.1", "203.0.113.2"], []):
            with pytest.raises(ccxt.BadRequest, match="-32602"):
                exchange.request("edit_api_key", ["private"], "GET", {**params, "ip_whitelist": wrong})
        javascript = {"id": number, "max_scope": "account:read", "ip_whitelist[0]": "1.1.1.1", "ip_whitelist[1]": "::1"}
        told = exchange.request("edit_api_key", ["private"], "GET", javascript)["result"]
        assert told["ip_whitelist"] == ["1.1.1.1", "::1"]


class Repeating(ccxt.deribit):  # type: ignore[misc]  # ccxt has no types here
    """ccxt with lists as the documentation writes them: its own function for that, in the place of the other."""

    def urlencode(self, params: Any = None, sort: bool = False) -> Any:
        return self.urlencode_with_array_repeat(params or {})


def test_ccxt_sends_repeated_names_with_its_own_function_for_them(desk: Desk) -> None:
    exchange = configured(Repeating, desk, "admin")
    try:
        both = ["203.0.113.1", "203.0.113.2"]
        params = {"id": desk.number("reader"), "max_scope": "account:read", "ip_whitelist": both}
        assert exchange.request("edit_api_key", ["private"], "GET", params)["result"]["ip_whitelist"] == both
    finally:
        exchange.session.close()


@pytest.mark.parametrize(
    ("key", "changes", "method", "error", "code"),
    [
        ("admin", {"secret": "wrong"}, "list_api_keys", ccxt.AuthenticationError, "13009"),
        ("admin", {"apiKey": "nobody"}, "list_api_keys", ccxt.AuthenticationError, "13004"),
        ("reader", {}, "create_api_key", ccxt.PermissionDenied, "13021"),
        ("writer", {}, "create_api_key", ccxt.ExchangeError, "13403"),
        ("admin", {}, "set_api_key_as_default", ccxt.BadRequest, "-32601"),
    ],
)
def test_ccxt_maps_refusals_to_its_own_errors(
    desk: Desk, key: str, changes: dict[str, str], method: str, error: type[Exception], code: str
) -> None:
    with session(desk, key, **changes) as exchange, pytest.raises(error, match=code):
        getattr(exchange, f"private_get_{method}")({"max_scope": "wallet:read_write"})


def test_asynchronous_ccxt_reads_and_writes_side_by_side(desk: Desk) -> None:
    async def work() -> tuple[Any, Any]:
        exchange = configured(ccxt.async_support.deribit, desk, "admin")
        try:
            listings = [exchange.private_get_list_api_keys() for _ in range(5)]
            new = await exchange.private_get_create_api_key({"max_scope": "trade:read"})
            return new["result"], await asyncio.gather(*listings)
        finally:
            await exchange.close()

    new, listings = asyncio.run(work())
    assert all(new["client_id"] in {row["client_id"] for row in told["result"]} for told in listings)
