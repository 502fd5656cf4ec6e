"""Rate limits: at most so many requests in any second, or any other time."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable
from dataclasses import dataclass

WINDOW_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a request was let through, how many more would be now, and in how many seconds one place is free."""

    admitted: bool
    remaining: int
    free_in: float


class SlidingWindows:
    """One sliding window for each thing that is limited."""

    def __init__(self) -> None:
        self._times: defaultdict[Hashable, deque[float]] = defaultdict(deque)

    def admit(self, what: Hashable, limit: int, ticks: float, seconds: float = WINDOW_SECONDS) -> Admission:
        """Count one request at ``ticks`` (a monotonic clock in seconds) unless the window of ``seconds`` is full."""
        times = self._times[what]
        while times and times[0] <= ticks - seconds:
            times.popleft()
        admitted = len(times) < limit
        if admitted:
            times.append(ticks)
        return Admission(admitted, limit - len(times), times[0] + seconds - ticks)
