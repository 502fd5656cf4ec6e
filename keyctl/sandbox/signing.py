"""Signatures as simulated exchanges check them."""

from __future__ import annotations

import hmac
from base64 import b64encode


def hmac_sha256_hex(secret: str, payload: bytes) -> str:
    """HMAC-SHA256 in lower-case hex."""
    return hmac.new(secret.encode(), payload, "sha256").hexdigest()


def hmac_sha256_base64(secret: str, payload: bytes) -> str:
    """HMAC-SHA256 in base64."""
    return b64encode(hmac.digest(secret.encode(), payload, "sha256")).decode()


def same(given: str, expected: str) -> bool:
    """Compared in constant time, by bytes, so that a signature of any characters can be refused."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())
