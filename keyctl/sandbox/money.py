"""What lies in simulated accounts, and what it is worth: amounts of assets by wallet, prices in USD by asset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

Wallets = Mapping[str, Mapping[str, Decimal]]
"""Wallet, as the exchange calls it → asset → how much of it, loans negative."""
Prices = Mapping[str, Decimal]
"""Asset → USD; what is not named has no price."""
USD = "USD"


def price(prices: Prices, asset: str) -> Decimal | None:
    """USD for one; a dollar is worth one."""
    return Decimal(1) if asset == USD else prices.get(asset)


def worth(holdings: Iterable[tuple[str, Decimal]], prices: Prices) -> Decimal:
    """All that has a price, in USD."""
    return sum((amount * (price(prices, asset) or Decimal(0)) for asset, amount in holdings), Decimal(0))


def added(wallets: Wallets) -> Mapping[str, Decimal]:
    """All wallets together."""
    found: dict[str, Decimal] = {}
    for held in wallets.values():
        for asset, amount in held.items():
            found[asset] = found.get(asset, Decimal(0)) + amount
    return found


def text(amount: Decimal) -> str:
    """Digits as exchanges send them, without zeros at the end."""
    digits = format(amount, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
