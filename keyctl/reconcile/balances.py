"""What lies in the accounts of a group: asked after their keys, and whatever happens here leaves those as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from keyctl.exchanges.errors import ExchangeError
from keyctl.exchanges.transport import Transport
from keyctl.model.account import Account
from keyctl.model.balance import Balance
from keyctl.model.live import AccountSnapshot
from keyctl.model.names import AccountName
from keyctl.model.observed import Known, NotObservable, Observed
from keyctl.secrets.sources import Credential

if TYPE_CHECKING:
    from keyctl.reconcile.group import Group


async def with_balances(
    group: Group,
    transport: Transport,
    credential: Credential,
    unreadable: Mapping[AccountName, str],
    snapshots: Iterable[AccountSnapshot],
) -> tuple[AccountSnapshot, ...]:
    """The group's accounts with what lies in those that are to be asked; ``unreadable`` says why one can't be."""
    accounts = {account.name: account for account in (group.root, *group.children)}

    async def weighed(seen: AccountSnapshot) -> AccountSnapshot:
        if seen.account not in group.balances:
            return seen
        problem = unreadable.get(seen.account)
        if problem is not None:
            return replace(seen, balances=NotObservable(group.redactor.scrub(problem)))
        return replace(seen, balances=await _asked(group, transport, credential, accounts[seen.account]))

    return tuple(await asyncio.gather(*(weighed(seen) for seen in snapshots)))


async def _asked(group: Group, transport: Transport, credential: Credential, account: Account) -> Observed[Balance]:
    subaccount = None if account.name == group.root.name else account.subaccount or account.uid
    try:
        return Known(await group.reader.balance(transport, subaccount, group.quotes))
    except ExchangeError as error:
        return NotObservable(group.words(error, credential))
    except Exception as error:  # noqa: BLE001 - a fault of keyctl's own, or a plug-in that knows no balances: the keys count
        return NotObservable(f"keyctl itself failed: {type(error).__name__}; report this")
