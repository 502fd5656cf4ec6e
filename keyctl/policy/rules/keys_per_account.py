"""One key an app and account."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import KEYCTL
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule

_MOST = 5


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. keyctl's own reading and writing credentials are meant to be two."""
    if case.key.owner == KEYCTL:
        return ()
    own = case.world.keys_by_owner.get((case.account.name, case.key.owner), ())
    name = case.key.name
    if len(own) < 2 or name not in own:  # a key past its last day is none that counts
        return ()
    others = [one for one in own[: _MOST + 1] if one != name][:_MOST]
    more = len(own) - 1 - len(others)
    told = ", ".join(others) + (f" and {more} more" if more else "")
    return (Breach(f"{case.app.name} has {name} and {told} on {case.account.name}", ("account",)),)


RULE = PolicyRule(
    name="keys-per-account",
    about=Subject.KEY,
    base=Severity.INFO,
    strict=Severity.WARNING,
    meaning="An app has two keys on one account.",
    reason="Two keys are two chances to leak, and when one is revoked nobody is sure which part of the app stops.",
    remedy="let the app use one key, or declare its parts as apps of their own",
    check=check,
    others="the other keys of its account",
)
