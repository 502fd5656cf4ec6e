"""Identifiers and secrets of simulated keys, made from names: every process that reads a scenario makes the same.

Only the identifiers of keys that are created while an exchange runs are made by chance; the state keeps those.
"""

from __future__ import annotations

from hashlib import sha256
from secrets import choice
from string import ascii_letters, digits

CANARY = "canary-"
"""Every invented secret starts with this: a search of files and logs for it shows whether one got out."""

_ALPHABET = ascii_letters + digits
ID_LENGTH = 18


def invented_secret(scenario: str, key_id: str) -> str:
    """`CANARY` and 32 hex digits."""
    return CANARY + sha256(f"secret\n{scenario}\n{key_id}".encode()).hexdigest()[:32]


def invented_passphrase(scenario: str, key_id: str) -> str:
    """`CANARY`, 23 hex digits, and what makes up a capital, a digit and the 32 characters that exchanges allow."""
    return CANARY + sha256(f"passphrase\n{scenario}\n{key_id}".encode()).hexdigest()[:23] + "A1"


def invented_id(scenario: str, key_name: str) -> str:
    """Eighteen letters and digits, as Bybit's look."""
    number = int.from_bytes(sha256(f"id\n{scenario}\n{key_name}".encode()).digest())
    letters = []
    for _ in range(ID_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return "".join(letters)


def fresh_id() -> str:
    """The same form, for a key that is created while the exchange runs: by chance, so that no id ever comes again."""
    return "".join(choice(_ALPHABET) for _ in range(ID_LENGTH))
