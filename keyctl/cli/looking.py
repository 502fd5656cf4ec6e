"""What commands that ask the exchanges have in common."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyctl.model.live import Snapshot
    from keyctl.model.registry import Registry
    from keyctl.reconcile.desired import Desired
    from keyctl.reconcile.narrowing import Narrowing


def look(desired: Desired, only: Narrowing, progress: Callable[[str], None]) -> Callable[[Registry], Snapshot]:
    """Asks the exchanges about a registry with the credentials of this process's environment."""
    from keyctl.reconcile.observe import observe
    from keyctl.secrets.sources import Credentials

    def ask(declared: Registry) -> Snapshot:
        return observe(
            declared,
            credentials=Credentials.from_environ(os.environ),
            tombstones=desired.tombstones,
            sandbox=os.environ.get("KEYCTL_SANDBOX"),
            clock=lambda: datetime.now(UTC),
            only=only.accounts(declared),
            progress=progress,
        )

    return ask
