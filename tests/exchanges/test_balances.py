"""What documented answers say of money, and what damaged ones do not say: nothing is ever less than it was."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.exchanges import catalogue
from keyctl.exchanges.bybit import balances as bybit
from keyctl.exchanges.decode import Fields
from keyctl.exchanges.deribit import balances as deribit
from keyctl.exchanges.errors import ExchangeError, Malformed
from keyctl.exchanges.okx import balances as okx
from keyctl.exchanges.valuation import Part, valued, without_value
from tests.exchanges.payloads import GONE, Payload, Steps, payload, payloads
from tests.exchanges.test_mutations import OTHERS, changed, json_values, paths
from tests.exchanges.test_transport import KEY, call
from tests.exchanges.venue import Answer, venue

LYING = [base for base in payloads() if base.parts is not None]
PRICED = [base for base in payloads() if base.prices is not None]
ASSETS, AMOUNTS = {"coin", "ccy", "currency"}, {"equity", "bal", "eq", "eqUsd", "totalEquity", "totalEq"}


def parts(base: Payload, answer: Any) -> tuple[Part, ...]:
    endpoint = catalogue.declaration(base.exchange).endpoint(base.endpoint)
    match base.exchange:
        case "bybit":
            return bybit.parts(answer)
        case "okx":
            return (okx.funding if "asset/" in base.endpoint else okx.trading)(endpoint, answer)
        case _:
            return deribit.parts(answer, None)


def price(base: Payload, answer: Any, asset: str) -> Decimal | None:
    match base.exchange:
        case "bybit":
            return bybit.price(bybit.tickers(answer), asset)
        case "okx":
            return okx.index(answer).get(asset)
        case _:
            return deribit.index_price(answer)


@pytest.mark.parametrize("base", LYING, ids=str)
def test_every_documented_balance_decodes_to_what_is_expected(base: Payload) -> None:
    found = parts(base, base.answer)
    assert [[p.asset, str(p.amount), None if p.value is None else str(p.value)] for p in found] == base.parts


@pytest.mark.parametrize("base", PRICED, ids=str)
def test_every_documented_price_decodes_to_what_is_expected(base: Payload) -> None:
    for asset, expected in (base.prices or {}).items():
        assert price(base, base.answer, asset) == (None if expected is None else Decimal(expected))


def test_the_documented_overview_adds_up_to_its_own_total() -> None:
    """So no wallet counts twice: a wallet's categories are its whole."""
    overview = payload("bybit", "get-asset-overview")["result"]
    wallets = sum(Decimal(wallet["totalEquity"]) for wallet in overview["list"])
    assert round(wallets) == Decimal(overview["totalEquity"])


def another_answer(path: Steps, value: object) -> bool:
    """Whether a change makes an answer that is as good as the documented one, about other money."""
    name = path[-1]
    if name in ASSETS:
        return isinstance(value, str) and value != ""
    if name in AMOUNTS:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number or (name in ("eqUsd", "totalEq") and value in (None, "", GONE))
    return (isinstance(name, int) and value is GONE) or name == "id"


@pytest.mark.parametrize("base", LYING, ids=str)
def test_no_damage_to_one_field_takes_money_away(base: Payload) -> None:
    before, tried = parts(base, base.answer), 0
    for path in paths(base.answer):
        for value in (GONE, *OTHERS):
            if another_answer(path, value):
                continue
            tried += 1
            try:
                after = parts(base, changed(base.answer, path, value))
            except ExchangeError:
                continue
            if path == ("data",) and value == [] and base.endpoint.startswith("GET /api/v5/asset/"):
                continue  # an empty funding account
            assert after == before, (path, value)
    assert tried > 50


@pytest.mark.parametrize("base", PRICED, ids=str)
def test_a_damaged_price_is_none_or_the_same_and_never_0(base: Payload) -> None:
    for asset in base.prices or {}:
        before = price(base, base.answer, asset)
        for path in paths(base.answer):
            for value in (GONE, *OTHERS):
                try:
                    after = price(base, changed(base.answer, path, value), asset)
                except ExchangeError:
                    continue
                number = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
                derived = base.exchange == "bybit" and path[-1] in ("usdIndexPrice", "lastPrice")
                assert after in (None, before) or number or derived, (path, value)
                assert after is None or after > 0


