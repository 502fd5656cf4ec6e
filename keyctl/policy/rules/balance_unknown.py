"""An account with a limit whose balance could not be read."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.live import NOT_ASKED_FOR
from keyctl.model.observed import NotObservable
from keyctl.model.policy import Subject
from keyctl.policy.rule import AccountCase, Breach, Parameters, PolicyRule


def check(case: AccountCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. Without ``--balances`` nothing was asked, and nothing is said."""
    if case.seen is None or not case.account.max_balance:
        return ()
    balances = case.seen.balances
    if not isinstance(balances, NotObservable) or balances == NOT_ASKED_FOR:
        return ()
    return (Breach(f"what lies on {case.account.name} could not be read: {balances.reason}", ("max_balance",)),)


RULE = PolicyRule(
    name="balance-unknown",
    about=Subject.ACCOUNT,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="What lies on an account with a limit could not be read.",
    reason="Unknown is not within the limit.",
    remedy="mend the cause and run reconcile --balances again; or look at the exchange's page",
    check=check,
    live=True,
)
