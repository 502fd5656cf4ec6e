from __future__ import annotations

from dataclasses import replace

import pytest

from keyctl.exchanges.catalogue import declaration
from keyctl.exchanges.declaration import Envelope
from keyctl.exchanges.envelope import refusal

TEXTS = replace(declaration("bybit"), envelope=Envelope(code=("code",), success="0"))


@pytest.mark.parametrize("code", ["sk-0f4cA9", "two words", "", "x" * 40, "A" * 42])
def test_what_stands_in_the_place_of_a_code_is_shown_only_if_it_looks_like_one(code: str) -> None:
    refused = refusal(TEXTS, "GET /x", {"code": code})
    assert refused is not None and refused.code is None and "answered something" in refused.message
    named = refusal(TEXTS, "GET /x", {"code": "INVALID_KEY"})
    assert named is not None and named.code == "INVALID_KEY" and "'INVALID_KEY'" in named.message
