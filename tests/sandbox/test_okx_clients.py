"""The simulated OKX as clients see it that this project did not write: python-okx and ccxt.

python-okx has methods of its own for the calling key, the list of sub-accounts and the change of a key; for the others
its signing and sending are used, with the documented paths.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ccxt
import ccxt.async_support
import pytest
from okx.Account import AccountAPI
from okx.SubAccount import SubAccountAPI

from keyctl.sandbox.running import Sandbox, Scenario, running
from tests.sandbox.okx_caller import DELETE, KEYS, OkxCaller, okx_caller
from tests.sandbox.okx_desk import desk, scenario
from tests.sandbox.test_clients import on_loopback

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # how python-okx calls httpx
PASSPHRASE = "-".join(["canary", "0123456789abcdef0123456A1"])
LIVE, DEMO = "0", "1"


@pytest.fixture(scope="module")
def world() -> Scenario:
    document = desk()
    document["exchanges"]["okx"]["options"] = {"limits": False}
    document["exchanges"]["okx"]["accounts"]["spaced"] = {
        "uid": "1005",
        "parent": "main",
        "native": {"sub_acct": "with space"},
    }
    return scenario(document)


@pytest.fixture(scope="module")
def sandbox(world: Scenario) -> Iterator[Sandbox]:
    with running(world) as started:
        yield started


@pytest.fixture
def main(sandbox: Sandbox, world: Scenario) -> OkxCaller:
    return okx_caller(sandbox, world, "main")


@contextmanager
def python_okx(kind: Any, calling: OkxCaller, flag: str = LIVE) -> Iterator[Any]:
    given = {"api_key": calling.key, "api_secret_key": calling.secret, "passphrase": calling.passphrase}
    client = kind(**given, flag=flag, domain=calling.url, debug=False)
    try:
        yield client
    finally:
        client.close()


def ccxt_config(calling: OkxCaller) -> dict[str, Any]:
    secrets = {"secret": calling.secret, "password": calling.passphrase}
    return {"apiKey": calling.key, **secrets, "enableRateLimit": False}


@contextmanager
def ccxt_okx(calling: OkxCaller, name: str = "okx", *, demo: bool = False) -> Iterator[Any]:
    exchange = getattr(ccxt, name)(ccxt_config(calling))
    exchange.set_sandbox_mode(demo)
    try:
        yield on_loopback(exchange, calling.url)
    finally:
        exchange.session.close()


def test_python_okx_leads_a_key_through_its_life(main: OkxCaller) -> None:
    with python_okx(SubAccountAPI, main) as client:

        def listed() -> list[dict[str, Any]]:
            answer = client._request_with_params("GET", KEYS, {"subAcct": "none"})
            assert answer["code"] == "0"
            return list(answer["data"])

        form = {"subAcct": "none", "label": "made", "passphrase": PASSPHRASE, "perm": "trade", "ip": "127.0.0.1"}
        (made,) = client._request_with_params("POST", KEYS, form)["data"]
        assert made["secretKey"].startswith("canary-") and made["passphrase"] == PASSPHRASE
        own = OkxCaller(main.url, made["apiKey"], made["secretKey"], PASSPHRASE)
        with python_okx(AccountAPI, own) as account:
            assert account.get_account_config()["data"][0]["ip"] == "127.0.0.1"
        assert client.reset_subaccount_apikey("none", own.key, label="renamed")["data"][0]["perm"] == "read,trade"
        assert [(row["label"], row["perm"], row["ip"]) for row in listed()] == [
            ("renamed", "read_only,trade", "127.0.0.1")
        ]
        assert client.reset_subaccount_apikey("none", own.key, perm="read_only", ip="")["code"] == "0"
        assert [(row["label"], row["perm"], row["ip"]) for row in listed()] == [("renamed", "read_only", "")]
        gone = client._request_with_params("POST", DELETE, {"subAcct": "none", "apiKey": own.key})
        assert gone["data"] == [{"subAcct": "none"}] and listed() == []
        with python_okx(AccountAPI, own) as account:
            assert account.get_account_config() == {"msg": "API key doesn't exist", "code": "50119"}


def test_python_okx_pages_through_sub_accounts(main: OkxCaller) -> None:
    with python_okx(SubAccountAPI, main) as client:
        found: list[str] = []
        rows = client.get_subaccount_list(limit="2")["data"]
        while rows:
            found += [row["subAcct"] for row in rows]
            rows = client.get_subaccount_list(limit="2", after=rows[-1]["ts"])["data"]
        assert found == ["with space", "child", "frozen", "none", "deskmany01"]
        assert len(client.get_subaccount_list(enable="true")["data"]) == 4


def test_python_okx_signs_its_query_before_it_is_encoded(main: OkxCaller) -> None:
    with python_okx(SubAccountAPI, main) as client:
        assert client.get_subaccount_list(subAcct="with space")["data"][0]["subAcct"] == "with space"


def test_python_okx_sends_demo_trading_unless_told_otherwise(
    sandbox: Sandbox, world: Scenario, main: OkxCaller
) -> None:
    with python_okx(AccountAPI, main, DEMO) as client:
        assert client.get_account_config()["code"] == "50101"
    with python_okx(AccountAPI, okx_caller(sandbox, world, "practice"), DEMO) as client:
        assert client.get_account_config()["code"] == "0"


def test_ccxt_leads_a_key_through_its_life(main: OkxCaller) -> None:
    with ccxt_okx(main) as exchange:
        form = {"subAcct": "child", "label": "made", "passphrase": PASSPHRASE}
        (made,) = exchange.private_post_users_subaccount_apikey(form)["data"]
        with ccxt_okx(OkxCaller(main.url, made["apiKey"], made["secretKey"], PASSPHRASE)) as own:
            assert own.private_get_account_config()["data"][0]["perm"] == "read_only"
        named = {"subAcct": "child", "apiKey": made["apiKey"]}
        exchange.private_post_users_subaccount_modify_apikey({**named, "ip": "203.0.113.7", "perm": "read_only,trade"})
        (row,) = exchange.private_get_users_subaccount_apikey(named)["data"]
        assert (row["label"], row["perm"], row["ip"]) == ("made", "read_only,trade", "203.0.113.7")
        exchange.private_post_users_subaccount_modify_apikey({**named, "ip": ""})
        assert exchange.private_get_users_subaccount_apikey(named)["data"][0]["ip"] == ""
        exchange.private_post_users_subaccount_delete_apikey(named)
        with pytest.raises(ccxt.ExchangeError, match="59506"):
            exchange.private_get_users_subaccount_apikey(named)


def test_ccxt_encodes_its_query_before_it_signs_it(main: OkxCaller) -> None:
    with ccxt_okx(main) as exchange:
        assert exchange.private_get_users_subaccount_apikey({"subAcct": "with space"})["data"] == []


def test_asynchronous_ccxt_reads_and_writes(main: OkxCaller) -> None:
    async def live() -> tuple[list[str], list[str], int, int]:
        exchange = on_loopback(ccxt.async_support.okx(ccxt_config(main)), main.url)
        try:
            names = [row["subAcct"] for row in (await exchange.private_get_users_subaccount_list())["data"]]
            form = {"subAcct": "none", "label": "async", "passphrase": PASSPHRASE, "ip": "127.0.0.1"}
            (made,) = (await exchange.private_post_users_subaccount_apikey(form))["data"]
            rows = (await exchange.private_get_users_subaccount_apikey({"subAcct": "none"}))["data"]
            labels = [row["label"] for row in rows]
            await exchange.private_post_users_subaccount_delete_apikey({"subAcct": "none", "apiKey": made["apiKey"]})
            left = (await exchange.private_get_users_subaccount_apikey({"subAcct": "none"}))["data"]
            return names, labels, len(left), await exchange.fetch_time()
        finally:
            await exchange.close()

    names, labels, left, time = asyncio.run(live())
    assert names == ["with space", "child", "frozen", "none", "deskmany01"]
    assert (labels, left) == (["async"], 0) and time > 1_700_000_000_000


def test_ccxt_takes_a_demo_key_in_its_sandbox_mode_only(sandbox: Sandbox, world: Scenario) -> None:
    practice = okx_caller(sandbox, world, "practice")
    with ccxt_okx(practice) as exchange, pytest.raises(ccxt.AuthenticationError, match="50101"):
        exchange.private_get_account_config()
    with ccxt_okx(practice, demo=True) as exchange:
        assert exchange.private_get_account_config()["data"][0]["label"] == "practice"


@pytest.mark.parametrize("region", ["myokx", "okxus"])
def test_ccxt_s_regional_classes_sign_the_same(main: OkxCaller, region: str) -> None:
    with ccxt_okx(main, region) as exchange:
        assert exchange.private_get_account_config()["data"][0]["uid"] == "1000"


def test_ccxt_has_no_class_of_error_for_what_matters_most(sandbox: Sandbox, world: Scenario, main: OkxCaller) -> None:
    gone = OkxCaller(main.url, "0f4c", "canary-other", PASSPHRASE)
    with ccxt_okx(gone) as exchange, pytest.raises(ccxt.ExchangeError, match="50119") as refused:
        exchange.private_get_account_config()
    assert type(refused.value) is ccxt.ExchangeError
    with ccxt_okx(okx_caller(sandbox, world, "unbound")) as exchange, pytest.raises(ccxt.ExchangeError, match="50035"):
        exchange.private_post_users_subaccount_delete_apikey({"subAcct": "none", "apiKey": "x"})
