from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.exchanges.redaction import HIDDEN, Redactor


@pytest.mark.parametrize("shape", ["s3cr/t+=x", quote("s3cr/t+=x", safe=""), 's3cr/t+=x"', "xs3cr/t+=xx"])
def test_a_secret_leaves_in_no_shape(shape: str) -> None:
    assert "s3cr" not in Redactor(["s3cr/t+=x"]).scrub(f"GET /?sign={shape}&b=1")


def test_each_line_of_a_private_key_is_a_secret() -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n"
    assert Redactor([pem]).scrub("bad line AQEFAASCBKcwggSjAgEAAoIB") == f"bad line {HIDDEN}"


def test_text_without_secrets_stays_as_it_is() -> None:
    assert Redactor(["s3cr/t"]).scrub("account bybit-main: no connection") == "account bybit-main: no connection"


@settings(deadline=None, max_examples=100)
@given(st.text(min_size=4, max_size=30), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives_whatever_is_around_it(secret: str, before: str, after: str) -> None:
    scrubbed = Redactor([secret]).scrub(before + secret + after)
    assert secret not in scrubbed.replace(HIDDEN, "")
