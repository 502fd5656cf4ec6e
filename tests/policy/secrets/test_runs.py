"""Long runs of the characters that secrets are made of, and the pieces of paths."""

from __future__ import annotations

import pytest

from keyctl.policy.secrets.runs import Token, one_byte_each, tokens

A, B = "a" * 24, "b" * 24


def found(text: str) -> list[tuple[str, int, bool, int]]:
    listed = tokens(text, one_byte_each(text))
    assert all(text[token.start : token.end] == token.text for token in listed)
    return [(token.text, token.start, token.whole, token.padding) for token in listed]


def test_one_byte_for_each_character() -> None:
    assert one_byte_each("aé\u2028\U0001f511z") == b"a???z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (A[1:], []),
        (A, [(A, 0, True, 0)]),
        (f" {A} ", [(A, 1, True, 0)]),
        (f"é{A}é", [(A, 1, True, 0)]),
        (f"{A} {B}", [(A, 0, True, 0), (B, 25, True, 0)]),
        (f"{A} {B[1:]} {B}", [(A, 0, True, 0), (B, 49, True, 0)]),
        (f"{A}.{B}", [(A, 0, True, 0), (B, 25, True, 0)]),
        (f"{A}= ", [(A, 0, True, 1)]),
        (f"{A}==", [(A, 0, True, 2)]),
        (f"{A}===", [(A, 0, True, 2)]),
        (f"{A} =", [(A, 0, True, 0)]),
        ("zZ09+_-x" * 3, [("zZ09+_-x" * 3, 0, True, 0)]),
        # Pieces of paths
        (f"{A}/x", [(f"{A}/x", 0, True, 0), (A, 0, False, 0)]),
        (f"x/{A}", [(f"x/{A}", 0, True, 0), (A, 2, False, 0)]),
        (f" x/{A}==", [(f"x/{A}", 1, True, 2), (A, 3, False, 2)]),
        (f"{A}/{B}=", [(f"{A}/{B}", 0, True, 1), (A, 0, False, 0), (B, 25, False, 1)]),
        (f"{A}/{B[1:]}", [(f"{A}/{B[1:]}", 0, True, 0), (A, 0, False, 0)]),
        (f"{A}/+", [(f"{A}/+", 0, True, 0)]),
        (f"{A}/" + "c" * 103, [(f"{A}/" + "c" * 103, 0, True, 0), (A, 0, False, 0), ("c" * 103, 25, False, 0)]),
        (f"{A}/" + "c" * 104, [(f"{A}/" + "c" * 104, 0, True, 0)]),
    ],
)
def test_runs_of_24_and_more(text: str, expected: list[tuple[str, int, bool, int]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "public",
    [
        "01234567-89ab-cdef-0123-456789ABCDEF",
        "0x" + "a" * 40,
        "a" * 40,
        "age1" + "q" * 58,
        "AAAAB" + "q" * 40,
        "AAAAC" + "q" * 40,
        "AAAAE" + "q" * 40,
        "sha256-" + "q" * 43,
        "sha512-" + "q" * 86,
    ],
)
def test_public_forms_are_no_runs_nor_pieces(public: str) -> None:
    assert found(public) == []
    assert found(f"x {public} {A}") == [(A, len(public) + 3, True, 0)]
    assert found(f"x/{public}") == [(f"x/{public}", 0, True, 0)]
    if not public.startswith(("AAAA", "sha")):  # Base64, whose alphabet has the slash
        assert found(f"{public}/{B}") == [(f"{public}/{B}", 0, True, 0), (B, len(public) + 1, False, 0)]


@pytest.mark.parametrize(
    "near",
    [
        "01234567-89ab-cdef-0123-456789ABCDE",
        "01234567-89ab-cdef-0123-456789ABCDEFa",
        "01234567-89ab-cdef-0123-456789ABCDEg",
        "0x" + "a" * 39,
        "0x" + "a" * 41,
        "a" * 39,
        "a" * 41,
        "g" * 40,
        "age1" + "q" * 57,
        "age1" + "q" * 59,
        "age1" + "b" * 58,
        "AAAAD" + "q" * 40,
        "sha257-" + "q" * 43,
    ],
)
def test_near_to_a_public_form_is_a_run(near: str) -> None:
    assert found(near) == [(near, 0, True, 0)]
    assert found(f"x/{near}") == [(f"x/{near}", 0, True, 0), (near, 2, False, 0)]


@pytest.mark.parametrize(
    "name", ["sha1", "sha224", "sha256", "sha384", "sha512", "sha-256", "SHA256", "SHA-512", "md5"]
)
def test_digests_with_their_name_are_no_runs(name: str) -> None:
    assert found(f"{name}:{A}") == []
    assert found(f"image@{name}:{A} {B}") == [(B, len(name) + 7 + 25, True, 0)]
    assert found(f"{name} {A}") == [(A, len(name) + 1, True, 0)]
    assert found(f"{name}: {A}") == [(A, len(name) + 2, True, 0)]
    assert found(f"{name}x:{A}") == [(A, len(name) + 2, True, 0)]


def test_a_name_that_begins_no_digest() -> None:
    assert found(f":{A}") == [(A, 1, True, 0)]
    assert found(f"sha257:{A}") == [(A, 7, True, 0)]
    assert found(f"{A}:{B}") == [(A, 0, True, 0), (B, 25, True, 0)]


def test_tokens_are_told_apart_by_all_that_they_are() -> None:
    assert len({Token(A, 0, 24, True, 0), Token(A, 0, 24, True, 0), Token(A, 0, 24, False, 0)}) == 2
