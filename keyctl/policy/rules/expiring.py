"""Keys near their last day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from keyctl.model.finding import Severity
from keyctl.model.key import Key
from keyctl.model.names import ExchangeId
from keyctl.model.policy import Policy, Subject
from keyctl.model.times import end_of
from keyctl.policy.rule import Breach, KeyCase, Looser, Parameter, Parameters, PolicyRule
from keyctl.policy.settings import parameters_of


def check(case: KeyCase, parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    key = case.key
    if key.expires is None or key.identifier is None:
        return ()
    left = (end_of(key.expires) - case.world.now).total_seconds() / 86400
    warn, critical = parameters["warn_days"], parameters["critical_days"]
    if left <= 0 or ((warn is None or left > warn) and (critical is None or left > critical)):
        return ()
    soon = critical is not None and left <= critical
    whole = int(left)
    told = "less than a day is left" if whole < 1 else "1 day is left" if whole == 1 else f"{whole} days are left"
    return (
        Breach(
            f"{key.name} expires on {key.expires}: {told}",
            ("expires",),
            severity=None if soon else Severity.WARNING,
        ),
    )


def window(policy: Policy, exchange: ExchangeId | None, key: Key) -> timedelta:
    """How long before its end a declared key counts as expiring by a policy, whether or not the rule is silent."""
    parameters = parameters_of(RULE, policy, exchange, key.account, key.owner)
    return timedelta(days=max(parameters["warn_days"] or 0, parameters["critical_days"] or 0))


RULE = PolicyRule(
    name="expiring",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="A key is near its last day: a warning first, then as bad as the rule says.",
    reason="A key that ends while its app trades leaves open positions that nobody manages.",
    remedy="rotate it, or renew it if the owner still needs it ('exchange-keyctl renew')",
    check=check,
    parameters=(
        Parameter("warn_days", "from how many days before on it is a warning", 14, 30, Looser.LOWER),
        Parameter("critical_days", "from how many days before on it has the rule's severity", 3, 7, Looser.LOWER),
    ),
    quiet_after=("missing", "expired"),
)
