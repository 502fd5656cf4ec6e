"""What OKX's answers say of money: https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-balance,
https://www.okx.com/docs-v5/en/#funding-account-rest-api-get-balance and
https://www.okx.com/docs-v5/en/#public-data-rest-api-get-index-tickers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from keyctl.exchanges.declaration import Endpoint
from keyctl.exchanges.decode import Fields
from keyctl.exchanges.errors import Malformed
from keyctl.exchanges.okx.declaration import INDEX_TICKERS
from keyctl.exchanges.okx.decoding import only_row, rows_of
from keyctl.exchanges.valuation import USD, Part

PRICED_BY = "OKX's own value of the trading account, else its USD index"


def trading(endpoint: Endpoint, answer: object) -> tuple[Part, ...]:
    """The trading account, by the endpoint for one's own or for a sub-account's. Raises ExchangeError, also for an
    account that is worth something and shows no asset."""
    account = only_row(endpoint, answer)
    rows = tuple(account.each("details"))
    if not rows and account.has("totalEq") and account.raw("totalEq") != "" and account.amount("totalEq"):
        raise Malformed(account.at("details"), "the assets of an account that is worth something", "an empty list")
    return tuple(Part(row.text("ccy"), row.amount("eq"), _value(row)) for row in rows)


def funding(endpoint: Endpoint, answer: object) -> tuple[Part, ...]:
    """The funding account, which answers give no value of."""
    return tuple(Part(row.text("ccy"), row.amount("bal")) for row in rows_of(endpoint, answer))


def index(answer: object) -> Mapping[str, Decimal]:
    """USD by asset, for all that have an index in USD."""
    found: dict[str, Decimal] = {}
    for row in rows_of(INDEX_TICKERS, answer):
        asset, _, quote = row.text("instId").rpartition("-")
        price = row.amount("idxPx")
        if price < 0:
            raise row.malformed("idxPx", "a price")
        if quote == USD and asset and price:
            found[asset] = price
    return found


def _value(row: Fields) -> Decimal | None:
    return None if row.raw("eqUsd") in (None, "") else row.amount("eqUsd")
