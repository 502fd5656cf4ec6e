"""A replaced id is gone by the day that its file names."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.model.times import end_of
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    retiring = case.key.retiring
    if retiring is None or case.world.now < end_of(retiring.until):
        return ()
    message = (
        f"{retiring.identifier.display}, the retiring id of {case.key.name}, was to be revoked by {retiring.until}"
    )
    return (Breach(message, ("retiring", "until")),)


RULE = PolicyRule(
    name="retiring-past",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="A replaced id is still declared after the day it should have been revoked.",
    reason="Two live ids are two chances to leak; the old one is the one that more people know.",
    remedy="delete it at the exchange and list it under revoked",
    check=check,
    quiet_after=("retiring-overdue",),
)
