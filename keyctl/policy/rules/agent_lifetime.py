"""Agents that a wallet approves live no longer than their venue lets them."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``."""
    agents = case.venue.wallet_agents if case.venue is not None else None
    key = case.key
    if agents is None or agents.max_days is None or key.expires is None:
        return ()
    lives = (key.expires - (key.issued or case.world.today)).days
    if lives <= agents.max_days:
        return ()
    message = f"{key.name} is to live {lives} days, and the venue approves agents for {agents.max_days} at most"
    return (Breach(message, ("expires",)),)


RULE = PolicyRule(
    name="agent-lifetime",
    about=Subject.KEY,
    base=Severity.WARNING,
    strict=Severity.ERROR,
    meaning="An agent's file lets it live longer than its venue does.",
    reason="The approval ends before the file says so, and the app stops on a day that nobody has in the calendar.",
    remedy="write a last day within the venue's limit, and approve another agent before it comes",
    check=check,
)
