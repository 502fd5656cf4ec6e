"""Findings about keys and accounts as values."""

from __future__ import annotations

from keyctl.model.account import Account
from keyctl.model.finding import Finding, Severity
from keyctl.model.key import Key
from keyctl.model.place import Place
from keyctl.model.rules import found
from keyctl.reconcile.wording import Words


def tell(
    rule: str,
    words: Words,
    *,
    account: Account | None,
    place: Place | None,
    key: Key | None = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding by a rule of the table in these words."""
    message, remedy = words
    return found(
        rule,
        message,
        remedy,
        key=key.name if key else None,
        account=account.name if account else None,
        place=place,
        severity=severity,
    )
