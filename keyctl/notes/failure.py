"""Why somebody could not be told."""

from __future__ import annotations


class NotTold(Exception):
    """Nothing was posted or sent. It never decides a run's exit status, and it never holds a secret.

    ``message`` says what happened, ``remedy`` what to do next. ``passing`` is for what may go by itself; ``wait`` is
    how many seconds the other side asked to be left alone, None where it did not say.
    """

    def __init__(self, message: str, remedy: str, *, passing: bool = False, wait: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.passing = passing
        self.wait = wait


def waiting(retry_after: str | None) -> float | None:
    """The seconds of a Retry-After header; None for none and for a date.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    return float(retry_after) if retry_after is not None and retry_after.strip().isdecimal() else None
