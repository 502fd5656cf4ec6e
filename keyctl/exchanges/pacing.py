"""Staying under an exchange's rate limits: every call reserves its moment, then sleeps once until it has come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

MARGIN = 1.05
"""Requests are this much further apart than the limit asks, since networks bunch them up."""
UNDOCUMENTED_PER_SECOND = 1.0


class Pace:
    """The calls of one rate scope: one account's uid, or this machine's address, at one exchange.

    ``clock`` counts seconds from anywhere, ``sleep`` waits for seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._next: dict[str, float] = {}
        self._held_until = float("-inf")

    async def turn(self, name: str, per_second: float | None) -> None:
        """Return when a call under the limit called ``name`` may go out. None: an undocumented limit."""
        now = self._clock()
        at = max(now, self._next.get(name, now), self._held_until)
        self._next[name] = at + MARGIN / (per_second or UNDOCUMENTED_PER_SECOND)
        if at > now:
            await self._sleep(at - now)

    def hold(self, seconds: float) -> None:
        """Let nothing that has not reserved its moment yet go out for a while: the exchange said it was too much."""
        self._held_until = max(self._held_until, self._clock() + seconds)
