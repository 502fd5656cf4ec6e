"""An app that uses keys says what it needs."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import KEYCTL
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import AppCase, Breach, Parameters, PolicyRule


def check(case: AppCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    app = case.app
    if app.needs or app.name == KEYCTL or app.name not in case.world.owners:
        return ()
    return (Breach(f"{app.name} has keys, and nothing says what rights it needs"),)


RULE = PolicyRule(
    name="needs-unknown",
    about=Subject.APP,
    base=Severity.INFO,
    strict=Severity.ERROR,
    meaning="Nothing says what rights an app needs.",
    reason="Without it nobody can tell whether its keys have too many.",
    remedy="add needs: [read, …] to the app in registry/apps.yaml",
    check=check,
    others="the keys that the app owns",
)
