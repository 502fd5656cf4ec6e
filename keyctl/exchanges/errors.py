"""Why an exchange did not answer a question: one taxonomy for all of them.

An error carries words for people and nothing else. It never holds a header, a signed URL or a secret, and it is raised
outside any ``except`` block, so that neither ``__cause__`` nor ``__context__`` keeps a library's error alive (law 5).
"""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """What went wrong. Only ``NOT_FOUND`` says that something does not exist (law 4)."""

    CREDENTIAL_INVALID = "credential-invalid"
    IP_REFUSED = "ip-refused"
    PERMISSION_DENIED = "permission-denied"
    RATE_LIMITED = "rate-limited"
    CLOCK_SKEW = "clock-skew"
    NOT_FOUND = "not-found"
    TWO_FACTOR = "two-factor"
    TRANSPORT = "transport"
    MALFORMED = "malformed"


class ExchangeError(Exception):
    """One question that was not answered.

    ``causes`` has one member, or several where the exchange's answer does not tell which of them it is. ``code`` is the
    exchange's own code as text, None where the answer had none. ``message`` and ``remedy`` are for people.
    ``retry_after`` is in seconds, where the answer says when to come again.

    ``documented`` says that the exchange answered something that its documentation explains, and ``unsent`` that the
    question was never sent; ``surely_not_done`` judges by them.
    """

    def __init__(
        self,
        causes: Cause | tuple[Cause, ...],
        message: str,
        remedy: str,
        *,
        code: str | None = None,
        retry_after: float | None = None,
        documented: bool = False,
        unsent: bool = False,
    ) -> None:
        self.causes: tuple[Cause, ...] = (causes,) if isinstance(causes, Cause) else causes
        self.message = message
        self.remedy = remedy
        self.code = code
        self.retry_after = retry_after
        self.documented = documented
        self.unsent = unsent
        super().__init__(message)

    @property
    def cause(self) -> str:
        """The cause in words: its name, or ``cannot tell which of …``."""
        if len(self.causes) == 1:
            return self.causes[0].value
        return "cannot tell which of " + ", ".join(cause.value for cause in self.causes)

    def is_only(self, cause: Cause) -> bool:
        """True when this is certainly the cause."""
        return self.causes == (cause,)

    def __str__(self) -> str:
        return f"{self.cause}: {self.message}; {self.remedy}"


class Malformed(ExchangeError):
    """An answer that is not what the exchange documents. ``field`` is its path; the found value is never shown."""

    def __init__(self, field: str, expected: str, found: str) -> None:
        self.field = field
        super().__init__(
            Cause.MALFORMED,
            f"the answer is not as documented: {field}: expected {expected}, found {found}",
            "run again; if it stays, the exchange has changed its answers and keyctl must learn the new ones",
        )


def surely_not_done(error: ExchangeError) -> bool:
    """Whether a call that changes something has certainly changed nothing.

    True in two cases only: nothing was sent (``unsent``), or the exchange gave an answer that its documentation
    explains as a refusal, in the place of doing what it was asked: a code with a meaning in the declaration, or the
    demand for a second factor. False for everything else, since the exchange may have done it before the answer was
    lost: no connection, no answer in time, HTTP 5xx, an answer that is damaged, of another form, or has a code that
    nobody explains, and documented codes that say that the exchange itself does not know (cause ``transport``). The way
    on from there is to look, never to send again.
    """
    return error.unsent or (error.documented and Cause.TRANSPORT not in error.causes)
