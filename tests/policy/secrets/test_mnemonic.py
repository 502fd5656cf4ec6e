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
