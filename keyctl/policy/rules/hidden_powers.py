"""Powers that no right shows."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import KEYCTL
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. A sub-account's key is spared: the powers are those of masters' keys, or of single rights."""
    venue = case.venue
    if venue is None or not venue.may_also or case.key.owner == KEYCTL or case.account.parent is not None:
        return ()
    told = "; ".join(venue.may_also)
    return (Breach(f"{case.key.name} is on {case.account.name}, no sub-account of another: {told}", ("scopes",)),)


RULE = PolicyRule(
    name="hidden-powers",
    about=Subject.KEY,
    base=None,
    strict=Severity.WARNING,
    meaning="A key may have powers that its rights do not show.",
    reason="What the exchange lets such keys do beyond their rights is in its documentation only.",
    remedy="move the app to a sub-account, or accept it with a waiver that says so",
    check=check,
)
