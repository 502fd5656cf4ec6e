from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.balance import Balance, Excess, Holding, amount, excess

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


def test_what_is_worth_something_is_kept_and_only_what_is_there_has_no_price() -> None:
    worth = Holding("POINTS", Decimal(0), Decimal(3))
    lying = balance(worth, holding("BTC", "1"))
    assert lying.holdings == (holding("BTC", "1"), worth) and lying.unpriced == (holding("BTC", "1"),)
    assert (lying.currency, lying.priced_by) == ("USD", "the exchange")
    empty = Balance((holding("ODD", "0"),))
    assert empty.unpriced == () and excess(empty, LIMIT) == ()


def test_an_unpriced_amount_counts_however_small() -> None:
    owed = balance(holding("BTC", "1", "501"), holding("ODD", "-0.5"))
    assert not excess(owed, LIMIT)[0].certain
    owned = balance(holding("BTC", "1", "501"), holding("ODD", "0.5"))
    assert excess(owned, LIMIT)[0].certain


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("1234567.891", "1,234,567.89"), ("1", "1"), ("1.50", "1.5"), ("1.004", "1"), ("-1.239", "-1.24"),
        ("0.999", "0.999"), ("0.123456789", "0.12345679"), ("0.12345678", "0.12345678"), ("0", "0"), ("100", "100"),
        ("-0.5", "-0.5"), ("2.009", "2.01"), ("1000", "1,000"),
    ],
)  # fmt: skip
def test_an_amount_is_shown_as_people_read_it(number: str, shown: str) -> None:
    assert amount(Decimal(number)) == shown
