"""A key has no right that its app does not need."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import KEYCTL
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.model.scopes import READ, in_order
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    needs, scopes = case.app.needs, case.key.scopes
    if not needs or scopes <= needs or case.app.name == KEYCTL:
        return ()
    beyond = ", ".join(in_order(scopes - needs - {READ}))
    if not beyond:  # reading comes with any key at most exchanges
        return ()
    message = f"{case.key.name} has {beyond}, which {case.app.name} does not need (needs: {', '.join(in_order(needs))})"
    return (Breach(message, ("scopes",)),)


RULE = PolicyRule(
    name="least-scope",
    about=Subject.KEY,
    base=Severity.ERROR,
    strict=Severity.ERROR,
    meaning="A key has a right that its app does not need.",
    reason="A right that nobody uses serves only whoever steals the key.",
    remedy="take the right from the key, or add it to the app's needs in registry/apps.yaml if it really needs it",
    check=check,
)
