"""What lies in an account, and how it stands against the most that may lie there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Holding:
    """So much of one asset, loans negative; ``value`` is None where the exchange has no price for it."""

    asset: str
    amount: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Balance:
    """All that an exchange shows of one account, wallets added up, holdings sorted by asset and none of them zero.

    Values are in ``currency`` at prices of the exchange; ``priced_by`` says which, for people."""

    holdings: tuple[Holding, ...]
    currency: str = "USD"
    priced_by: str = ""

    @classmethod
    def of(cls, holdings: Iterable[Holding], priced_by: str) -> Balance:
        """Holdings in any order, empty ones among them."""
        kept = (holding for holding in holdings if holding.amount or holding.value)
        return cls(tuple(sorted(kept, key=lambda holding: holding.asset)), priced_by=priced_by)

    @property
    def worth(self) -> Decimal:
        """What has a price, added up. With unpriced holdings it is not the whole."""
        return sum((holding.value for holding in self.holdings if holding.value is not None), ZERO)

    @property
    def unpriced(self) -> tuple[Holding, ...]:
        """What is there and has no price."""
        return tuple(holding for holding in self.holdings if holding.amount and holding.value is None)

    def amount_of(self, asset: str) -> Decimal:
        """How much of an asset there is, 0 if none."""
        return sum((holding.amount for holding in self.holdings if holding.asset == asset), ZERO)


@dataclass(frozen=True, slots=True)
class Excess:
    """A limit that is exceeded, or not known to be kept.

    ``amount`` is what counts against it, in ``currency``: the total worth for a limit in the balance's own currency,
    else how much of that asset there is. ``unpriced`` are holdings that the amount is without. ``certain`` is false
    where the amount with them may be within the limit: then nobody knows.
    """

    currency: str
    limit: Decimal
    amount: Decimal
    unpriced: tuple[Holding, ...] = ()
    certain: bool = True


def excess(balance: Balance, limits: Iterable[tuple[str, Decimal]]) -> tuple[Excess, ...]:
    """The limits that a balance exceeds or may exceed, in their order; none where all are known to be kept.

    Unpriced holdings count as unknown, not as nothing: what is owned may be worth more than the limit, and what is
    owed may bring a total that looks too high down again.
    """
    found = []
    for currency, limit in limits:
        if currency != balance.currency:
            amount = balance.amount_of(currency)
            if amount > limit:
                found.append(Excess(currency, limit, amount))
            continue
        owned = any(holding.amount > 0 for holding in balance.unpriced)
        owed = any(holding.amount < 0 for holding in balance.unpriced)
        if balance.worth > limit:
            found.append(Excess(currency, limit, balance.worth, balance.unpriced, certain=not owed))
        elif owned:
            found.append(Excess(currency, limit, balance.worth, balance.unpriced, certain=False))
    return tuple(found)


def amount(number: Decimal) -> str:
    """For people: thousands apart, two decimals from 1 on and at most eight below, no zeros at the end."""
    text = f"{number.quantize(Decimal('0.01')) if abs(number) >= 1 else round(number, 8):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
