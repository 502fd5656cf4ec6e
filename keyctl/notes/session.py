"""The forge that notes go to: one server, over TLS, without following anybody anywhere."""

from __future__ import annotations

from keyctl.notes.failure import NotTold
from keyctl.secrets.pinned import plain_address, session

__all__ = ["PAGES", "PER_PAGE", "TIMEOUT", "server", "session"]

TIMEOUT = 15.0
"""Seconds to connect, and between two parts of an answer."""
PER_PAGE = 100
"""The most that both forges give at once."""
PAGES = 100
"""More notes than this many pages hold are not searched."""


def server(url: str, variable: str) -> str:
    """The address without a final slash. Raises NotTold for all but https, and http on this machine (for tests)."""
    found = plain_address(url)
    if found is None:
        raise NotTold(f"{variable} is no https address without user and query", "the CI sets it; leave it as it is")
    return found
