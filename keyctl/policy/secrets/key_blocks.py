"""Private keys that are written out: PEM, OpenSSH, PGP and PuTTY blocks, encrypted wallet files."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator

from keyctl.model.finding import Confidence
from keyctl.policy.secrets.hit import Hit

_HEAD = re.compile(r"-----BEGIN (PGP |OPENSSH |RSA |EC |DSA |ENCRYPTED |SSH2 ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(r"[A-Za-z0-9+/=]{32,}")
_FURTHEST = 20_000
_NEAR = 200
"""Where a block has no end, its body must begin within so many characters: comments speak of heads alone."""

_ENCODED_MARK = "LS0tLS1CRUdJTi"
_ENCODED = re.compile(_ENCODED_MARK + r"[A-Za-z0-9+/]{50,}={0,2}")
_PUTTY = "PuTTY-User-Key-File-"
_KEYSTORE = re.compile(r"[\"']?ciphertext[\"']?\s*:\s*[\"']?[0-9a-fA-F]{64}")


def in_text(text: str) -> Iterator[Hit]:
    """Blocks with a body, also where the whole block is Base64 once more, as in Kubernetes' secrets."""
    if "PRIVATE KEY" in text:
        yield from _blocks(text)
    if _ENCODED_MARK in text:
        for found in _ENCODED.finditer(text):
            if b"PRIVATE KEY" in b64decode(found[0][:64]):
                yield Hit("private-key", "a PEM private key in Base64", found.start(), found.end(), Confidence.HIGH)
    if _PUTTY in text and "Private-Lines:" in text:
        yield Hit("private-key", "a PuTTY private key", text.index(_PUTTY), len(text), Confidence.HIGH)
    if "ciphertext" in text and "kdf" in text:
        for found in _KEYSTORE.finditer(text):
            yield Hit("keystore", "an encrypted wallet file", found.start(), found.end(), Confidence.HIGH)


def _blocks(text: str) -> Iterator[Hit]:
    for found in _HEAD.finditer(text):
        name = {"OPENSSH ": "an OpenSSH", "PGP ": "a PGP"}.get(found[1], "a PEM")
        following = text.find("-----BEGIN", found.end())
        limit = min(found.end() + _FURTHEST, following if following >= 0 else len(text))
        closing = _END.search(text, found.end(), limit)
        body = _BODY.search(text, found.end(), closing.start() if closing else min(limit, found.end() + _NEAR))
        if body is not None:
            end = closing.end() if closing else body.end()
            yield Hit("private-key", f"{name} private key", found.start(), end, Confidence.HIGH)
