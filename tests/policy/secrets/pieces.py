"""Texts with invented secrets, built while the tests run, so that no file of the project holds one.

``fill("token: «{alnum:36}»", "name")`` draws 36 letters and digits from the seed ``name``; ``{}`` is nothing, and keeps
a mark apart that a scanner of this repository would stop at; ``«»`` says what a hit covers.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

from keyctl.policy.secrets.mnemonic import words

_PIECE = re.compile(r"(?<!\$)\{(?:(?P<name>[a-zA-Z0-9]+)(?::(?P<size>\d+))?)?\}")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"


def _from(alphabet: str) -> Callable[[Random, int], str]:
    return lambda draw, size: "".join(draw.choices(alphabet, k=size))


def base58check(raw: bytes) -> str:
    """As wallets write keys."""
    number = int.from_bytes(raw + sha256(sha256(raw).digest()).digest()[:4])
    letters = ""
    while number:
        number, rest = divmod(number, 58)
        letters = _BASE58[rest] + letters
    return letters


def mnemonic(entropy: bytes) -> str:
    """The words of 16, 20, 24, 28 or 32 bytes."""
    checksum = len(entropy) // 4
    number = int.from_bytes(entropy) << checksum | sha256(entropy).digest()[0] >> (8 - checksum)
    count = (len(entropy) * 8 + checksum) // 11
    return " ".join(words()[number >> 11 * place & 2047] for place in reversed(range(count)))


def _uuid(draw: Random, _size: int) -> str:
    return "-".join(_from("0123456789abcdef")(draw, size) for size in (8, 4, 4, 4, 12))


def _lines(draw: Random, size: int) -> str:
    return "\n".join(b64encode(draw.randbytes(48)).decode() for _ in range(size))


_MAKERS: dict[str, Callable[[Random, int], str]] = {
    "alnum": _from(ascii_letters + digits),
    "letters": _from(ascii_letters),
    "small": _from(ascii_lowercase + digits),
    "capitals": _from(ascii_uppercase + "234567"),
    "url": _from(ascii_letters + digits + "-_"),
    "hex": _from("0123456789abcdef"),
    "HEX": _from("0123456789ABCDEF"),
    "digits": lambda draw, size: str(draw.randrange(10 ** (size - 1), 10**size)),
    "bech32": _from(_BECH32),
    "recipient": _from(_BECH32.lower()),
    "base58": _from(_BASE58),
    "base64": lambda draw, size: b64encode(draw.randbytes(size)).decode(),
    "lines": _lines,
    "uuid": _uuid,
    "wif": lambda draw, _size: base58check(b"\x80" + draw.randbytes(32) + b"\x01"),
    "wif5": lambda draw, _size: base58check(b"\x80" + draw.randbytes(32)),
    "xprv": lambda draw, _size: base58check(bytes.fromhex("0488ade4") + draw.randbytes(74)),
    "mnemonic": lambda draw, size: mnemonic(draw.randbytes(size * 4 // 3)),
}


def fill(template: str, seed: str) -> tuple[str, tuple[str, ...]]:
    """The text, and the parts of it that hits cover."""
    draw = Random(seed)

    def piece(found: re.Match[str]) -> str:
        return _MAKERS[found["name"]](draw, int(found["size"] or 0)) if found["name"] else ""

    text = _PIECE.sub(piece, template)
    return re.sub("[«»]", "", text), tuple(re.findall("«(.*?)»", text, re.DOTALL))
