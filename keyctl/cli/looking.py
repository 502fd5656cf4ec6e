"""What commands that ask the exchanges have in common."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyctl.exchanges.transport import Watch
    from keyctl.model.account import Account
    from keyctl.model.live import Snapshot
    from keyctl.model.registry import Registry
    from keyctl.reconcile.desired import Desired
    from keyctl.reconcile.narrowing import Narrowing


def look(
    desired: Desired,
    only: Narrowing | None = None,
    progress: Callable[[str], None] | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    balances: bool = False,
    watch: Callable[[Account], Watch] | None = None,
) -> Callable[[Registry], Snapshot]:
    """Asks the exchanges about a registry with the credentials of an environment, by default this process's;
    ``balances`` asks also what lies in the accounts that have a ``max_balance``, ``watch`` is told of each request."""
    from keyctl.reconcile.observe import observe
    from keyctl.secrets.sources import Credentials

    def ask(declared: Registry) -> Snapshot:
        return observe(
            declared,
            credentials=Credentials.from_environ(environ),
            tombstones=desired.tombstones,
            sandbox=environ.get("KEYCTL_SANDBOX"),
            clock=lambda: datetime.now(UTC),
            only=only.accounts(declared) if only else None,
            balances=balances,
            progress=progress,
            watch=watch,
        )

    return ask
