"""What the line before a text says that it is."""

from __future__ import annotations

import pytest

from keyctl.policy.secrets.context import line_before, says_digest, says_secret


@pytest.mark.parametrize(
    ("text", "start", "before"),
    [
        ("", 0, ""),
        ("key: value", 5, "key: "),
        ("key: value", 0, ""),
        ("\nab", 2, "a"),
        ("one\ntwo: value", 9, "two: "),
        ("one\ntwo", 4, ""),
        ("one\ntwo\nthree", 6, "tw"),
        ("one two three\n" + "." * 10, 15, "."),
        ("." * 50 + "-" * 100 + "value", 150, "." * 20 + "-" * 100),
        ("." * 30 + "\n" + "-" * 120 + "value", 151, "-" * 120),
        ("." * 30 + "\n" + "-" * 119 + "value", 150, "-" * 119),
    ],
)
def test_what_stands_before_on_its_line_and_at_most_120_characters_of_it(text: str, start: int, before: str) -> None:
    assert line_before(text, start) == before


@pytest.mark.parametrize(
    ("before", "secret", "digest"),
    [
        ("secret: ", True, False),
        ("SECRET: ", True, False),
        ("secretName: ", False, False),
        ("passphrase ", True, False),
        ("the password is ", True, False),
        ("passwd=", True, False),
        ("private-key ", True, False),
        ("API_KEY=", True, False),
        ("access key ", True, False),
        ("credential ", True, False),
        ("token ", True, False),
        ("tokenizer ", False, False),
        ("mnemonic ", True, False),
        ("purpose: ", False, False),
        ("sha256 ", False, True),
        ("SHA-1: ", False, True),
        ("md5 ", False, True),
        ("commit ", False, True),
        ("tx ", False, True),
        ("context ", False, False),
        ("public key ", False, True),
        ("address ", False, True),
        ("the hash of the secret ", False, True),
        ("the secret's checksum ", False, True),
    ],
)
def test_words_that_name_a_secret_or_a_digest(before: str, secret: bool, digest: bool) -> None:
    text = before + "." * 8
    assert says_secret(text, len(before)) == secret
    assert says_digest(text, len(before)) == digest
    assert not says_secret(before + "\n" + text, 3)
    assert not says_digest(before + "\n........", len(before) + 1)
