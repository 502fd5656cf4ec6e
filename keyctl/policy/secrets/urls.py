"""Addresses that open something by themselves: signed ones, and those with a password in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keyctl.model.finding import Confidence
from keyctl.policy.secrets.hit import Hit
from keyctl.policy.secrets.randomness import is_placeholder

_SIGNED = re.compile(
    r"(?i)[?&](?:x-amz-signature|x-goog-signature|signature|sign|sig)=([A-Za-z0-9%+/_.=-]{16,})[^\s\"'<>`]*"
)
_BEFORE = re.compile(r"[^\s\"'<>`]*\Z")
_FURTHEST = 2000
"""Longer addresses are cut at their start; the regular expression must not walk over a whole file for each."""

_BESIDE = re.compile(
    r"(?i)(?:^|[?&])(?:timestamp|recvwindow|nonce|ts|expires|x-amz-date|x-goog-date|se|accesskeyid|awsaccesskeyid|access_?key"
    r"|api_?key|key|keyid|key-pair-id|x-amz-credential|x-goog-credential)="
)
_PASSWORD = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://(?P<user>[^\s:/@\"'<>]{0,64}):(?P<password>[^\s/@\"'<>]{3,128})@[\w\[]"
)
_NO_PASSWORD = re.compile(
    r"(?i)[${}%*()]|^(?:pass|passwd|password|pwd|pw|secret|token|user|username|admin|root|postgres|guest|test|foo|bar|hunter2"
    r"|\.{3}|x+|[0-9]{1,5})\d{0,4}$"
)


def in_text(text: str) -> Iterator[Hit]:
    """Both kinds."""
    if "=" in text:
        small = text.lower()
        if "signature=" in small or "sign=" in small or "sig=" in small:
            yield from _signed(text)
    if "://" in text and "@" in text:
        yield from _with_password(text)


def _signed(text: str) -> Iterator[Hit]:
    """Queries with a signature and, beside it, a key or a time: whoever has the text can send the request."""
    for found in _SIGNED.finditer(text):
        value = found[1]
        floor = max(found.start() - _FURTHEST, 0)
        before = _BEFORE.search(text[floor : found.start()])
        start = floor + before.start() if before else found.start()
        whole = text[start : found.end()]
        if any(letter.isdigit() for letter in value) and not is_placeholder(value) and _BESIDE.search(whole):
            yield Hit("signed-url", "a signed request address", start, found.end(), Confidence.HIGH)


def _with_password(text: str) -> Iterator[Hit]:
    """``https://user:password@host``, unless the password is a variable or one of the words that samples use."""
    for found in _PASSWORD.finditer(text):
        password = found["password"]
        if not _NO_PASSWORD.search(password) and password.lower() != found["user"].lower():
            what = "an address with a password in it"
            yield Hit("url-password", what, found.start(), found.end() - 1, Confidence.MEDIUM)
