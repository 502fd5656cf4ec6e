"""An account that people log in to says which address it has."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.account import Environment
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import AccountCase, Breach, Parameters, PolicyRule


def check(case: AccountCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. A sub-account that its parent administers need not have an address."""
    account = case.account
    if account.email is not None or account.parent is not None or account.environment is not Environment.LIVE:
        return ()
    return (Breach(f"{account.name} does not say which e-mail address it has"),)


RULE = PolicyRule(
    name="email-missing",
    about=Subject.ACCOUNT,
    base=Severity.INFO,
    strict=Severity.WARNING,
    meaning="Nothing says which e-mail address an account has.",
    reason="Whether two accounts share one can't be told.",
    remedy="write email: with the address's fingerprint ('exchange-keyctl fingerprint --email')",
    check=check,
)
