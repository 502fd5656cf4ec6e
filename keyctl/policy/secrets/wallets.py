"""Private keys of wallets in Base58Check: the checksum makes them certain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

from keyctl.model.finding import Confidence
from keyctl.policy.secrets.hit import Hit
from keyctl.policy.secrets.runs import Token

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGIT = {letter: value for value, letter in enumerate(_ALPHABET)}
_EXTENDED = re.compile(r"[xyztuvYZ]prv[1-9A-HJ-NP-Za-km-z]{107}")
_WIF = re.compile(r"[5KL9c][1-9A-HJ-NP-Za-km-z]{50,51}")


def in_token(token: Token) -> Iterator[Hit]:
    """BIP-32 extended private keys (https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki) and single keys in
    wallet import format (https://en.bitcoin.it/wiki/Wallet_import_format)."""
    if _EXTENDED.fullmatch(token.text) and _is_checked(token.text, 78):
        yield Hit("wallet-key", "an extended private key of a wallet", token.start, token.end, Confidence.HIGH)
    elif _WIF.fullmatch(token.text) and (_is_checked(token.text, 33) or _is_checked(token.text, 34)):
        yield Hit("wallet-key", "a private key of a wallet", token.start, token.end, Confidence.HIGH)


def _is_checked(text: str, length: int) -> bool:
    """Whether the text is Base58Check of so many bytes."""
    number = 0
    for letter in text:
        number = number * 58 + _DIGIT[letter]
    if number.bit_length() > 8 * (length + 4):
        return False
    raw = number.to_bytes(length + 4)
    return sha256(sha256(raw[:-4]).digest()).digest()[:4] == raw[-4:]
