"""A key for which a person has already named the account: what is still decided, and by which rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from keyctl.exchanges.declaration import Declaration
from keyctl.model.account import Account
from keyctl.model.app import App, Kind
from keyctl.model.names import KeyName
from keyctl.model.policy import Policy, Waiver
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


def check_safe(app: App, account: Account, wished: ScopeSet | None) -> None:
    """Raises Refusal for a third party on an account that is not its own, and for what no key gets, whether it was
    wished for or is among the app's needs."""
    check_isolated(app, account)
    rights.check_powers(app, app.needs if wished is None else wished)


def kept_short(
    key: KeyName,
    app: App,
    account: Account,
    venue: Declaration | None,
    policy: Policy,
    waivers: Sequence[Waiver],
    scopes: ScopeSet,
    today: date,
    wished: date | None,
) -> Kept:
    """``scopes`` are empty where a person has yet to decide. Raises Refusal for a last day beyond the policy."""
    last, choice = lifetimes.choose(policy, app, account, venue, scopes, today, wished)
    writes = app.kind is Kind.THIRD_PARTY and bool(scopes - {READ})
    waived = any(one.rule == "third-party-writes" and one.covers(key) and one.expires >= today for one in waivers)
    return Kept(last, choice, waiver(key, last) if writes and not waived else None)
