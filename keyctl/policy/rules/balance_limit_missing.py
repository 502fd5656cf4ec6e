"""An account that is set apart for a third party says how much may lie there."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import Kind
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import AccountCase, Breach, Parameters, PolicyRule


def check(case: AccountCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    account = case.account
    app = case.world.registry.apps.get(account.dedicated_to) if account.dedicated_to else None
    if app is None or app.kind is not Kind.THIRD_PARTY or account.max_balance:
        return ()
    return (Breach(f"nothing says how much may lie on {account.name}, which is for the third party {app.name}"),)


RULE = PolicyRule(
    name="balance-limit-missing",
    about=Subject.ACCOUNT,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="Nothing says how much may lie on an account that is dedicated to a third party.",
    reason="What lies there is what can be lost through the third party.",
    remedy="write max_balance: {USD: 500}, say; reconcile --balances holds it against what lies there",
    check=check,
)
