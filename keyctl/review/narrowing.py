"""A review about some keys, apps, accounts or exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from keyctl.model.finding import Severity, exit_reasons
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.refusal import Refusal
from keyctl.model.review import Review
from keyctl.review.run import Reviewed


def narrowed_review(reviewed: Reviewed, terms: Sequence[tuple[str, str]], fail_on: Severity) -> Review:
    """Only what is about one of the ``(kind, name)`` terms, and whatever blocks or fails the whole range.

    Raises Refusal for a name that neither the head nor any row has.
    """
    review, registry = reviewed.review, reviewed.registry

    def exchange(account: AccountName | None) -> str | None:
        return registry.accounts[account].exchange if account is not None and account in registry.accounts else None

    def about(key: KeyName | None, owner: AppName | None, account: AccountName | None) -> bool:
        named = (("key", key), ("app", owner), ("account", account), ("exchange", exchange(account)))
        return any(term in terms for term in named)

    changes = tuple(one for one in review.changes if about(one.key, one.owner, one.account))
    tombstones = tuple(one for one in review.tombstones if about(one.key, one.owner, one.account))
    kept = {one.key for one in changes}
    owners = {name: key.owner for name, key in registry.keys.items()}
    findings = tuple(
        one
        for one in review.findings
        if one.consequence is not None or about(one.key, owners.get(one.key) if one.key else None, one.account)
    )
    known: dict[str, Iterable[str | None]] = {
        "key": {*registry.keys, *(one.key for one in review.changes)},
        "app": {*registry.apps, *(one.owner for one in review.changes)},
        "account": {*registry.accounts, *(one.account for one in review.changes)},
        "exchange": {account.exchange for account in registry.accounts.values()},
    }
    for kind, name in terms:
        if name not in set(known[kind]):
            there = ", ".join(sorted(filter(None, known[kind]))[:20]) or "none"
            raise Refusal(f"--only {kind}={name}: no such {kind} is declared", f"declared are {there}")
    return replace(
        review,
        partial=True,
        changes=changes,
        shared=tuple(edit for edit in review.shared if kept.intersection(edit.keys)),
        tombstones=tombstones,
        findings=findings,
        exit_reasons=exit_reasons(findings, fail_on),
    )
