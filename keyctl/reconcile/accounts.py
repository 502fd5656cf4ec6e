"""What is wrong with an account as such: not wholly seen, undeclared sub-accounts, keyctl's own credential."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.model.account import Account
from keyctl.model.app import KEYCTL
from keyctl.model.finding import Finding
from keyctl.model.identifier import Identifier
from keyctl.model.live import AccountSnapshot, Coverage, SubAccount
from keyctl.model.observed import Known
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile import wording
from keyctl.reconcile.telling import tell


def account_findings(registry: Registry, tombstones: Tombstones, seen: AccountSnapshot) -> Iterator[Finding]:
    """Pure, in a fixed order."""
    declared = registry.accounts[seen.account]
    if seen.coverage is Coverage.INCOMPLETE:
        yield tell("account-incomplete", wording.incomplete(seen), account=declared, place=declared.place)
    if seen.credential is not None:
        yield from _credential(registry, tombstones, declared, seen.credential)
    if isinstance(seen.subaccounts, Known):
        for listed in seen.subaccounts.value:
            match = _declared_as(registry, declared, listed)
            if match is None or match.closed is not None:
                words = wording.undeclared_subaccount(seen, listed, match)
                place = match.place if match else declared.place
                yield tell("subaccount-undeclared", words, account=declared, place=place)


def _declared_as(registry: Registry, parent: Account, listed: SubAccount) -> Account | None:
    """The account that a listed sub-account is declared as. One with a credential of its own names no parent: it is
    known by its uid."""
    others = [account for account in registry.accounts.values() if account.name != parent.name]
    children = [account for account in others if account.parent == parent.name]
    system = (parent.exchange, parent.environment)
    found = [
        *(child for child in children if listed.uid in (child.uid, child.subaccount)),
        *(child for child in children if child.subaccount == listed.name),
        *(a for a in others if a.uid == listed.uid and (a.exchange, a.environment) == system),
    ]
    return found[0] if found else None


def _credential(
    registry: Registry, tombstones: Tombstones, account: Account, credential: Identifier
) -> Iterator[Finding]:
    tombstone = tombstones.find(credential)
    if tombstone is not None:
        words = wording.revoked_credential(account, credential, tombstone)
        yield tell("credential-revoked", words, account=account, place=tombstone.place)
        return
    holder = next((key for key in registry.keys.values() if credential in key.living), None)
    if holder is None or holder.owner != KEYCTL:
        words = wording.undeclared_credential(account, credential, holder)
        place = holder.place if holder else account.place
        yield tell("credential-undeclared", words, key=holder, account=account, place=place)
