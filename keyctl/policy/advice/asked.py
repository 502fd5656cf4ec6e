"""A key for which a person has already named the account: what is still decided, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from keyctl.exchanges.declaration import Declaration
from keyctl.model.account import Account
from keyctl.model.app import App, Kind
from keyctl.model.names import KeyName
from keyctl.model.policy import Policy
from keyctl.model.scopes import READ, ScopeSet
from keyctl.policy.advice import lifetimes, rights
from keyctl.policy.advice.advice import Choice, Step
from keyctl.policy.advice.places import check_isolated
from keyctl.policy.advice.steps import waiver


@dataclass(frozen=True, slots=True)
class Kept:
    """The last day and why, and what has to be done first, if anything."""

    last_day: date
    choice: Choice
    first: Step | None


def kept_short(
    key: KeyName,
    app: App,
    account: Account,
    venue: Declaration | None,
    policy: Policy,
    scopes: ScopeSet,
    today: date,
    wished: date | None,
) -> Kept:
    """Raises Refusal for what no key gets, for a third party on an account that is not its own, and for a last day
    beyond the policy."""
    check_isolated(app, account)
    rights.check_powers(app, scopes)
    last, choice = lifetimes.choose(policy, app, account, venue, scopes, today, wished)
    writes = app.kind is Kind.THIRD_PARTY and bool(scopes - {READ})
    return Kept(last, choice, waiver(key, last) if writes else None)
