"""A channel that takes messages: the receiving end of apprise's ``json://`` targets.

https://github.com/caronc/apprise/wiki/Notify_Custom_JSON: a POST whose JSON has version, title, message, type.
"""

from __future__ import annotations

from tests.notes.answering import Answer, Double, Request, canary


class Channel(Double):
    """Takes everything, and keeps it in order."""

    def __init__(self) -> None:
        super().__init__()
        self.token = canary("channel token")

    def target(self) -> str:
        """What KEYCTL_NOTIFY holds for it: an URL with a token in its path."""
        return f"{self.url.replace('http://', 'json://')}/{self.token}"

    def answer(self, request: Request) -> Answer:
        if request.method != "POST" or request.path.rstrip("/") != f"/{self.token}":
            return Answer(404)
        return Answer(200, {})

    def messages(self) -> list[tuple[str, str]]:
        """Title and text of each."""
        return [(str(one.json()["title"]), str(one.json()["message"])) for one in self.asked]
