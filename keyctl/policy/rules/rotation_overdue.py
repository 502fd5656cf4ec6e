"""Keys are replaced before they are old."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameter, Parameters, PolicyRule


def check(case: KeyCase, parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    key, longest = case.key, parameters["days"]
    if key.identifier is None or key.issued is None or longest is None:
        return ()
    age = (case.world.today - key.issued).days
    if age <= longest:
        return ()
    return (
        Breach(f"{key.name} was issued {age} days ago, on {key.issued}; keys are rotated after {longest}", ("issued",)),
    )


RULE = PolicyRule(
    name="rotation-overdue",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="A key is older than keys may get.",
    reason="Renewing a key's last day does not make it safer; only a new one is known to nobody else.",
    remedy="issue a new key, let the old one retire, then revoke it",
    check=check,
    parameters=(Parameter("days", "the most days since the current id was issued", 365, 180),),
)
