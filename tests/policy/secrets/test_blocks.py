"""Base64 that is no secret: armoured blocks that are public, and runs that were broken into lines."""

from __future__ import annotations

import pytest

from keyctl.policy.secrets.blocks import is_line_of_one, public
from keyctl.policy.secrets.runs import Token

RUN, OTHER = "r" * 30, "o" * 40
"""The run that is asked about, and the shortest line that counts as another."""


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("RUN", False),
        ("OTHER\nRUN", True),
        ("RUN\nOTHER", True),
        ("RUN\nOTHER\n", True),
        ("\nRUN\nOTHER\n", True),
        ("a\nOTHER\nRUN\nb\n", True),
        ("a\nRUN\nOTHER\nb\n", True),
        ("a\nRUN\nb\n", False),
        ("OTHER\n\nRUN", False),
        ("RUN\n\nOTHER", False),
        ("OTHER\nb\nRUN\nb\nOTHER", False),
        ("  OTHER\n  RUN\n", True),
        ('"OTHER",\n"RUN",\n', True),
        ("# OTHER\n# RUN\n", True),
        ("- OTHER\n- RUN\n", True),
        ("note: |\n  RUN=\n  OTHER==\n", True),
        ("OTHER\nkey: RUN", False),
        (" - key: RUN\nOTHER", False),
        ("RUN and more\nOTHER", False),
        ("RUN= X\nOTHER", False),
        ("OTHER\n- RUN: more", False),
        ("key: OTHER\nRUN\n", False),
        ("OTHER and more\nRUN\n", False),
        ("RUN\nOTHER and more", False),
        ("RUN\nOTHER===", False),
        ("SHORT\nRUN\nSHORT", False),
    ],
)
def test_a_line_beside_another(text: str, is_one: bool) -> None:
    text = text.replace("RUN", RUN).replace("OTHER", OTHER).replace("SHORT", OTHER[1:])
    start = text.index(RUN)
    assert is_line_of_one(text, Token(RUN, start, start + len(RUN), True, 0)) == is_one


BLOCK = "-----BEGIN {}-----\nabc\n-----END {}-----"


@pytest.mark.parametrize(
    "label", ["CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY", "PGP SIGNATURE", "PGP PUBLIC KEY BLOCK"]
)
def test_blocks_that_are_public(label: str) -> None:
    block = BLOCK.format(label, label)
    assert public(f"a\n{block}\nb") == [(2, 2 + len(block))]
    assert public(f"{block}\n{block}") == [(0, len(block)), (len(block) + 1, 2 * len(block) + 1)]


@pytest.mark.parametrize(
    ("head", "foot"),
    [
        ("PRIVATE KEY", "PRIVATE KEY"),
        ("EC PRIVATE KEY", "EC PRIVATE KEY"),
        ("CERTIFICATE", "PUBLIC KEY"),
        ("KE", "KE"),
        ("K" * 41, "K" * 41),
    ],
)
def test_blocks_that_are_not(head: str, foot: str) -> None:
    assert public(BLOCK.format(head, foot)) == []


def test_what_sops_encrypted_is_public_up_to_its_bracket_and_its_line() -> None:
    assert public("a: ENC[AES256_GCM,data:abc] b") == [(3, 27)]
    assert public("a: ENC[AES256_GCM,data:\nabc]") == []
    assert public("a: ENC[data:abc]") == []
    block = BLOCK.format("CERTIFICATE", "CERTIFICATE")
    assert public(f"{block}ENC[AES256_GCM,]") == [(0, len(block)), (len(block), len(block) + 16)]
