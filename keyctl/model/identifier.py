"""The public identifier of a credential, by its text or by its fingerprint."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import NewType

Fingerprint = NewType("Fingerprint", str)
"""``sha256:`` and the hex SHA-256 of an identifier's bytes. It equates; it does not conceal."""

LONGEST = 512
_TEXT = re.compile(r"[!-~]+")
_ADDRESS = re.compile(r"0[xX][0-9a-fA-F]{32,64}")
"""Of 20 bytes, or of 32 whose leading zeros may be left out: https://github.com/ethereum/ercs/blob/master/ERCS/erc-55.md
and ``docs/exchanges/paradex.md``."""
_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")


class IdentifierError(ValueError):
    """The text can't be an identifier nor a fingerprint; the message says why."""


def fingerprint_of(text: str) -> Fingerprint:
    """The fingerprint of an identifier that is already in canonical form."""
    return Fingerprint("sha256:" + sha256(text.encode("ascii")).hexdigest())


def shortened(text: str) -> str:
    """What documents show of an identifier: its first four characters."""
    return text[:4] + "…" if len(text) > 4 else text


@dataclass(frozen=True, slots=True, eq=False)
class Identifier:
    """One credential's identifier. Two are equal when their fingerprints are, whichever way each was written.

    ``text`` is None where only the fingerprint is known. ``folded`` is the fingerprint of the lower-cased text: an
    identifier that differs from a revoked one by letter case only is blocked like it, and a snapshot, which holds no
    text, must still be able to tell.
    """

    fingerprint: Fingerprint
    text: str | None
    folded: Fingerprint | None
    display: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identifier) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    @classmethod
    def of_text(cls, text: str) -> Identifier:
        """From the identifier as the exchange shows it; addresses and public keys (``0x`` and hex digits) are
        lower-cased first. Other ids may begin so by chance, and their letter case counts: calls name a key by it."""
        if len(text) > LONGEST or not _TEXT.fullmatch(text):
            raise IdentifierError(f"an id is 1 to {LONGEST} printable ASCII characters without white space")
        if _ADDRESS.fullmatch(text):
            text = text.lower()
        exact = fingerprint_of(text)
        lowered = text.lower()
        folded = exact if lowered == text else fingerprint_of(lowered)
        return cls(exact, text, folded, shortened(text))

    @classmethod
    def of_fingerprint(cls, text: str) -> Identifier:
        """From ``sha256:`` and 64 lower-case hex digits."""
        if not _FINGERPRINT.fullmatch(text):
            raise IdentifierError("a fingerprint is 'sha256:' and 64 lower-case hex digits")
        return cls(Fingerprint(text), None, None, text[:11] + "…")

    @classmethod
    def parse(cls, text: str) -> Identifier:
        """From either form, as people write it in a registry."""
        return cls.of_fingerprint(text) if text.startswith("sha256:") else cls.of_text(text)


UNSAID = Identifier(Fingerprint(""), None, None, "")
"""Stands for the identifier of a key whose description does not name it: only who asked knows which key it is about."""
