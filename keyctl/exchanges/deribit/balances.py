"""What Deribit's answers say of money:
https://docs.deribit.com/api-reference/account-management/private-get_account_summaries,
https://docs.deribit.com/api-reference/market-data/public-get_index_price_names and
https://docs.deribit.com/api-reference/market-data/public-get_index_price."""

from __future__ import annotations

from decimal import Decimal

from keyctl.exchanges.deribit.declaration import GET_ACCOUNT_SUMMARIES, GET_INDEX_PRICE, GET_INDEX_PRICE_NAMES
from keyctl.exchanges.deribit.decoding import opened
from keyctl.exchanges.errors import Malformed
from keyctl.exchanges.valuation import Part

PRICED_BY = "Deribit's price indices"
Step = tuple[str, bool]
"""The name of an index, and whether its price multiplies (true) or divides."""
_BRIDGES = ("btc", "eth")
_QUOTES = ("usdc", "usdt")


def parts(answer: object, subaccount: str | None) -> tuple[Part, ...]:
    """What lies in an account, per currency: its equity, with open positions. Raises ExchangeError, also for an answer
    about another account than the named one, and for one without any currency."""
    result = opened(GET_ACCOUNT_SUMMARIES.name, answer).inner("result")
    if subaccount is not None and str(result.integer("id")) != subaccount:
        raise Malformed(result.at("id"), "the account that was asked about", "another one")
    rows = tuple(result.each("summaries"))
    if not rows:
        raise Malformed(result.at("summaries"), "at least one currency", "an empty list")
    return tuple(Part(row.text("currency"), row.amount("equity")) for row in rows)


def index_names(answer: object) -> frozenset[str]:
    """The indices that there are, such as ``btc_usd``."""
    return frozenset(opened(GET_INDEX_PRICE_NAMES.name, answer).texts("result"))


def index_price(answer: object) -> Decimal:
    """The price of one index. Raises ExchangeError, also for one that is not above 0."""
    result = opened(GET_INDEX_PRICE.name, answer).inner("result")
    price = result.amount("index_price")
    if price <= 0:
        raise result.malformed("index_price", "a price")
    return price


def route(asset: str, names: frozenset[str]) -> tuple[Step, ...] | None:
    """The indices that lead from an asset to USD, None where none do. Most assets have an index in USDC only; what a
    stable coin is worth is what bitcoin costs in USD over what it costs in that coin, never assumed."""
    coin = asset.lower()
    if f"{coin}_usd" in names:
        return ((f"{coin}_usd", True),)
    for bridge in _BRIDGES:
        if {f"{bridge}_usd", f"{bridge}_{coin}"} <= names:
            return ((f"{bridge}_usd", True), (f"{bridge}_{coin}", False))
    for quote in _QUOTES:
        if f"{coin}_{quote}" in names and coin not in _QUOTES:
            onwards = route(quote, names)
            if onwards is not None:
                return ((f"{coin}_{quote}", True), *onwards)
    return None
