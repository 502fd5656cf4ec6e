"""Base64 that looks like secrets and is none: certificates, public keys, pictures, what sops has encrypted."""

from __future__ import annotations

import re

from keyctl.policy.secrets.runs import Token

_PUBLIC = re.compile(
    r"-----BEGIN (?P<label>(?![A-Z0-9 ]*PRIVATE KEY)[A-Z0-9 ]{3,40})-----.{0,20000}?-----END (?P=label)-----", re.DOTALL
)
_ENCRYPTED = re.compile(r"ENC\[AES256_GCM,[^\]\n]{0,20000}\]")  # https://getsops.io/docs/
_ALONE = re.compile(r"[\s#|>\"'-]*")
_LINE = re.compile(r"[\s#\"'-]*[A-Za-z0-9+/]{40,}={0,2}[\"',\s]*")


def public(text: str) -> list[tuple[int, int]]:
    """Where armoured blocks lie that are no private keys, and values that sops encrypted."""
    spans = []
    if "-----BEGIN " in text:
        spans += [found.span() for found in _PUBLIC.finditer(text)]
    if "ENC[AES256_GCM," in text:
        spans += [found.span() for found in _ENCRYPTED.finditer(text)]
    return spans


def is_line_of_one(text: str, token: Token) -> bool:
    """Whether the run stands alone on its line and the line before or after it is another such run: Base64 that was
    broken into lines. A list of keys has a name or another line between any two."""
    begin = text.rfind("\n", 0, token.start) + 1
    finish = text.find("\n", token.end)
    finish = len(text) if finish < 0 else finish
    if not _ALONE.fullmatch(text, begin, token.start) or not _ALONE.fullmatch(text[token.end : finish].strip("=,")):
        return False
    above = text[text.rfind("\n", 0, max(begin - 1, 0)) + 1 : max(begin - 1, 0)]
    after = text.find("\n", finish + 1)
    below = text[finish + 1 : after if after >= 0 else len(text)]
    return bool(_LINE.fullmatch(above) or _LINE.fullmatch(below))
