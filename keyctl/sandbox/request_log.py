"""What was asked of the simulated exchanges, so that a test can prove what was not."""

from __future__ import annotations

from dataclasses import asdict, dataclass

UNANSWERED = 0
"""The status of a request whose connection was closed without an answer."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, without its query, headers and body; ``write`` says whether such a request may change anything."""

    exchange: str
    method: str
    path: str
    write: bool
    status: int


class RequestLog:
    """Every request so far, in the order of the answers."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)

    def document(self) -> list[dict[str, object]]:
        """For the control port."""
        return [asdict(entry) for entry in self._entries]
