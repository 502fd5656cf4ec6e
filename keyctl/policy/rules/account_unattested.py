"""What an account says of its login was looked at by a person."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.account import Account, Environment
from keyctl.model.finding import Severity
from keyctl.model.policy import Policy, Subject
from keyctl.model.vouching import account_fault
from keyctl.policy.rule import AccountCase, Breach, Parameter, Parameters, PolicyRule
from keyctl.policy.settings import parameters_of


def check(case: AccountCase, parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    account = case.account
    said = " and ".join(name for name in ("two_factor", "email") if getattr(account, name) is not None)
    if not said or account.environment is not Environment.LIVE:
        return ()
    if account.attested is None:
        return (Breach(f"{account.name} says {said}, and nobody has attested it", (said.split()[0],)),)
    fault = account_fault(account, case.world.today, parameters["days"])
    return () if fault is None else (Breach(f"{account.name}: its attestation {fault}", ("attested", "on")),)


def oldest(policy: Policy, account: Account) -> int | None:
    """How many days old an account's attestation may be by a policy."""
    return parameters_of(RULE, policy, account.exchange, account.name, None)["days"]


RULE = PolicyRule(
    name="account-unattested",
    about=Subject.ACCOUNT,
    base=None,
    strict=Severity.WARNING,
    meaning="Nobody has vouched lately for what an account says of its second factor and its e-mail address.",
    reason="No API shows them, so a file that says totp proves nothing by itself.",
    remedy="look at the exchange's page, then 'exchange-keyctl attest --account' it",
    check=check,
    parameters=(Parameter("days", "the most days since somebody looked", 180, 180),),
)
