"""Rate limits by credits: a pool for each account, that calls empty and time fills."""

from __future__ import annotations

MOST, COST, A_SECOND = 50_000.0, 500.0, 10_000.0


class Credits:
    """The pools by account name; they are full at first."""

    def __init__(self) -> None:
        self._pools: dict[str, tuple[float, float]] = {}

    def spend(self, account: str, ticks: float) -> bool:
        """Pay for one call at ``ticks`` (a monotonic clock in seconds); False if there is not enough."""
        left, at = self._pools.get(account, (MOST, ticks))
        left = min(MOST, left + max(0.0, ticks - at) * A_SECOND)
        paid = left >= COST
        self._pools[account] = (left - COST if paid else left, ticks)
        return paid
