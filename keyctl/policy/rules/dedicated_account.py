"""A dedicated account holds one app's keys."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import KEYCTL
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. keyctl's own keys may be anywhere: it reads every account."""
    meant = case.account.dedicated_to
    if meant is None or case.key.owner in (meant, KEYCTL):
        return ()
    message = f"{case.key.name} of {case.app.name} is on {case.account.name}, which is dedicated to {meant}"
    return (Breach(message, ("account",)),)


RULE = PolicyRule(
    name="dedicated-account",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="A key is on an account that is dedicated to another app.",
    reason="The account was set apart so that one app's loss stays that app's.",
    remedy="move the key to another account",
    check=check,
)
