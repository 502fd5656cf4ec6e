"""What the key may do: reading, unless the needs say otherwise."""

from __future__ import annotations

from dataclasses import replace

from keyctl.exchanges.declaration import Declaration
from keyctl.model.account import Account
from keyctl.model.app import KEYCTL, App, Kind
from keyctl.model.refusal import Refusal
from keyctl.model.scopes import KEYS_MANAGE, READ, WITHDRAW, ScopeSet, in_order
from keyctl.policy.advice.advice import Choice
from keyctl.policy.rules.key_administration import SELF_MANAGE
from keyctl.registry.admission import ungrantable
from keyctl.registry.references import APPS

_NEVER = {WITHDRAW: "withdrawal", KEYS_MANAGE: "key-administration", SELF_MANAGE: "key-administration"}
"""Scopes that no key but keyctl's own gets, and the rule that says so."""


def choose(
    app: App, venue: Declaration, account: Account, wished: ScopeSet | None, *, subaccount: bool | None
) -> tuple[ScopeSet, Choice]:
    """The scopes: what was wished for, else what the app needs, of a third party reading alone. ``subaccount`` says
    whose key it is, None where nobody knows. Raises Refusal."""
    if wished is not None:
        wanted, whose = wished | {READ}, ""
    elif app.kind is Kind.THIRD_PARTY or not app.needs:
        wanted, whose = frozenset({READ}), ""
    else:
        wanted, whose = app.needs | {READ}, f"what {app.name} needs, "
    check_powers(app, wanted)
    granted = _smallest(venue, wanted, subaccount=subaccount)
    if granted != wanted:
        raise _refusal(app, account, whose, wanted, granted)
    beyond = wanted - app.needs - {READ}
    if app.needs and beyond:
        raise Refusal(
            f"app {app.name!r} does not need {', '.join(in_order(beyond))} (least-scope)",
            f"leave it out, or add it to the app's needs in {APPS} first",
        )
    return wanted, _choice(app, wanted, wished)


def check_powers(app: App, scopes: ScopeSet) -> None:
    """No key withdraws or administers keys, but for keyctl's own. Raises Refusal."""
    if app.name == KEYCTL:
        return
    for scope, rule in _NEVER.items():
        if scope in scopes:
            raise Refusal(
                f"no key gets {scope} ({rule})",
                f"take it out of --scopes, or of the needs of {app.name!r} in {APPS}; people do that by hand",
            )


def _smallest(venue: Declaration, wanted: ScopeSet, *, subaccount: bool | None) -> ScopeSet:
    """The smallest set that can be granted and holds what is wanted. Agents have the rights of agents only: not those
    of tokens, which stand alone, and never less than the one that makes an agent."""
    if venue.wallet_agents is None:
        return venue.grantable(wanted, subaccount=subaccount)
    rights = tuple(right for right in venue.rights if right.settable and not right.exclusive)
    alone: ScopeSet = frozenset().union(*(right.scopes for right in venue.rights if right.exclusive)) - {READ}
    makers = [right.scopes for right in rights if READ in right.scopes]
    least = min(makers, key=len, default=venue.implicit)
    return least | replace(venue, rights=rights).grantable(wanted - alone, subaccount=subaccount)


def _refusal(app: App, account: Account, whose: str, wanted: ScopeSet, granted: ScopeSet) -> Refusal:
    barred = [scope for scope in _NEVER if scope in granted]
    if barred:
        opened = f"{', '.join(barred)} ({_NEVER[barred[0]]})"
        return Refusal(
            f"{account.exchange} grants [{', '.join(in_order(wanted))}] only together with {opened}",
            "leave out the rights that open it, those to transfer say; people move funds by hand",
        )
    made = ungrantable(account.exchange, account.name, whose, wanted, granted)
    more = ""
    missing = granted - app.needs - {READ}
    if app.needs and missing:
        more += f"; least-scope wants {', '.join(in_order(missing))} among the needs in {APPS} too"
    if app.kind is Kind.THIRD_PARTY and granted != {READ}:
        more += "; third-party-writes has to be waived then"
    return Refusal(made.message, made.remedy + more)


def _choice(app: App, scopes: ScopeSet, wished: ScopeSet | None) -> Choice:
    what = f"scopes [{', '.join(in_order(scopes))}]"
    if app.kind is Kind.THIRD_PARTY:
        if scopes != {READ}:
            return Choice(
                what, "asked for by --scopes; the rule needs a waiver, which others decide", "third-party-writes"
            )
        more = ", although its needs say more" if app.needs - {READ} else ""
        return Choice(what, f"{app.name} is run by others, so it reads and no more{more}", "third-party-writes")
    if not app.needs and wished is None:
        return Choice(what, f"nothing says what {app.name} needs", "needs-unknown")
    why = "asked for by --scopes" if wished is not None else f"what {app.name} needs"
    return Choice(what, why + ", and not a right more", "least-scope")
