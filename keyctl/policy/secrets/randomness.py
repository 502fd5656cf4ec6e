"""Whether a text looks as if a machine had drawn its characters by lot."""

from __future__ import annotations

import re
from math import log2

_CHANGES = re.compile(r"[a-z]+|[A-Z]+|[0-9]+|[^A-Za-z0-9]+")
_CAPITAL, _SMALL, _DIGIT = re.compile(r"[A-Z]"), re.compile(r"[a-z]"), re.compile(r"[0-9]")
_PLACEHOLDER = re.compile(r"(?i)example|sample|dummy|placeholder|your[_-]|changeme|redacted|x{6}|0{8}|1234567|abcdef")


def entropy(text: str) -> float:
    """Shannon entropy in bits a character; 0 for an empty text."""
    if not text:
        return 0.0
    shares = [text.count(letter) / len(text) for letter in set(text)]
    return -sum(share * log2(share) for share in shares)


def is_placeholder(text: str) -> bool:
    """Whether the text says of itself that it is none, or has too few different characters to be one."""
    return len(set(text)) < 8 or _PLACEHOLDER.search(text) is not None


def looks_drawn(text: str) -> bool:
    """Three classes of characters that alternate as lots do.

    In a text of random letters and digits about six of ten neighbours are of different classes, in names and words
    (``ListBucketsV2Response``) two or three of ten.
    """
    capitals, small, digits = (len(found.findall(text)) for found in (_CAPITAL, _SMALL, _DIGIT))
    if digits == 0 or min(capitals, small) < len(text) / 6 or is_placeholder(text):
        return False
    changes = len(_CHANGES.findall(text)) - 1
    return changes >= 0.38 * (len(text) - 1) and entropy(text) >= 0.8 * log2(min(len(text), 64))


def is_drawn_hex(text: str) -> bool:
    """Hex digits with at least ten different ones, of letters and figures."""
    return len(set(text.lower())) >= 10 and not text.isdigit() and not text.isalpha() and not is_placeholder(text)
