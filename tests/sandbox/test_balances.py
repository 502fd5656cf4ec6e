"""Balances and prices of the simulated exchanges as clients see them that this project did not write: pybit,
python-okx and ccxt; and what a scenario may say of money."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import ccxt
import pytest
from okx.Account import AccountAPI
from okx.Funding import FundingAPI
from okx.MarketData import MarketAPI
from okx.SubAccount import SubAccountAPI
from pybit.exceptions import InvalidRequestError

from keyctl.sandbox.running import Sandbox, running
from keyctl.sandbox.scenario import ScenarioError, read
from keyctl.sandbox.simulator import simulator_of
from keyctl.sandbox.world import World
from tests.sandbox.caller import Caller, fetch
from tests.sandbox.okx_caller import OkxCaller
from tests.sandbox.test_bybit_clients import ccxt_session
from tests.sandbox.test_clients import pybit_session
from tests.sandbox.test_okx_clients import ccxt_okx, python_okx
from tests.sandbox.test_scenario_clients import held

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # how python-okx calls httpx


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running("clients") as started:
        yield started


def bybit(sandbox: Sandbox, holder: str) -> Caller:
    given = held("bybit", holder)
    return Caller(sandbox.exchanges["bybit"], given["key"], given["secret"])


def okx(sandbox: Sandbox, holder: str) -> OkxCaller:
    given = held("okx", holder)
    return OkxCaller(sandbox.exchanges["okx"], given["key"], given["secret"], given["passphrase"])


@contextmanager
def deribit(sandbox: Sandbox, holder: str) -> Iterator[Any]:
    given = held("deribit", holder)
    exchange = ccxt.deribit({"apiKey": given["key"], "secret": given["secret"], "enableRateLimit": False})
    exchange.urls["api"] = {"rest": sandbox.exchanges["deribit"]}
    try:
        yield exchange
    finally:
        exchange.session.close()


def by_wallet(overview: Any) -> dict[str, dict[str, str]]:
    return {
        wallet["accountType"]: {coin["coin"]: coin["equity"] for coin in wallet["coinDetail"]}
        for wallet in overview["list"]
    }


def test_pybit_reads_an_account_s_own_balance_and_a_sub_account_s(sandbox: Sandbox) -> None:
    expected = {"UnifiedTradingAccount": {"BTC": "0.5", "ODD": "10"}, "FundingAccount": {"USDT": "20.5"}}
    with pybit_session(bybit(sandbox, "BYBIT_MAIN")) as session:
        empty = session.get_asset_overview()["result"]
        assert empty["totalEquity"] == "0" and by_wallet(empty) == {name: {} for name in expected}
        below = session.get_asset_overview(memberId="80010011")["result"]
        assert by_wallet(below) == expected and below["totalEquity"] == "30020.4918"
        with pytest.raises(InvalidRequestError) as refused:
            session.get_asset_overview(memberId="4711")
        assert refused.value.status_code == 10001
    with pybit_session(bybit(sandbox, "BYBIT_SUB_SELF")) as session:
        assert by_wallet(session.get_asset_overview()["result"]) == expected
        with pytest.raises(InvalidRequestError):
            session.get_asset_overview(memberId="80010010")
        (account,) = session.get_wallet_balance(accountType="UNIFIED")["result"]["list"]
        assert {coin["coin"]: coin["usdValue"] for coin in account["coin"]} == {"BTC": "30000", "ODD": "0"}


def test_pybit_reads_prices_without_a_credential(sandbox: Sandbox) -> None:
    with pybit_session(Caller(sandbox.exchanges["bybit"], "none", "none")) as session:
        rows = session.get_tickers(category="spot")["result"]["list"]
        assert {row["symbol"] for row in rows} == {"BTCUSDT", "ETHUSDT", "USDCUSDT"}
        (bitcoin,) = session.get_tickers(category="spot", symbol="BTCUSDT")["result"]["list"]
        assert bitcoin["usdIndexPrice"] == "60000"
        assert round(Decimal(bitcoin["usdIndexPrice"]) / Decimal(bitcoin["lastPrice"]), 6) == Decimal("0.9996")
        for asked in ({"category": "spot", "symbol": "ODDUSDT"}, {"category": "linear"}):
            with pytest.raises(InvalidRequestError) as refused:
                session.get_tickers(**asked)
            assert refused.value.status_code == 10001


def test_ccxt_adds_up_bybits_unified_wallet(sandbox: Sandbox) -> None:
    with ccxt_session(bybit(sandbox, "BYBIT_SUB_SELF")) as exchange:
        (account,) = exchange.private_get_v5_account_wallet_balance({"accountType": "UNIFIED"})["result"]["list"]
        assert account["totalEquity"] == "30000"
        assert exchange.public_get_v5_market_tickers({"category": "spot"})["retCode"] == 0


def test_python_okx_reads_both_accounts_of_a_master_and_of_a_sub_account(sandbox: Sandbox) -> None:
    main, below = okx(sandbox, "OKX_MAIN"), okx(sandbox, "OKX_SUB_OKX_SELF")
    with python_okx(SubAccountAPI, main) as client:
        (trading,) = client.get_account_balance("clients01")["data"]
        assert [(row["ccy"], row["eq"], row["eqUsd"]) for row in trading["details"]] == [
            ("BTC", "0.5", "30000"),
            ("ODD", "10", ""),
        ]
        assert trading["totalEq"] == "30000"
        assert client.get_funding_balance("clients01")["data"] == [
            {"availBal": "20.5", "bal": "20.5", "ccy": "USDT", "frozenBal": "0"}
        ]
        assert client.get_account_balance("nobody")["code"] == "59510"
    with python_okx(AccountAPI, below) as client:
        (own,) = client.get_account_balance()["data"]
        assert [row["ccy"] for row in own["details"]] == ["BTC", "ODD"]
        assert [row["ccy"] for row in client.get_account_balance("BTC")["data"][0]["details"]] == ["BTC"]
    with python_okx(FundingAPI, below) as client:
        assert [row["bal"] for row in client.get_balances()["data"]] == ["20.5"]
    with python_okx(SubAccountAPI, below) as client:
        assert client.get_account_balance("clients01")["code"] == "59500"
        assert client.get_funding_balance("clients01")["code"] == "59500"


def test_python_okx_reads_indices_without_a_credential(sandbox: Sandbox) -> None:
    with python_okx(MarketAPI, OkxCaller(sandbox.exchanges["okx"], "-1", "-1", "-1")) as client:
        rows = client.get_index_tickers(quoteCcy="USD")["data"]
        assert {row["instId"]: row["idxPx"] for row in rows}["USDT-USD"] == "0.9996"
        assert [row["idxPx"] for row in client.get_index_tickers(instId="BTC-USD")["data"]] == ["60000"]
        assert client.get_index_tickers(quoteCcy="BTC")["data"] == []
        assert client.get_index_tickers(instId="ODD-USD")["code"] == "51001"
        assert client.get_index_tickers()["code"] == "50014"


def test_ccxt_reads_okxs_trading_account(sandbox: Sandbox) -> None:
    with ccxt_okx(okx(sandbox, "OKX_SUB_OKX_SELF")) as exchange:
        assert exchange.private_get_account_balance()["data"][0]["totalEq"] == "30000"


def test_ccxt_reads_deribits_summaries_and_indices(sandbox: Sandbox) -> None:
    with deribit(sandbox, "DERIBIT_MAIN") as exchange:
        below = exchange.private_get_get_account_summaries({"extended": True, "subaccount_id": 80101})["result"]
        assert int(below["id"]) == 80101 and below["type"] == "subaccount"
        equity = {row["currency"]: float(row["equity"]) for row in below["summaries"]}
        assert equity == {"BTC": 0.5, "ETH": 0, "USDC": 0, "USDT": 0, "ODD": 10}
        own = exchange.private_get_get_account_summaries()["result"]
        assert "id" not in own and {float(row["equity"]) for row in own["summaries"]} == {0}
        assert "btc_usdc" in exchange.public_get_get_index_price_names()["result"]
        price = exchange.public_get_get_index_price({"index_name": "btc_usd"})["result"]["index_price"]
        assert float(price) == 60000
        with pytest.raises(ccxt.BaseError, match="-32602"):
            exchange.public_get_get_index_price({"index_name": "odd_usd"})
        with pytest.raises(ccxt.BaseError, match="-32602"):
            exchange.private_get_get_account_summaries({"subaccount_id": 4711})
    with deribit(sandbox, "DERIBIT_SUB") as exchange:
        assert float(exchange.private_get_get_account_summary({"currency": "BTC"})["result"]["equity"]) == 0.5
        with pytest.raises(ccxt.BaseError, match="-32602"):
            exchange.private_get_get_account_summaries({"subaccount_id": 80100})


@pytest.mark.parametrize(
    ("exchange", "path"),
    [
        ("bybit", "/v5/asset/asset-overview"),
        ("okx", "/api/v5/account/balance"),
        ("okx", "/api/v5/asset/subaccount/balances?subAcct=clients01"),
        ("deribit", "/api/v2/private/get_account_summaries"),
    ],
)
def test_without_a_credential_nobody_is_told_what_lies_in_an_account(
    sandbox: Sandbox, exchange: str, path: str
) -> None:
    assert "0.5" not in fetch(sandbox.exchanges[exchange], "GET", path).text


def test_deribit_wants_the_right_to_read_the_account() -> None:
    key = {"created": "1d ago", "credential": "account", "rights": {"trade": ["read"]}}
    accounts = {"main": {"uid": "1", "balances": {"account": {"BTC": 1}}, "keys": {"trader": key}}}
    simulated = read({"name": "x", "exchanges": {"deribit": {"accounts": accounts}}}, datetime.now(UTC))
    (found,) = simulated.exchanges["deribit"].keys
    with running(simulated) as sandbox:
        exchange = ccxt.deribit({"apiKey": found.id, "secret": found.secret})
        exchange.urls["api"] = {"rest": sandbox.exchanges["deribit"]}
        with pytest.raises(ccxt.BaseError, match="13021"):
            exchange.private_get_get_account_summaries()
        exchange.session.close()


def scenario(**exchange: Any) -> dict[str, Any]:
    account = {"uid": "1", "balances": exchange.pop("balances", {})}
    return {"name": "x", "exchanges": {"bybit": {"accounts": {"main": account}, **exchange}}}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (scenario(balances={"FundingAccount": {"BTC": 0.1}}), "an amount such as"),
        (scenario(balances={"FundingAccount": {"BTC": True}}), "an amount such as"),
        (scenario(balances={"FundingAccount": {"BTC": "1e3"}}), "an amount such as"),
        (scenario(balances={"FundingAccount": 5}), "a mapping"),
        (scenario(balances={"Piggybank": {"BTC": 1}}), "no wallet 'Piggybank'"),
        (scenario(prices={"USDT": 0}), "a price is above 0"),
        (scenario(prices={"USDT": "-1"}), "a price is above 0"),
        (scenario(prices={"BTC": 60000}), "USDT must have one"),
        (scenario(price={}), "unknown field 'price'"),
    ],
)
def test_what_is_no_money_is_refused(form: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        simulator_of("bybit", World.of(read(form, datetime.now(UTC))).exchanges["bybit"])


def test_a_state_keeps_balances_and_prices() -> None:
    form = scenario(balances={"FundingAccount": {"BTC": "0.10"}}, prices={"USDT": "0.9996"})
    world = World.of(read(form, datetime.now(UTC)))
    again = World.of(read(world.document(), datetime.now(UTC)))
    assert again.document() == world.document()
    assert again.exchanges["bybit"].accounts["main"].balances == {"FundingAccount": {"BTC": Decimal("0.1")}}
    assert again.exchanges["bybit"].prices == {"USDT": Decimal("0.9996")}
