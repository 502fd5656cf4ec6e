"""How far the detectors look, from both sides of each limit."""

from __future__ import annotations

import pytest

from keyctl.policy.secrets import find
from tests.policy.secrets.pieces import fill
from tests.policy.secrets.test_randomness import row

HEAD, END = (fill(f"-----{word} {{}}PRIVATE KEY-----", "")[0] for word in ("BEGIN", "END"))
BODY = "q" * 32


def spans(text: str) -> list[tuple[str, int, int]]:
    return [(hit.kind, hit.start, hit.end) for hit in find(text)]


@pytest.mark.parametrize(("length", "is_whole"), [(20_000, True), (20_001, False)])
def test_a_key_block_ends_within_20_000_characters(length: int, is_whole: bool) -> None:
    text = HEAD + "\n" + BODY + "\n" * (length - len(END) - len(BODY) - 1) + END
    assert len(text) == len(HEAD) + length
    assert spans(text) == [("private-key", 0, len(text) if is_whole else len(HEAD) + 33)]


@pytest.mark.parametrize(("gap", "is_one"), [(1, True), (168, True), (169, False), (400, False)])
def test_without_an_end_the_body_is_near(gap: int, is_one: bool) -> None:
    text = HEAD + "." * gap + BODY
    assert spans(text) == ([("private-key", 0, len(text))] if is_one else [])
    assert spans(HEAD + "." * gap + BODY + "\n" + END) == [("private-key", 0, len(text) + 1 + len(END))]


def test_a_body_of_31_characters_is_none() -> None:
    assert spans(f"{HEAD}\n{BODY[1:]}\n{END}") == []


@pytest.mark.parametrize(
    ("label", "what"),
    [
        ("OPENSSH ", "an OpenSSH private key"),
        ("PGP ", "a PGP private key"),
        ("", "a PEM private key"),
        ("RSA ", "a PEM private key"),
        ("ENCRYPTED ", "a PEM private key"),
    ],
)
def test_a_block_says_what_it_is(label: str, what: str) -> None:
    (hit,) = find(fill(f"-----BEGIN {label}{{}}PRIVATE KEY-----\n{{base64:48}}", label)[0])
    assert hit.what == what


@pytest.mark.parametrize(("length", "reached"), [(2000, True), (2001, False)])
def test_of_a_signed_address_2000_characters_before_the_signature_are_read(length: int, reached: bool) -> None:
    path = "timestamp=1" + "." * (length - 11)
    text, _ = fill("?" + path + "&signature={hex:64}", "far")
    # One character further off, the time is cut in two and is none.
    assert spans(text) == ([("signed-url", 1, len(text))] if reached else [])
    assert spans("https://" + text) == ([("signed-url", 9, len(text) + 8)] if reached else [])


def test_an_address_in_quotes_begins_after_them() -> None:
    text, (address,) = fill("a '«https://api.example/?timestamp=1&signature={hex:64}»'", "quoted")
    assert spans(text) == [("signed-url", 3, 3 + len(address))]


def test_a_putty_file_is_one_to_its_end() -> None:
    text, _ = fill("a\nPuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n{base64:33}\nPrivate-MAC: {hex:64}\n", "x")
    assert spans(text) == [("private-key", 2, len(text))]


def test_a_value_of_a_field_is_no_hit_where_the_file_has_it_as_an_identifier() -> None:
    value = fill("{small:16}", "field")[0]
    text = f"password: {value}"
    assert spans(text) == [("named-secret", 10, 26)]
    assert find(text, identifiers=[value]) == ()
    assert find(text, identifiers=["other", f"x{value}x"]) == ()
    assert len(find(text, identifiers=["other", value[1:]])) == 1
    assert len(find(text, identifiers=[""])) == 1


@pytest.mark.parametrize(
    ("capitals", "small", "figures", "is_one"),
    [(15, 15, 2, True), (16, 15, 1, False), (16, 15, 2, False), (16, 15, 3, True)],
)
def test_random_text_has_a_figure_in_sixteen_characters(capitals: int, small: int, figures: int, is_one: bool) -> None:
    text = row(capitals=capitals, small=small, figures=figures)
    assert spans(text) == ([("random-text", 0, len(text))] if is_one else [])
