"""People log in with a second factor that can't be talked out of them."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.account import SecondFactor
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import AccountCase, Breach, Parameters, PolicyRule


def check(case: AccountCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    account = case.account
    match account.two_factor:
        case SecondFactor.SMS:
            return (Breach(f"people log in to {account.name} with a code by SMS", ("two_factor",)),)
        case SecondFactor.NONE:
            return (Breach(f"people log in to {account.name} without a second factor", ("two_factor",)),)
    return ()


RULE = PolicyRule(
    name="two-factor",
    about=Subject.ACCOUNT,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="People log in to an account without a second factor, or with one by SMS.",
    reason="A stolen password, or a phone number moved to another card by fraud, is then enough to make new keys.",
    remedy="set up an authenticator app, a hardware key or a passkey at the exchange, and write it into two_factor",
    check=check,
)
