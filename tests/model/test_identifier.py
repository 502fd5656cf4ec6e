"""Identifiers: two spellings of one credential are the same, and revoked ones are found in any letter case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.identifier import LONGEST, UNSAID, Identifier, IdentifierError, fingerprint_of, shortened
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
    same = one == other or (is_address(one) and is_address(other) and one.lower() == other.lower())
    assert (Identifier.of_text(one) == Identifier.of_text(other)) == same


def is_address(text: str) -> bool:
    return text[:2] in ("0x", "0X") and 34 <= len(text) <= 66 and {*text[2:]} <= {*"0123456789abcdefABCDEF"}


@given(st.text("0123456789abcdefABCDEF", min_size=32, max_size=64))
def test_an_address_is_one_credential_in_any_letter_case(digits: str) -> None:
    address = Identifier.of_text("0x" + digits)
    assert address.text == "0x" + digits.lower()
    assert {address, Identifier.of_text("0X" + digits.upper()), Identifier.of_text("0x" + digits.swapcase())} == {
        address
    }


@pytest.mark.parametrize(
    "text", ["AbC", "0xs8UF1nrKskeeS9hi", "0xAB12cd", "0X" + "A" * 31, "0x" + "A" * 65, "0x" + "A" * 39 + "g"]
)
def test_other_ids_keep_their_letter_case_also_where_they_begin_like_an_address(text: str) -> None:
    assert Identifier.of_text(text).text == text
    assert Identifier.of_text(text) != Identifier.of_text(text.swapcase())


@pytest.mark.parametrize(
    "text",
    ["", "a b", "a\n", "tab\t", "ümlaut", "x" * 513, "\u202e", "sha256:12", "sha256:" + "G" * 64, "sha256:" + "a" * 65],
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


def test_a_fingerprint_is_sha256_of_the_ascii_text() -> None:
    assert fingerprint_of("abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_an_id_has_at_most_512_characters() -> None:
    assert Identifier.of_text("x" * 512).text == "x" * 512
    assert LONGEST == 512


@pytest.mark.parametrize(("text", "display"), [("a", "a"), ("abcd", "abcd"), ("abcde", "abcd…")])
def test_what_is_displayed_is_marked_as_cut_only_where_it_is(text: str, display: str) -> None:
    assert Identifier.of_text(text).display == shortened(text) == display


def test_what_is_known_depends_on_how_it_was_written() -> None:
    plain, mixed = Identifier.of_text("abc"), Identifier.of_text("aBc")
    assert plain.folded == plain.fingerprint == mixed.folded != mixed.fingerprint
    bare = Identifier.of_fingerprint(plain.fingerprint)
    assert (bare.text, bare.folded) == (None, None)


def test_an_id_equals_ids_only_and_a_nameless_key_s_equals_none() -> None:
    some = Identifier.of_text("abc")
    assert some != "abc"
    assert some != some.fingerprint
    assert (UNSAID.text, UNSAID.folded, UNSAID.display, UNSAID.fingerprint) == (None, None, "", "")


@pytest.mark.parametrize(
    ("revoked", "asked", "blocked"),
    [
        ("aBc", "abc", True),
        ("abc", "aBc", True),
        ("aBc", "AbC", True),
        ("ABC", "aBc", True),
        ("aBc", "aBd", False),
    ],
)
def test_letter_case_does_not_bring_an_id_back(revoked: str, asked: str, blocked: bool) -> None:
    text, other = Identifier.of_text(revoked), Identifier.of_text(asked)
    assert (Tombstones([Tombstone(text, "here")]).find(other) is not None) is blocked


@pytest.mark.parametrize(
    ("revoked", "asked", "blocked"),
    [("abc", "aBc", True), ("ABC", "aBc", True), ("aBc", "aBc", True), ("aBc", "abc", False)],
)
def test_of_a_revoked_fingerprint_the_spellings_at_hand_are_blocked(revoked: str, asked: str, blocked: bool) -> None:
    bare = Identifier.of_fingerprint(fingerprint_of(revoked))
    stones = Tombstones([Tombstone(bare, "here")])
    assert (stones.find(Identifier.of_text(asked)) is not None) is blocked


@pytest.mark.parametrize(("asked", "blocked"), [("aBc", True), ("abc", True), ("ABC", False), ("abd", False)])
def test_of_an_asked_fingerprint_the_spellings_at_hand_are_blocked(asked: str, blocked: bool) -> None:
    stones = Tombstones([Tombstone(Identifier.of_text("aBc"), "here")])
    assert (stones.find(Identifier.of_fingerprint(fingerprint_of(asked))) is not None) is blocked


def test_the_exact_spelling_s_tombstone_is_given_before_another_one_s() -> None:
    stones = Tombstones([Tombstone(Identifier.of_text(text), text) for text in ("aBc", "abc", "ABC")])
    for text in ("aBc", "abc", "ABC"):
        found = stones.find(Identifier.of_text(text))
        assert found is not None and found.origin == text
    assert stones.find(Identifier.of_text("abC")) is stones.find(Identifier.of_text("aBc"))
