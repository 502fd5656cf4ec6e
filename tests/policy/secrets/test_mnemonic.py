"""Mnemonics: the list, the checksum, the ways in which people write words down."""

from __future__ import annotations

from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.finding import Confidence
from keyctl.policy.secrets import find
from keyctl.policy.secrets.mnemonic import is_checked, words
from tests.policy.secrets.pieces import mnemonic


def test_the_list_is_the_one_of_bip_39() -> None:
    listed = "".join(word + "\n" for word in words())
    assert sha256(listed.encode()).hexdigest() == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"


@given(st.sampled_from([16, 20, 24, 28, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_every_checksum_fits(entropy: bytes) -> None:
    assert is_checked([words().index(word) for word in mnemonic(entropy).split()])


def test_one_in_sixteen_rows_of_twelve_words_fits_by_chance() -> None:
    draw = Random(7)
    fitting = sum(is_checked(draw.choices(range(2048), k=12)) for _ in range(16_000))
    assert 800 < fitting < 1200


@pytest.mark.parametrize("between", [" ", "\n", ", ", "\n  - ", '", "', "\n# ", " 7. "])
@pytest.mark.parametrize("size", [16, 20, 24, 28, 32])
def test_however_it_is_written_it_is_one_hit(between: str, size: int) -> None:
    row = mnemonic(Random(size).randbytes(size)).split()
    text = f'seed: "{between.join(row)}"\n'
    (hit,) = find(text)
    assert (hit.kind, hit.confidence) == ("mnemonic", Confidence.HIGH)
    assert text[hit.start : hit.end] == between.join(row)


def test_capitals_are_read_too() -> None:
    (hit,) = find(mnemonic(Random(3).randbytes(16)).upper())
    assert hit.confidence is Confidence.HIGH


def test_a_mistyped_one_is_a_hit_that_is_less_sure() -> None:
    row = mnemonic(Random(5).randbytes(16)).split()
    last = next(word for word in words() if not is_checked([words().index(w) for w in [*row[:-1], word]]))
    (hit,) = find(" ".join([*row[:-1], last]))
    assert (hit.kind, hit.confidence) == ("mnemonic", Confidence.MEDIUM)


def test_eleven_words_and_words_of_no_list_are_none() -> None:
    row = mnemonic(Random(11).randbytes(16)).split()
    assert find(" ".join(row[:-1])) == ()
    assert find(" ".join([*row[:6], "keyctl", *row[6:]])) == ()


def test_words_around_it_do_not_hide_it() -> None:
    row = mnemonic(Random(13).randbytes(16))
    (hit,) = find(f"the wallet that we use for hedging is {row} and nobody shall ever write it down again")
    assert hit.confidence is Confidence.HIGH


def fitting(row: list[str]) -> list[int]:
    """The lengths of all parts of a row of words whose checksum fits."""
    places = [words().index(word) for word in row]
    return [
        length
        for length in (12, 15, 18, 21, 24)
        for first in range(len(places) - length + 1)
        if is_checked(places[first : first + length])
    ]


@pytest.mark.parametrize("size", [16, 20, 24, 28, 32])
def test_each_length_has_its_own_checksum(size: int) -> None:
    rows = (mnemonic(Random(seed).randbytes(size)).split() for seed in range(1000))
    row = next(row for row in rows if len(fitting(row)) == 1)
    (hit,) = find(" ".join(row))
    assert hit.confidence is Confidence.HIGH


@pytest.mark.parametrize(("before", "after"), [(0, 2), (2, 0), (1, 1)])
def test_a_mnemonic_among_other_words_of_the_list(before: int, after: int) -> None:
    for seed in range(1000):
        draw = Random(seed)
        row = [
            *draw.choices(words(), k=before),
            *mnemonic(draw.randbytes(16)).split(),
            *draw.choices(words(), k=after),
        ]
        if len(fitting(row)) == 1:
            break
    text = "Q " + " ".join(row)
    (hit,) = find(text)
    assert (text[hit.start : hit.end], hit.confidence) == (" ".join(row), Confidence.HIGH)


def unchecked(different: int, count: int) -> str:
    """So many words of so many different ones, of which no part has a checksum that fits."""
    for seed in range(1000):
        draw = Random(seed)
        some = draw.sample(words(), k=different)
        row = [*some, *some[: count - different]]
        if not fitting(row):
            return " ".join(row)
    raise AssertionError


def test_without_a_checksum_four_of_five_words_must_differ() -> None:
    (hit,) = find(unchecked(12, 15))
    assert (hit.kind, hit.confidence) == ("mnemonic", Confidence.MEDIUM)
    assert find(unchecked(11, 15)) == ()
    assert len(find(unchecked(10, 12))) == 1
    assert find(unchecked(9, 12)) == ()


def test_with_a_checksum_they_need_not() -> None:
    (hit,) = find(mnemonic(bytes(16)))
    assert hit.confidence is Confidence.HIGH


def test_twelve_of_the_shortest_words() -> None:
    row = " ".join([word for word in words() if len(word) == 3][:12])
    assert len(row) == 47
    assert [(hit.start, hit.end) for hit in find(row)] == [(0, 47)]
    assert [(hit.start, hit.end) for hit in find(f"({row})")] == [(1, 48)]


def test_other_signs_part_the_words() -> None:
    row = [word for word in words() if len(word) == 8][:12]
    parted = " ".join(row[:6]) + " ; " + " ".join(row[6:])
    assert find(parted) == ()
    assert len(find(f"{parted} ; {' '.join(row)} ; {' '.join(reversed(row))}")) == 2
