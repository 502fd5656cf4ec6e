"""What a declaration says about giving access at an exchange."""

from __future__ import annotations

from collections.abc import Iterable

from keyctl.exchanges.declaration import Capability, Declaration, Holder
from keyctl.model.account import Account
from keyctl.model.scopes import ScopeSet


def shows_subaccounts(venue: Declaration) -> bool:
    """Whether there are sub-accounts of whose keys keyctl can have a list: masters and sub-accounts are told apart, in
    what can be asked or in what a right opens."""
    apart = venue.master_capabilities is not None or any(right.holder is not Holder.ANY for right in venue.rights)
    return venue.asked and Capability.LIST in venue.capabilities and apart


def reads_by_parent(venue: Declaration) -> bool:
    """Whether a parent's credential lists its sub-accounts' keys; else a sub-account is read with one of its own, and
    its entry names no parent."""
    return venue.master_capabilities is not None


def is_here(account: Account, venue: Declaration) -> bool:
    """Whether an account is open and at this exchange, by whichever name of its family."""
    return account.closed is None and account.exchange in (venue.id, *venue.family)


def natives(venue: Declaration, scopes: ScopeSet, *, subaccount: bool) -> tuple[str, ...]:
    """The exchange's own names of the rights that give these scopes and no more; those that only read are left out."""
    holders = (Holder.ANY, Holder.SUBACCOUNT if subaccount else Holder.MASTER)
    meant = [
        right.native
        for right in venue.rights
        if right.settable and right.holder in holders and right.scopes <= scopes and right.scopes - venue.implicit
    ]
    return tuple(dict.fromkeys(meant))


def listed(words: Iterable[str]) -> str:
    """Words for people: ``a, b or c``."""
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last
