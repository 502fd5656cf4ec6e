"""Where a venue lets a wallet approve agents, an app uses one instead of a long-lived key."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.app import KEYCTL, Access
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. An id that is no address is no agent; one that is known by its fingerprint alone is judged by
    what its app says of itself."""
    agents = case.venue.wallet_agents if case.venue is not None else None
    if agents is None or case.key.owner == KEYCTL:
        return ()
    name, app, current = case.key.name, case.app, case.key.identifier
    instead = f"the venue lets a wallet approve instead: {agents.kind}"
    if current is not None and current.text is not None:
        is_agent = current.text.startswith("0x")
        return () if is_agent else (Breach(f"{name} of {app.name} is a long-lived key; {instead}", ("id",)),)
    if app.access is Access.KEY:
        return (Breach(f"{app.name}, which has {name}, signs with no wallet; {instead}", ("owner",)),)
    return ()


RULE = PolicyRule(
    name="wallet-over-key",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="An app uses a long-lived key where the venue offers agents that a wallet signs.",
    reason="An agent's secret is made by the app itself and never travels; the wallet approves it for a while and takes"
    " the approval back.",
    remedy="approve an agent with the wallet, declare the app with access: wallet, and revoke the key",
    check=check,
)
