"""Why a store of secrets did not do what it was asked: one kind of failure for whoever delivers and whoever fetches."""

from __future__ import annotations

from enum import StrEnum


class Trouble(StrEnum):
    """What went wrong. Only ``ABSENT`` says that something is not there (law 4)."""

    ABSENT = "absent"
    DENIED = "denied"
    TAKEN = "taken"
    """Something of that name is there already, and was left as it is."""
    UNREACHABLE = "unreachable"
    """No answer: whether what was asked for was done is not known."""
    OTHER = "other"


class StoreError(Exception):
    """A store refused, or can't be used. ``message`` and ``remedy`` are for people and hold no secret, nor what the
    store's server said word by word. It is raised outside any ``except`` block, as ``keyctl.exchanges.errors`` says."""

    def __init__(self, message: str, remedy: str, trouble: Trouble = Trouble.OTHER) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.trouble = trouble

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}"
