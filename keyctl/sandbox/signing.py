"""Signatures as simulated exchanges check them."""

from __future__ import annotations

import hmac


def hmac_sha256_hex(secret: str, payload: bytes) -> str:
    """HMAC-SHA256 in lower-case hex."""
    return hmac.new(secret.encode(), payload, "sha256").hexdigest()


def same(given: str, expected: str) -> bool:
    """Compared in constant time, by bytes, so that a signature of any characters can be refused."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())
