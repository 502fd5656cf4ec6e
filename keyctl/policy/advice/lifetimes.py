"""How long the key lives: shortly, and never longer than the policy allows."""

from __future__ import annotations

from datetime import date, timedelta

from keyctl.exchanges.declaration import Declaration
from keyctl.model.account import Account
from keyctl.model.app import App
from keyctl.model.policy import Policy
from keyctl.model.refusal import Refusal
from keyctl.model.scopes import READ, Scope, ScopeSet
from keyctl.policy.advice.advice import Choice
from keyctl.policy.rules.max_lifetime import RULE, kind, longest_of
from keyctl.policy.settings import parameters_of

DAYS = 90
"""A key's life where nobody says otherwise and nothing is stricter."""
_EACH_KIND: tuple[ScopeSet, ...] = (
    frozenset({READ}),
    frozenset({Scope("trade.spot")}),
    frozenset({Scope("transfer.internal")}),
)


def choose(
    policy: Policy,
    app: App,
    account: Account,
    venue: Declaration | None,
    scopes: ScopeSet,
    today: date,
    wished: date | None,
) -> tuple[date, Choice]:
    """The last day: the one that was wished for, else after 90 days or as many as are allowed. Where the scopes are
    still to be decided, the strictest limit counts. Raises Refusal for a wish beyond the policy, or beyond what a venue
    approves a wallet's agent for."""
    allowed = _allowed(policy, app, account, scopes)
    agents = venue.wallet_agents if venue is not None else None
    most = agents.max_days if agents is not None else None
    if wished is None:
        days = min(number for number in (DAYS, allowed, most) if number is not None)
        last = today + timedelta(days=days)
        if days == DAYS:
            return last, Choice(f"expires {last}", f"{DAYS} days, since nobody said otherwise", "expiry-required")
        why = (
            f"{kind(scopes)} live {days} days at most"
            if days == allowed
            else f"no longer is approved there: {days} days"
        )
        return last, Choice(f"expires {last}", why, RULE.name)
    days = (wished - today).days
    if allowed is not None and days > allowed:
        whose = kind(scopes) if scopes else "keys whose rights are still to be decided"
        raise Refusal(
            f"{wished} is {days} days from today, and {whose} live {allowed} at most ({RULE.name})",
            f"name a day until {today + timedelta(days=allowed)}, or --days {allowed}",
        )
    if venue is not None and most is not None and days > most:
        raise Refusal(
            f"{wished} is {days} days from today, and {venue.title} approves agents for {most} at most",
            f"name a day until {today + timedelta(days=most)}, or --days {most}",
        )
    return wished, Choice(f"expires {wished}", f"as asked for: {days} days from today", RULE.name)


def _allowed(policy: Policy, app: App, account: Account, scopes: ScopeSet) -> int | None:
    numbers = parameters_of(RULE, policy, account.exchange, account.name, app.name)
    limits = [longest_of(one, numbers) for one in ((scopes,) if scopes else _EACH_KIND)]
    return min((limit for limit in limits if limit is not None), default=None)
