"""Mnemonics after BIP-39: 12, 15, 18, 21 or 24 words of one list, the last of which carries a checksum.

https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import ascii_letters

from keyctl.model.finding import Confidence
from keyctl.policy.secrets.hit import Hit

LENGTHS = (24, 21, 18, 15, 12)
_SHORTEST = 47
"""Twelve words of three letters with a separator between any two."""

_INSIDE = (ascii_letters + " \t\r\n,-#\"'0123456789.").encode()
_TABLE = bytes(ord("a") if byte in _INSIDE else ord(" ") for byte in range(256))
_SMALL = bytes(ord(chr(byte).lower()) if chr(byte) in ascii_letters else ord(" ") for byte in range(256))
_WANTED = b"a" * _SHORTEST
_WORD = re.compile(r"[A-Za-z]+")
_ENOUGH = b"\1" * LENGTHS[-1]


def in_text(text: str, raw: bytes) -> Iterator[Hit]:
    """Twelve or more words of the list in a row, however they are listed: in a line, one a line, quoted, numbered.

    ``raw`` is the text with one byte a character. HIGH where a checksum fits, else MEDIUM: a word may be mistyped, or
    the words be of another scheme (Electrum).
    """
    flat = raw.translate(_TABLE)
    start = flat.find(_WANTED)
    if start < 0:
        return
    small = raw.translate(_SMALL)
    places = _places()
    while start >= 0:
        end = flat.find(b" ", start)
        end = len(flat) if end < 0 else end
        listed = bytes(map(places.__contains__, small[start:end].split()))
        if _ENOUGH in listed:
            yield from _in_part(text, start, end)
        start = flat.find(_WANTED, end)


def _in_part(text: str, start: int, end: int) -> Iterator[Hit]:
    places = _places()
    chain: list[tuple[int, int, int]] = []
    for word in _WORD.finditer(text, start, end):
        place = places.get(word[0].lower().encode("ascii"))
        if place is None:
            yield from _judged(chain)
            chain = []
        else:
            chain.append((place, word.start(), word.end()))
    yield from _judged(chain)


def _judged(chain: Sequence[tuple[int, int, int]]) -> Iterator[Hit]:
    if len(chain) < LENGTHS[-1]:
        return
    numbers = [place for place, _, _ in chain]
    # Command lines repeat a few words (get, put, post, method); the lot rarely draws a word twice.
    varied = len(set(numbers)) >= 0.8 * len(numbers)
    fits = any(
        is_checked(numbers[first : first + length]) for length in LENGTHS for first in range(len(numbers) - length + 1)
    )
    if not fits and not varied:
        return
    confidence = Confidence.HIGH if fits else Confidence.MEDIUM
    yield Hit("mnemonic", "the words of a wallet's mnemonic", chain[0][1], chain[-1][2], confidence)


def is_checked(places: Sequence[int]) -> bool:
    """Whether the last bits are the first bits of the hash of the others; ``places`` are positions in the list."""
    number = 0
    for place in places:
        number = number << 11 | place
    checksum = len(places) // 3
    entropy = (number >> checksum).to_bytes(checksum * 4)
    return sha256(entropy).digest()[0] >> (8 - checksum) == number & ((1 << checksum) - 1)


@cache
def words() -> tuple[str, ...]:
    """The English list, in its order."""
    return tuple(Path(__file__).with_name("bip39_english.txt").read_text(encoding="ascii").split())


@cache
def _places() -> Mapping[bytes, int]:
    return {word.encode("ascii"): place for place, word in enumerate(words())}
