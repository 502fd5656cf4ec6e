"""Identifiers: two spellings of one credential are the same, and revoked ones are found in any letter case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.identifier import Identifier, IdentifierError, fingerprint_of
from keyctl.model.tombstone import Tombstone, Tombstones

texts = st.text([chr(code) for code in range(0x21, 0x7F)], min_size=1, max_size=64).filter(
    lambda text: not text.startswith("sha256:")
)


@given(texts)
def test_an_id_and_its_fingerprint_name_the_same_credential(text: str) -> None:
    plain = Identifier.parse(text)
    assert Identifier.parse(plain.fingerprint) == plain
    assert len({plain, Identifier.parse(plain.fingerprint)}) == 1


@given(texts, texts)
def test_different_texts_are_different_credentials(one: str, other: str) -> None:
    same = one == other or (one[:2] in ("0x", "0X") and other[:2] in ("0x", "0X") and one.lower() == other.lower())
    assert (Identifier.of_text(one) == Identifier.of_text(other)) == same


def test_addresses_are_lower_cased_and_other_ids_are_not() -> None:
    assert Identifier.of_text("0xABCdef").text == "0xabcdef"
    assert Identifier.of_text("0XABCdef") == Identifier.of_text("0xabcdef")
    assert Identifier.of_text("AbC").text == "AbC"


@pytest.mark.parametrize(
    "text", ["", "a b", "a\n", "tab\t", "ümlaut", "x" * 513, "\u202e", "sha256:12", "sha256:" + "G" * 64]
)
def test_what_can_not_be_an_id_is_refused(text: str) -> None:
    with pytest.raises(IdentifierError):
        Identifier.parse(text)


def test_only_the_beginning_is_displayed() -> None:
    assert Identifier.of_text("w8HqB0tXn3KcVz").display == "w8Hq…"
    assert Identifier.of_fingerprint("sha256:" + "ab" * 32).display == "sha256:abab…"


@given(texts, st.randoms(use_true_random=False))
def test_a_tombstone_blocks_every_letter_case_of_a_known_id(text: str, random: object) -> None:
    stones = Tombstones([Tombstone(Identifier.of_text(text), "here")])
    for spelt in (text, text.lower(), text.upper(), text.swapcase()):
        assert stones.find(Identifier.of_text(spelt)) is not None
    assert stones.find(Identifier.of_fingerprint(fingerprint_of(Identifier.of_text(text).text or ""))) is not None


@given(texts)
def test_a_tombstone_known_by_fingerprint_blocks_the_id(text: str) -> None:
    stones = Tombstones([Tombstone(Identifier.of_fingerprint(Identifier.of_text(text).fingerprint), "here")])
    assert stones.find(Identifier.of_text(text)) is not None
    assert stones.find(Identifier.of_text(text + "x")) is None


def test_the_first_tombstone_of_an_id_is_kept_and_order_is_by_fingerprint() -> None:
    one, two = Identifier.of_text("one"), Identifier.of_text("two")
    stones = Tombstones([Tombstone(one, "first"), Tombstone(two, "x"), Tombstone(one, "second")])
    assert len(stones) == 2
    found = stones.find(one)
    assert found is not None and found.origin == "first"
    assert [stone.identifier for stone in stones] == sorted((one, two), key=lambda i: i.fingerprint)
