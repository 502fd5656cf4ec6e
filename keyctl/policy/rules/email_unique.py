"""No two accounts share an e-mail address."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import AccountCase, Breach, Parameters, PolicyRule


def check(case: AccountCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. Addresses that were hashed with and without the deployment's secret can't be compared."""
    account = case.account
    if account.email is None:
        return ()
    same = sorted(name for name in case.world.accounts_by_email[account.email] if name != account.name)
    found = []
    if same:
        found.append(Breach(f"{account.name} has the same e-mail address as {', '.join(same)}", ("email",)))
    if account.email.startswith("sha256:") and case.world.keyed_emails:
        message = f"the e-mail address of {account.name} was hashed without the secret that others were hashed with"
        found.append(Breach(message, ("email",), remedy="make it again where KEYCTL_EMAIL_KEY is set"))
    return found


RULE = PolicyRule(
    name="email-unique",
    about=Subject.ACCOUNT,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="Two accounts have the same e-mail address.",
    reason="Who takes over one mailbox takes over every account that can be reset with it.",
    remedy="give each account an address of its own, an alias will do, and write its fingerprint into email:"
    " ('exchange-keyctl fingerprint --email')",
    check=check,
    others="the other accounts",
)
