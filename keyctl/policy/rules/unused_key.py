"""A key that nobody uses."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import KEYCTL
from keyctl.model.finding import Severity
from keyctl.model.observed import Absent, Known
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameter, Parameters, PolicyRule


def check(case: KeyCase, parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. keyctl's own calls never count as use, so its own keys are spared. What an exchange does not
    report is not taken for no use."""
    live, longest = case.live, parameters["days"]
    if live is None or longest is None or case.key.owner == KEYCTL:
        return ()
    name, now = case.key.name, case.world.now
    match live.last_used_at:
        case Known(last):
            idle = (now - last).days
            return (Breach(f"{name} was last used {idle} days ago, on {last.date()}"),) if idle > longest else ()
        case Absent() if isinstance(live.created_at, Known) and (now - live.created_at.value).days > longest:
            return (Breach(f"{name} was never used since it was created on {live.created_at.value.date()}"),)
    return ()


RULE = PolicyRule(
    name="unused-key",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="A key was not used for a long time.",
    reason="Nobody would notice if it were used by somebody else.",
    remedy="ask its owner; if nobody needs it, delete it at the exchange and list its id under revoked",
    check=check,
    parameters=(Parameter("days", "the most days since its last use", 90, 30),),
    live=True,
)
