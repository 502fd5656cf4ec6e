"""Keys that an exchange lets die by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from keyctl.model.expiry import Condition, applies
from keyctl.model.finding import Confidence, Severity
from keyctl.model.policy import Subject
from keyctl.model.scopes import READ
from keyctl.policy.rule import Breach, KeyCase, Looser, Parameter, Parameters, PolicyRule


def check(case: KeyCase, parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. From the file alone: where the exchange was asked, ``expires-early`` knows better."""
    key, venue = case.key, case.venue
    if venue is None or key.identifier is None:
        return ()
    found = []
    for rule in venue.implicit_expiry:
        if rule.condition is Condition.IDLE_WITHOUT_IP_LIST and key.ips.unrestricted and key.scopes - {READ}:
            found.append(
                Breach(
                    f"{key.name}: {rule.effect}, {rule.days} days {rule.condition.since}, unless {rule.unless}",
                    ("ips",),
                )
            )
        elif key.issued is not None and applies(rule.condition, key.ips):
            end = key.issued + timedelta(days=rule.days)
            left = (end - case.world.today).days
            if key.expires is not None and key.expires < end:
                continue
            when = f"on {end.day} {end:%B %Y}, " + (f"in {left} days," if left >= 0 else f"{-left} days ago,")
            soon = parameters["days"] is None or left <= (parameters["days"] or 0)
            found.append(
                Breach(
                    f"{key.name}: {rule.effect} {when} {rule.days} days {rule.condition.since}, unless {rule.unless}",
                    ("ips",),
                    severity=None if soon else Severity.INFO,
                )
            )
    return found


RULE = PolicyRule(
    name="implicit-expiry",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.WARNING,
    meaning="The exchange ends a key, or takes a right from it, by itself.",
    reason="The app would stop on a day that nobody has in the calendar.",
    remedy="do what keeps it alive, or write an earlier last day into its file",
    check=check,
    confidence=Confidence.MEDIUM,
    parameters=(Parameter("days", "from how many days before on it has the rule's severity", 30, 60, Looser.LOWER),),
    quiet_after=("expires-early",),
)
