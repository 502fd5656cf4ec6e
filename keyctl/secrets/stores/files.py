"""Files that hold a secret."""

from __future__ import annotations

import stat
from pathlib import Path

from keyctl.secrets.failure import StoreError, Trouble

LARGEST = 1_000_000
"""Bytes; more than any secret has."""
_OTHERS = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP


def private(file: Path, what: str) -> bytes:
    """What is in a file that others than its owner may neither write nor read, its group excepted for reading. Raises
    StoreError."""
    found = content(file, what)
    if file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
        raise StoreError(f"{what} may be read or written by others", "chmod 0400")
    return found


def content(file: Path, what: str) -> bytes:
    """What is in a file. Raises StoreError, which does not repeat its path."""
    if not file.is_absolute():
        raise StoreError(f"{what} is no absolute path", "write it from / on")
    problem, trouble = "", Trouble.OTHER
    try:
        if file.is_file():
            with file.open("rb") as opened:
                found = opened.read(LARGEST + 1)
            if len(found) <= LARGEST:
                return found
            problem = f"is larger than {LARGEST} bytes"
        else:
            problem, trouble = "is not there", Trouble.ABSENT
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
    raise StoreError(f"{what} {problem}", "see that the user that runs keyctl may read it", trouble)
