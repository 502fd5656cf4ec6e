"""Room for new keys."""

from __future__ import annotations

from collections.abc import Collection

from keyctl.exchanges.declaration import Declaration
from keyctl.model.live import LiveKey


def free_slots(declaration: Declaration, live_keys: Collection[LiveKey]) -> int | None:
    """How many keys an account can still get, by its whole listing; None where the exchange documents no limit."""
    most = declaration.limits.max_keys
    return None if most is None else max(0, most - len(live_keys))
