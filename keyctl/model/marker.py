"""The marker that a created key carries in its label, so that a crash can't orphan it."""

from __future__ import annotations

import re
from base64 import b32encode
from hashlib import sha256

from keyctl.model.names import KeyName

LENGTH = 15
_MARKER = re.compile(r"(?<![0-9A-Za-z])kc[a-z2-7]{13}(?![0-9A-Za-z])")


def marker(registry_id: str, key: KeyName, generation: int) -> str:
    """``kc`` and 13 lower-case base32 characters of SHA-256 over registry id, key name and generation.

    The generation counts the ids that the key has or had: 0 for a key that was never issued.
    """
    digest = sha256(f"{registry_id}\n{key}\n{generation}".encode()).digest()
    return "kc" + b32encode(digest).decode("ascii").lower()[:13]


def markers_in(label: str) -> tuple[str, ...]:
    """Every marker that stands in a label as a word of its own, in order."""
    return tuple(_MARKER.findall(label))
