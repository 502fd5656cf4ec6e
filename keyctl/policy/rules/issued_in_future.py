"""A day of issue that has not come."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    issued, today = case.key.issued, case.world.today
    if issued is None or issued <= today:
        return ()
    return (Breach(f"{case.key.name} was issued on {issued}, and today is {today} (UTC)", ("issued",)),)


RULE = PolicyRule(
    name="issued-in-future",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="A key's day of issue has not come yet.",
    reason="Its life is counted from that day, so a later one lets it live longer than it may.",
    remedy="write the day on which the exchange issued it",
    check=check,
)
