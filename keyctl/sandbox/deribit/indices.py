"""The public methods for index prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from keyctl.sandbox.deribit.call import Call
from keyctl.sandbox.deribit.vocabulary import wrong
from keyctl.sandbox.money import Prices

IN_USD = ("BTC", "ETH")
STABLE = ("USDC", "USDT")
SMALLEST = Decimal("0.0001")


def index_names(prices: Prices) -> list[str]:
    """The answer of public/get_index_price_names."""
    return list(_indices(prices))


def index_price(call: Call, prices: Prices) -> dict[str, object]:
    """The answer of public/get_index_price. Raises Refused for an index that there is not."""
    found = _indices(prices).get(call.text("index_name"))
    if found is None:
        raise wrong("index_name")
    return {"index_price": float(found), "estimated_delivery_price": float(found)}


def _indices(prices: Prices) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = {}
    for asset, price in prices.items():
        name = asset.lower()
        if asset in IN_USD:
            found[f"{name}_usd"] = price
            for quote in STABLE:
                if quote in prices:
                    found[f"{name}_{quote.lower()}"] = (price / prices[quote]).quantize(SMALLEST)
        elif asset not in STABLE and "USDC" in prices:
            found[f"{name}_usdc"] = (price / prices["USDC"]).quantize(SMALLEST)
    return found