@pytest.mark.parametrize("base", [*LYING, *PRICED], ids=str)
def test_fields_that_nobody_declared_change_nothing(base: Payload) -> None:
    for path in ((), *paths(base.answer)):
        node = base.answer
        for step in path:
            node = node[step]
        if isinstance(node, dict):
            extra = changed(base.answer, (*path, "secretOfSomebody"), {"deep": ["x"]})
            if base.parts is not None:
                assert parts(base, extra) == parts(base, base.answer)
            for asset in base.prices or {}:
                assert price(base, extra, asset) == price(base, base.answer, asset)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(LYING), st.lists(st.tuples(st.integers(0, 10_000), json_values), min_size=1, max_size=4))
def test_whatever_is_answered_it_decodes_or_is_an_exchange_error(base: Payload, damage: list[tuple[int, Any]]) -> None:
    answer = base.answer
    for number, value in damage:
        every = list(paths(answer))
        answer = changed(answer, every[number % len(every)], value) if every else value
    try:
        assert all(isinstance(part, Part) for part in parts(base, answer))
    except ExchangeError as error:
        assert error.message and error.remedy


@pytest.mark.parametrize("base", LYING, ids=str)
def test_an_error_shows_nothing_of_the_value_that_it_is_about(base: Payload) -> None:
    for path in paths(base.answer):
        for value in ({"canary-7f3a": "x"}, ["canary-7f3a"], "canary-7f3a"):
            try:
                parts(base, changed(base.answer, path, value))
            except ExchangeError as error:
                assert "canary" not in str(error) + repr(error), path


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("0.1", "0.1"),
        ("-3", "-3"),
        ("1e-8", "0.00000001"),
        (0.1, "0.1"),
        (3, "3"),
        (Decimal("0.10"), "0.10"),
        ("7369376.9136310276027477088095516543224115696", "7369376.9136310276027477088095516543224115696"),
    ],
)
def test_amounts_are_exact_however_they_are_sent(given: object, meant: str) -> None:
    assert Fields({"n": given}).amount("n") == Decimal(meant)


@pytest.mark.parametrize(
    "given", ["", " 1", "1,000", "1.", ".5", "0x1", "NaN", "Infinity", "1e999", "+1", "١", True, None, [], {}, 1e300]
)
def test_what_is_no_plain_number_is_no_amount(given: object) -> None:
    with pytest.raises(Malformed, match="a decimal number"):
        Fields({"n": given}).amount("n")


COIN = {"coin": "BTC", "equity": "0.1"}
PRODUCT = {"category": "Easy Earn", "equity": "1", "coinDetail": [COIN]}


def rows(**by_symbol: tuple[str, str]) -> Any:
    listed = [{"symbol": s, "lastPrice": last, "usdIndexPrice": usd} for s, (last, usd) in by_symbol.items()]
    return bybit.tickers({"retCode": 0, "result": {"list": listed}})


def test_bybit_values_a_coin_by_its_index_then_by_its_price_in_tether() -> None:
    known = rows(BTCUSDT=("50000", "49900"), MNTUSDT=("2", ""), DEADUSDT=("0", ""), BTCEUR=("45000", ""))
    assert bybit.price(known, "BTC") == 49900
    assert bybit.price(known, "USDT") == Decimal("0.998"), "worth what its price in bitcoin says, not 1"
    assert bybit.price(known, "MNT") == Decimal("1.996")
    assert bybit.price(known, "DEAD") is None and bybit.price(known, "EUR") is None


def test_bybit_without_an_index_of_bitcoin_has_no_price_of_tether() -> None:
    known = rows(BTCUSDT=("50000", ""), MNTUSDT=("2", ""))
    assert bybit.price(known, "USDT") is None and bybit.price(known, "MNT") is None


@pytest.mark.parametrize(
    "result",
    [
        {"totalEquity": "1", "list": []},
        {"totalEquity": "1", "list": [{"totalEquity": "1"}]},
        {"totalEquity": "1", "list": [{"totalEquity": "1", "coinDetail": []}]},
        {"totalEquity": "1", "list": [{"totalEquity": "1", "categories": []}]},
        {"totalEquity": "1", "list": [{"totalEquity": "1", "categories": [{"equity": "1"}]}]},
        {"totalEquity": "1", "list": [{"totalEquity": "1", "categories": [PRODUCT], "coinDetail": [COIN]}]},
    ],
)
def test_bybit_worth_without_coins_is_malformed(result: object) -> None:
    with pytest.raises(Malformed):
        bybit.parts({"retCode": 0, "result": result})


