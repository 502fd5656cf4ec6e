"""What the line around a text says that it is."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"(?i)secret(?!.{0,3}name)|passphrase|passwo?r?d|private.?key|api.?key|access.?key|credential|token(?!iz)|mnemonic"
)
_DIGEST = re.compile(
    r"(?i)sha-?\d|md5|hash|digest|checksum|integrity|commit|revision|imphash|fingerprint|thumbprint|etag|guid|uuid"
    r"|root|block|\btx|transaction|signature|address|public.?key|pubkey"
)


def line_before(text: str, start: int) -> str:
    """What stands before an offset on its line, at most 120 characters."""
    begin = max(text.rfind("\n", 0, start) + 1, start - 120)
    return text[begin:start]


def says_secret(text: str, start: int) -> bool:
    """The words before the offset name a secret, and not a digest."""
    before = line_before(text, start)
    return _SECRET.search(before) is not None and _DIGEST.search(before) is None


def says_digest(text: str, start: int) -> bool:
    """The words before the offset name a digest or something else that is public."""
    return _DIGEST.search(line_before(text, start)) is not None
