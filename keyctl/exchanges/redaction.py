"""The last line of defence: no text for people leaves with a secret in it, whatever put it there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

SHORTEST = 4
HIDDEN = "[redacted]"


class Redactor:
    """Knows the secrets in play and takes them out of messages, also percent-encoded or JSON-escaped, and each longer
    line of those that have several (PEM). Texts under 4 characters are no secrets that could be kept."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._shapes: list[str] = []
        self._lock = threading.Lock()
        self.learn(*secrets)

    def learn(self, *secrets: str) -> None:
        """Further secrets: those of keys that were made, or fetched, meanwhile; from any thread."""
        shapes: set[str] = set()
        for secret in secrets:
            for part in (secret, secret.strip(), *(line.strip() for line in secret.splitlines() if len(line) >= 16)):
                shapes |= {part, quote(part, safe=""), quote_plus(part), json.dumps(part)[1:-1]}
        with self._lock:
            shapes |= set(self._shapes)
            self._shapes = sorted((shape for shape in shapes if len(shape) >= SHORTEST), key=len, reverse=True)

    def scrub(self, text: str) -> str:
        """The text without any secret."""
        for shape in self._shapes:
            text = text.replace(shape, HIDDEN)
        return text