@pytest.mark.parametrize("beside", [{}, {"coinDetail": []}, {"coinDetail": None}])
def test_bybit_s_products_are_what_a_wallet_holds(beside: dict[str, object]) -> None:
    wallet = {"totalEquity": "1", "categories": [PRODUCT, {"equity": "0"}], **beside}
    result = {"totalEquity": "1", "list": [wallet, {"totalEquity": "0"}]}
    assert bybit.parts({"retCode": 0, "result": result}) == (Part("BTC", Decimal("0.1")),)


NAMES = frozenset({"btc_usd", "eth_usd", "btc_usdc", "btc_usdt", "usdc_usdt", "sol_usdc", "steth_eth", "xrp_usdt"})


@pytest.mark.parametrize(
    ("asset", "steps"),
    [
        ("BTC", (("btc_usd", True),)),
        ("USDC", (("btc_usd", True), ("btc_usdc", False))),
        ("USDT", (("btc_usd", True), ("btc_usdt", False))),
        ("SOL", (("sol_usdc", True), ("btc_usd", True), ("btc_usdc", False))),
        ("XRP", (("xrp_usdt", True), ("btc_usd", True), ("btc_usdt", False))),
        ("STETH", None),
        ("ODD", None),
    ],
)
def test_deribit_s_indices_lead_to_dollars_or_nowhere(asset: str, steps: object) -> None:
    assert deribit.route(asset, NAMES) == steps
    assert deribit.route(asset, frozenset()) is None


def test_a_value_of_0_for_an_amount_is_no_value() -> None:
    lying = (
        Part("ODD", Decimal(5), Decimal(0)),
        Part("BTC", Decimal(0), Decimal(0)),
        Part("ETH", Decimal(1), Decimal(3)),
    )
    assert without_value(lying) == ("ODD",)
    balance = valued(lying, {}, "x")
    assert [(holding.asset, holding.value) for holding in balance.holdings] == [("ETH", 3), ("ODD", None)]


def test_an_asset_of_which_one_part_has_no_price_is_unpriced_as_a_whole() -> None:
    lying = (Part("ODD", Decimal(5), Decimal(10)), Part("ODD", Decimal(2)))
    balance = valued(lying, {}, "x")
    assert balance.unpriced == balance.holdings and balance.worth == 0 and balance.holdings[0].amount == 7
    assert valued(lying, {"ODD": Decimal(3)}, "x").worth == 16


def test_dollars_are_worth_what_they_are_and_loans_count_against_the_rest() -> None:
    lying = (Part("USD", Decimal(100)), Part("BTC", Decimal("-0.001")))
    assert without_value(lying) == ("BTC",)
    assert valued(lying, {"BTC": Decimal(50000)}, "x").worth == 50


PUBLIC = [
    ("bybit", "GET /v5/market/tickers", {"category": "spot"}, '{"retCode":0,"result":{}}'),
    ("okx", "GET /api/v5/market/index-tickers", {"quoteCcy": "USD"}, '{"code":"0","data":[]}'),
    ("deribit", "GET /api/v2/public/get_index_price", {"index_name": "btc_usd"}, '{"result":{}}'),
    ("deribit", "GET /api/v2/public/get_index_price_names", {}, '{"result":[]}'),
]


@pytest.mark.parametrize(("exchange", "name", "params", "body"), PUBLIC, ids=[row[1] for row in PUBLIC])
def test_prices_are_asked_for_without_showing_a_credential(
    exchange: str, name: str, params: dict[str, str], body: str
) -> None:
    declared = catalogue.declaration(exchange)
    with venue(lambda _line: Answer(body=body)) as there:
        call(there.url, declared.endpoint(name), params, declaration=declared)
    ((line,), (headers,)) = there.lines, there.headers
    assert line.partition("?")[0] == name
    assert KEY not in f"{line} {headers}"
    assert not [header for header in headers if header.lower().startswith(("x-bapi", "ok-access", "authorization"))]
