"""What looks drawn by lot: each limit, from both sides. The texts are rows of letters, and no secrets."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase, digits

import pytest

from keyctl.policy.secrets.randomness import entropy, is_drawn_hex, is_placeholder, looks_drawn

THREES = "".join(map("".join, zip(ascii_lowercase[:10], ascii_uppercase[:10], digits, strict=True)))
"""``aA0bB1cC2…``: 30 characters, each of another class than the one before, none twice."""


@pytest.mark.parametrize(
    ("text", "bits"), [("", 0), ("a", 0), ("aaaa", 0), ("ab", 1), ("aabb", 1), ("abcd", 2), ("aab", 0.9183), ("aA", 1)]
)
def test_entropy_in_bits_a_character(text: str, bits: float) -> None:
    assert entropy(text) == pytest.approx(bits, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("", True),
        ("qwertyu", True),
        ("qwertyui", False),
        ("qwertyuq" * 5, True),
        ("kmrtwzEXAMPLE", True),
        ("kmrtwz-sample", True),
        ("kmrtwzdummyq", True),
        ("placeholderq", True),
        ("your_wzkmqr", True),
        ("your-wzkmqr", True),
        ("yourwzkmqr", False),
        ("changemeqrt", True),
        ("redactedkmq", True),
        ("qwertyuixxxxxx", True),
        ("qwertyuixxxxx", False),
        ("qwertyui00000000", True),
        ("qwertyui0000000", False),
        ("qwertyui1234567", True),
        ("qwertyui123456", False),
        ("qwertyuiabcdef", True),
        ("qwertyuiABCDEF", True),
        ("qwertyuiabcde", False),
    ],
)
def test_placeholders(text: str, is_one: bool) -> None:
    assert is_placeholder(text) == is_one


KEYS = "qwertyuiopasdfghjklzxcvbnm"


def row(*, capitals: int, small: int, figures: int) -> str:
    """So many of each, the classes in turn while they last; letters are of the end of the alphabet first."""
    kinds = [
        [ascii_uppercase[-1 - i % 26] for i in range(capitals)],
        [ascii_lowercase[-1 - i % 26] for i in range(small)],
        [digits[i % 10] for i in range(figures)],
    ]
    return "".join(kind[i] for i in range(max(map(len, kinds))) for kind in kinds if i < len(kind))


def test_all_three_classes_are_wanted_of_capitals_and_small_letters_a_sixth_of_figures_one() -> None:
    assert looks_drawn(row(capitals=16, small=16, figures=10))
    assert looks_drawn(row(capitals=7, small=18, figures=17))
    assert not looks_drawn(row(capitals=6, small=19, figures=17))
    assert looks_drawn(row(capitals=18, small=7, figures=17))
    assert not looks_drawn(row(capitals=19, small=6, figures=17))
    assert looks_drawn(row(capitals=20, small=20, figures=1))
    assert not looks_drawn(row(capitals=20, small=20, figures=0))
    assert not looks_drawn(row(capitals=20, small=20, figures=3) + "sample")


def changing(length: int, times: int) -> str:
    """A text whose class of characters changes so many times, most of it in one place."""
    mixed = "".join(capital + figure for capital, figure in zip(KEYS.upper(), digits * 3, strict=False))[:times]
    capitals = KEYS.upper()[::-1][: length // 3]
    return capitals + mixed + KEYS[: length - times - len(capitals)]


@pytest.mark.parametrize(
    ("length", "times", "is_drawn"), [(51, 19, True), (51, 18, False), (52, 19, False), (52, 20, True)]
)
def test_thirty_eight_of_a_hundred_neighbours_are_of_different_classes(length: int, times: int, is_drawn: bool) -> None:
    text = changing(length, times)
    assert len(text) == length
    assert looks_drawn(text) == is_drawn


def spread(*counts: int) -> str:
    """So many times the first characters of THREES, in turn."""
    return "".join(THREES[i] for turn in range(max(counts)) for i, count in enumerate(counts) if turn < count)


@pytest.mark.parametrize(
    ("counts", "is_drawn"),
    [
        ((1,) * 24, True),
        ((2,) * 15 + (1, 1), True),  # 4.06 bits, of 4.0 that 32 characters want
        ((2,) * 16, True),  # 4.0 bits and no less
        ((2,) * 14 + (3, 1), False),  # 3.99
        ((7,) * 9, False),
        ((3,) * 28, True),  # 4.807 bits, where 4.8 is all that a text of 64 or more has to have
        ((4,) * 27 + (2,), False),  # 4.7995
        ((7,) * 30, True),
    ],
)
def test_four_fifths_of_the_entropy_that_different_characters_would_have(
    counts: tuple[int, ...], is_drawn: bool
) -> None:
    assert looks_drawn(spread(*counts)) == is_drawn


@pytest.mark.parametrize(
    ("text", "is_drawn"),
    [
        ("02468ace13", True),
        ("02468ACE13", True),
        ("02468ace1", False),
        ("02468AaCcEe1", False),
        ("0246813579", False),
        ("qwertzuiop", False),
        ("02468ace13abcdef", False),
    ],
)
def test_hex_digits_of_ten_kinds(text: str, is_drawn: bool) -> None:
    assert is_drawn_hex(text) == is_drawn
