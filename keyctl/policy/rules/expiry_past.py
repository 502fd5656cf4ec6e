"""A key past its last day leaves the registry's living."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.model.times import end_of
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    key = case.key
    if key.expires is None or key.identifier is None or case.world.now < end_of(key.expires):
        return ()
    return (Breach(f"{key.name} was to live until {key.expires}, and its id is not revoked", ("expires",)),)


RULE = PolicyRule(
    name="expiry-past",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="A key is past its last day, and its id is not revoked.",
    reason="Until its id is revoked, an edit of one date would bring it back.",
    remedy="delete it at the exchange and list its id under revoked; if the app still needs a key, issue a new one",
    check=check,
    quiet_after=("expired",),
)
