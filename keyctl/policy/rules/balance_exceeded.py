"""No more lies on an account than may."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.balance import Excess, amount, excess
from keyctl.model.finding import Severity
from keyctl.model.observed import Known
from keyctl.model.policy import Subject
from keyctl.policy.rule import AccountCase, Breach, Parameters, PolicyRule


def check(case: AccountCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. An account whose balance could not be read is ``balance-unknown``'s business."""
    if case.seen is None or not isinstance(case.seen.balances, Known):
        return ()
    balance = case.seen.balances.value
    name, by = case.account.name, balance.priced_by
    return [
        Breach(_words(name, one, by), ("max_balance", one.currency), severity=None if one.certain else Severity.WARNING)
        for one in excess(balance, case.account.max_balance)
    ]


def _words(name: str, one: Excess, by: str) -> str:
    told = f"{amount(one.amount)} {one.currency}"
    unpriced = ", ".join(f"{amount(holding.amount)} {holding.asset}" for holding in one.unpriced)
    told += f", and {unpriced} for which there is no price, lie on {name}" if unpriced else f" lie on {name}"
    told += f" (at {by})" if one.currency == "USD" and by else ""
    limit = f"{amount(one.limit)} {one.currency}"
    return f"{told}; {limit} may" if one.certain else f"{told}: whether {limit} are exceeded is not known"


RULE = PolicyRule(
    name="balance-exceeded",
    about=Subject.ACCOUNT,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="More lies on an account than may.",
    reason="What lies there is what can be lost through the app that the account was set apart for.",
    remedy="move what is too much to another account, or raise max_balance in a change that somebody reviews",
    check=check,
    live=True,
)
