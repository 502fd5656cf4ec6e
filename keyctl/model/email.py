"""E-mail addresses by their fingerprints: two accounts with one address are found, and git holds no address.

Two spellings of one address have one fingerprint. Which spellings are one is for the mail server to say; letter case is
taken for nothing everywhere, and a tag behind a plus sign makes another address.
"""

from __future__ import annotations

import hmac
import re
from hashlib import sha256
from unicodedata import normalize

SHORTEST_KEY = 16
_LOCAL = re.compile(r"[^\s@\"(),:;<>\[\]\\.]+(?:\.[^\s@\"(),:;<>\[\]\\.]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_KEPT = frozenset("ßς")
"""Letters of their own since IDNA 2008, which the older form in the standard library would replace."""


class EmailError(ValueError):
    """The text is no address; the message never repeats it."""


def normal(text: str) -> str:
    """The one spelling of an address. Raises EmailError."""
    folded = normalize("NFKC", normalize("NFKC", text.strip()).lower())
    local, at, domain = folded.rpartition("@")
    if not at or not folded.isprintable() or not _LOCAL.fullmatch(local) or len(local.encode("utf-8")) > 64:
        raise EmailError("that is no e-mail address such as desk@firm.example, alone on one line")
    return f"{local}@{_domain(domain)}"


def fingerprint(text: str, key: str | None = None) -> str:
    """The fingerprint of an address as accounts have it; with a key only who has the key can try addresses. Raises
    EmailError, also for a key that is too short."""
    address = normal(text).encode("utf-8")
    if key is None:
        return "sha256:" + sha256(address).hexdigest()
    if len(key) < SHORTEST_KEY:
        raise EmailError(f"the key has less than {SHORTEST_KEY} characters")
    return "hmac-sha256:" + hmac.new(key.encode("utf-8", "surrogateescape"), address, "sha256").hexdigest()


def _domain(text: str) -> str:
    """In ASCII, as the domain name system has it."""
    labels = [_ascii(label) for label in text.replace("。", ".").split(".")]
    named = ".".join(labels)
    if len(labels) < 2 or len(named) > 253 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        raise EmailError("what stands behind the @ is no domain such as firm.example")
    return named


def _ascii(label: str) -> str:
    try:
        if label.isascii():
            return label
        coded = b"xn--" + label.encode("punycode") if _KEPT & set(label) else label.encode("idna")
        return coded.decode("ascii")
    except UnicodeError:
        raise EmailError("what stands behind the @ is no domain such as firm.example") from None
