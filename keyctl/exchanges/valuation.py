"""From what lies in each wallet to a balance in USD, at prices that the exchange itself gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from keyctl.model.balance import ZERO, Balance, Holding

USD = "USD"


@dataclass(frozen=True, slots=True)
class Part:
    """So much of an asset in one wallet, loans negative; ``value`` in USD where the answer itself gives one.

    A value of 0 for some amount is none: exchanges write it for assets that they have no price for."""

    asset: str
    amount: Decimal
    value: Decimal | None = None

    @property
    def told(self) -> Decimal | None:
        """The value that the answer gives, None where it gives none."""
        return self.value if self.value or not self.amount else None


def without_value(parts: Iterable[Part]) -> tuple[str, ...]:
    """The assets that a price is needed for, sorted."""
    return tuple(sorted({part.asset for part in parts if part.amount and part.told is None and part.asset != USD}))


def valued(parts: Iterable[Part], prices: Mapping[str, Decimal], priced_by: str) -> Balance:
    """The balance of all parts; ``prices`` in USD by asset, where there are any. An asset of which one part has
    no price is unpriced as a whole."""
    found: dict[str, Holding] = {}
    for part in parts:
        price = Decimal(1) if part.asset == USD else prices.get(part.asset)
        value = part.told
        if value is None and price is not None:
            value = part.amount * price
        before = found.get(part.asset, Holding(part.asset, ZERO, ZERO))
        both = None if value is None or before.value is None else before.value + value
        found[part.asset] = Holding(part.asset, before.amount + part.amount, both)
    return Balance.of(found.values(), priced_by)
