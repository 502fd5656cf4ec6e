"""What Bybit's answers say of money: https://bybit-exchange.github.io/docs/v5/asset/balance/asset-overview and
https://bybit-exchange.github.io/docs/v5/market/tickers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from keyctl.exchanges.bybit.declaration import ASSET_OVERVIEW, TICKERS
from keyctl.exchanges.bybit.decoding import opened
from keyctl.exchanges.decode import Fields
from keyctl.exchanges.errors import Malformed
from keyctl.exchanges.valuation import Part

PRICED_BY = "Bybit's USD index, or its last spot price in USDT"
_PAIR, _QUOTE = "BTCUSDT", "USDT"


def parts(answer: object) -> tuple[Part, ...]:
    """What lies in every wallet of an account. The answer's own totals are in a currency that the user chose: they only
    tell whether coins are missing.

    Raises ExchangeError, also for a wallet that is worth something and shows no coin."""
    result = opened(ASSET_OVERVIEW.name, answer)
    wallets = tuple(result.each("list"))
    if not wallets and result.amount("totalEquity"):
        raise Malformed("result.list", "the wallets of an account that is worth something", "an empty list")
    return tuple(part for wallet in wallets for part in _wallet(wallet))


def _wallet(wallet: Fields) -> Iterator[Part]:
    """A wallet holds coins, or products that do; where both are said, nothing tells whether one is in the other."""
    products = tuple(wallet.each("categories")) if wallet.has("categories") else ()
    if not products:
        yield from _coins(wallet, "totalEquity")
        return
    if wallet.has("coinDetail") and wallet.raw("coinDetail") != []:
        raise Malformed(wallet.at("coinDetail"), "nothing beside `categories`", "coins")
    for product in products:
        yield from _coins(product, "equity")


def _coins(place: Fields, worth: str) -> Iterator[Part]:
    if not place.has("coinDetail") and not place.amount(worth):
        return
    coins = tuple(place.each("coinDetail"))
    if not coins and place.amount(worth):
        raise Malformed(place.at("coinDetail"), "the coins of a wallet that is worth something", "an empty list")
    for coin in coins:
        yield Part(coin.text("coin"), coin.amount("equity"))


def tickers(answer: object) -> Mapping[str, Fields]:
    """The rows of spot by symbol."""
    return {row.text("symbol"): row for row in opened(TICKERS.name, answer).each("list")}


def price(rows: Mapping[str, Fields], coin: str) -> Decimal | None:
    """USD for one coin, None where the exchange has no price. `usdIndexPrice` is what the exchange values unified
    accounts by, and empty for coins that are no collateral; those count at their last price in USDT. USDT itself has
    no index: it is worth what the index and the price of bitcoin say."""
    if coin == _QUOTE:
        bitcoin = rows.get(_PAIR)
        index, last = _number(bitcoin, "usdIndexPrice"), _number(bitcoin, "lastPrice")
        return index / last if index and last else None
    row = rows.get(f"{coin}{_QUOTE}")
    index = _number(row, "usdIndexPrice")
    if index:
        return index
    last, tether = _number(row, "lastPrice"), price(rows, _QUOTE)
    return last * tether if last and tether else None


def _number(row: Fields | None, name: str) -> Decimal | None:
    """A price; None where there is none, which 0 says too."""
    if row is None or row.raw(name) in (None, ""):
        return None
    found = row.amount(name)
    if found < 0:
        raise row.malformed(name, "a price")
    return found or None
