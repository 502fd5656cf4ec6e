from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.balance import Balance, Excess, Holding, excess

LIMIT = (("USD", Decimal(500)),)


def holding(asset: str, amount: str, value: str | None = None) -> Holding:
    return Holding(asset, Decimal(amount), None if value is None else Decimal(value))


def balance(*holdings: Holding) -> Balance:
    return Balance.of(holdings, "the exchange")


def test_holdings_are_sorted_and_empty_ones_left_out() -> None:
    assert balance(holding("USDT", "1", "1"), holding("ETH", "0"), holding("BTC", "1")).holdings == (
        holding("BTC", "1"),
        holding("USDT", "1", "1"),
    )


@pytest.mark.parametrize(
    ("lying", "expected"),
    [
        ((), None),
        ((holding("BTC", "1", "500"),), None),
        ((holding("BTC", "1", "500.01"),), Excess("USD", Decimal(500), Decimal("500.01"))),
        ((holding("BTC", "1", "700"), holding("USDT", "-300", "-300")), None),
        (
            (holding("BTC", "1", "100"), holding("ODD", "9")),
            Excess("USD", Decimal(500), Decimal(100), (holding("ODD", "9"),), certain=False),
        ),
        (
            (holding("BTC", "1", "501"), holding("ODD", "9")),
            Excess("USD", Decimal(500), Decimal(501), (holding("ODD", "9"),)),
        ),
        # owing something of unknown worth: the total may be lower, never higher
        ((holding("BTC", "1", "100"), holding("ODD", "-9")), None),
        (
            (holding("BTC", "1", "501"), holding("ODD", "-9")),
            Excess("USD", Decimal(500), Decimal(501), (holding("ODD", "-9"),), certain=False),
        ),
    ],
)
def test_a_limit_in_dollars_is_held_against_the_worth(lying: tuple[Holding, ...], expected: Excess | None) -> None:
    assert excess(balance(*lying), LIMIT) == (() if expected is None else (expected,))


def test_a_limit_in_an_asset_is_held_against_its_amount_whatever_it_is_worth() -> None:
    lying = balance(holding("BTC", "0.2"), holding("USD", "7", "7"))
    limits = (("BTC", Decimal("0.1")), ("ETH", Decimal(0)), ("USD", Decimal(100)))
    assert excess(lying, limits) == (
        Excess("BTC", Decimal("0.1"), Decimal("0.2")),
        Excess("USD", Decimal(100), Decimal(7), (holding("BTC", "0.2"),), certain=False),
    )


@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.decimals(-99, 99, places=3), st.booleans()), max_size=6))
def test_nothing_unpriced_is_ever_known_to_be_within_a_limit(rows: list[tuple[str, Decimal, bool]]) -> None:
    """Whatever the unpriced holdings turn out to be worth, a limit that excess leaves out is kept."""
    lying = balance(*(Holding(asset, amount, amount if priced else None) for asset, amount, priced in rows))
    if excess(lying, LIMIT):
        return
    for each in (Decimal(0), Decimal(1), Decimal(10**6)):
        total = lying.worth + sum((held.amount * each for held in lying.unpriced), Decimal(0))
        assert total <= 500


@given(st.lists(st.tuples(st.decimals(-999, 999, places=3), st.booleans()), max_size=6))
def test_what_is_certain_is_so_whatever_the_unpriced_is_worth(rows: list[tuple[Decimal, bool]]) -> None:
    lying = balance(*(Holding(f"A{n}", amount, amount if priced else None) for n, (amount, priced) in enumerate(rows)))
    for found in excess(lying, LIMIT):
        if found.certain:
            for each in (Decimal(0), Decimal(10**6)):
                total = lying.worth + sum((held.amount * each for held in lying.unpriced), Decimal(0))
                assert total > 500
