"""What a run finds out by acting: an exchange that took a request and did something else."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from keyctl.model.attempt import Attempt
from keyctl.model.finding import Finding, Risk, Severity
from keyctl.model.registry import Registry
from keyctl.reconcile import wording
from keyctl.reconcile.telling import tell


def not_as_sent(registry: Registry, attempts: Collection[Attempt]) -> Iterator[Finding]:
    """Each field of a key that was read back otherwise than it was sent; an error where the key can do more."""
    for attempt in attempts:
        action = attempt.action
        key = registry.keys.get(action.key) if action.key is not None else None
        if key is None:
            continue
        account = registry.accounts[action.account]
        for change in attempt.changes:
            severity = Severity.ERROR if change.risk is Risk.ESCALATION else None
            words = wording.not_as_sent(key, account, change)
            yield tell("not-as-sent", words, key=key, account=account, place=key.place, severity=severity)
