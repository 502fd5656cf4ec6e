"""Progress of long work, on stderr, and only where somebody watches."""

from __future__ import annotations

import sys


class Progress:
    """One line that is written over on a terminal; silent elsewhere, so that logs stay readable."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._last = 0

    def say(self, text: str) -> None:
        """Replace the line."""
        if self._shown:
            sys.stderr.write("\r" + text[:78].ljust(self._last))
            sys.stderr.flush()
            self._last = len(text[:78])

    def commits(self, done: int, total: int | None) -> None:
        """Progress of a walk through history."""
        self.say(f"history: {done} commits" if total is None else f"history: {done} of {total} commits")

    def done(self) -> None:
        """Clear the line."""
        if self._shown and self._last:
            sys.stderr.write("\r" + " " * self._last + "\r")
            sys.stderr.flush()
            self._last = 0
