"""Asking again, for reads only: what may pass by itself is tried a bounded number of times."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TypeVar

from keyctl.exchanges.errors import Cause, ExchangeError

T = TypeVar("T")
LONGEST_WAIT = 10.0
"""An exchange that wants a longer wait, in seconds, is not waited for."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one question may take: seconds for an answer, attempts, seconds before the second attempt (then twice
    as many). ``random`` gives numbers from 0 to 1."""

    timeout: float = 10.0
    attempts: int = 3
    first_pause: float = 0.5
    random: Callable[[], float] = field(default_factory=lambda: SystemRandom().random)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def pause(self, attempt: int, error: ExchangeError) -> float | None:
        """Seconds to wait after a failed attempt (from 0), None to give up."""
        passing = error.is_only(Cause.TRANSPORT) or error.is_only(Cause.RATE_LIMITED)
        if not passing or attempt + 1 >= self.attempts:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after < LONGEST_WAIT else None
        return float(self.first_pause * 2**attempt * (0.5 + self.random() / 2))


async def retrying(
    ask: Callable[[], Awaitable[T]], patience: Patience, hold: Callable[[float], None] = lambda _seconds: None
) -> T:
    """The answer, or the last error. ``hold`` is told of each pause after a rate-limited answer."""
    attempt = 0
    while True:
        failure: ExchangeError
        try:
            return await ask()
        except ExchangeError as error:
            failure = error
        pause = patience.pause(attempt, failure)
        if pause is None:
            raise failure
        if failure.is_only(Cause.RATE_LIMITED):
            hold(pause)
        await patience.sleep(pause)
        attempt += 1
