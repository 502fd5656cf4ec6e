"""Long runs of the characters that keys and secrets are made of: what every form without a mark of its own starts from.

Most files have no such run. One translation of the text into two letters and one search decide that, both in C and
faster than any regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_letters, digits

SHORTEST = 24
LONGEST_PATH = 128
"""Of a longer run, and of one with ``+``, the pieces count for nothing: it is Base64, no path with a secret in it."""

_IN, _OUT = b"a", b" "
_INSIDE = (ascii_letters + digits + "+/_-").encode()
_TABLE = bytes(_IN[0] if byte in _INSIDE else _OUT[0] for byte in range(256))
_WANTED = _IN * SHORTEST
_PIECES = re.compile(r"[A-Za-z0-9_-]+")
_DIGEST = re.compile(r"(?i)(?:sha-?(?:1|224|256|384|512)|md5):\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_PUBLIC = re.compile(
    r"sha(?:1|256|384|512)-[A-Za-z0-9+/]+"  # subresource integrity
    r"|AAAA[BCE][A-Za-z0-9+/]+"  # the body of an SSH public key: RFC 4253, section 6.6
    r"|age1[02-9ac-hj-np-z]{58}"  # an age recipient: C2SP, age.md
    r"|0x[0-9a-fA-F]{40}"  # an address
    r"|[0-9a-fA-F]{40}"  # a git object
)


@dataclass(frozen=True, slots=True)
class Token:
    """A run, or a piece of one between slashes; ``whole`` tells which. ``padding`` counts the ``=`` after it."""

    text: str
    start: int
    end: int
    whole: bool
    padding: int


def one_byte_each(text: str) -> bytes:
    """The text with one byte a character, so that offsets stay; whatever is no ASCII becomes ``?``."""
    return text.encode("ascii", "replace")


def tokens(text: str, raw: bytes) -> list[Token]:
    """Every run of at least 24 characters that is not of a public form, and each long piece of it.
    ``raw`` is the text with one byte a character."""
    flat = raw.translate(_TABLE)
    start = flat.find(_WANTED)
    return list(_tokens(text, flat, start)) if start >= 0 else []


def _tokens(text: str, flat: bytes, start: int) -> Iterator[Token]:
    while start >= 0:
        end = flat.find(_OUT, start)
        if end < 0:
            end = len(flat)
        run = text[start:end]
        if not _is_public(text, run, start):
            padding = 2 if text.startswith("==", end) else 1 if text.startswith("=", end) else 0
            yield Token(run, start, end, True, padding)
            if "/" in run and "+" not in run and len(run) <= LONGEST_PATH:
                for piece in _PIECES.finditer(run):
                    inner = piece[0]
                    if len(inner) >= SHORTEST and not _UUID.fullmatch(inner) and not _PUBLIC.fullmatch(inner):
                        last = start + piece.end()
                        yield Token(inner, start + piece.start(), last, False, padding if last == end else 0)
        start = flat.find(_WANTED, end)


def _is_public(text: str, run: str, start: int) -> bool:
    if start and text[start - 1] == ":" and _DIGEST.search(text[max(start - 8, 0) : start]):
        return True
    return bool(_UUID.fullmatch(run) or _PUBLIC.fullmatch(run))
