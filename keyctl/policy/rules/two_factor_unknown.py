"""An account that people log in to says with which second factor."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.account import Environment
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import AccountCase, Breach, Parameters, PolicyRule


def check(case: AccountCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. A sub-account that its parent administers need not have a login."""
    account = case.account
    if account.two_factor is not None or account.parent is not None or account.environment is not Environment.LIVE:
        return ()
    return (Breach(f"{account.name} does not say with which second factor people log in"),)


RULE = PolicyRule(
    name="two-factor-unknown",
    about=Subject.ACCOUNT,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="Nothing says with which second factor people log in to an account.",
    reason="No API shows it, so unless somebody looked, nobody knows whether there is one.",
    remedy="look at the exchange's page, and write two_factor: totp, hardware or passkey",
    check=check,
)
