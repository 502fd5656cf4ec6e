"""Whether a new key fits a registry: its name, its account and owner, its scopes and addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from keyctl.model.app import KEYCTL, Access, App
from keyctl.model.identifier import Identifier, IdentifierError
from keyctl.model.ips import IpError, parse_network
from keyctl.model.names import AccountName, AppName, ExchangeId
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.scopes import ScopeError, ScopeSet, in_order, parse_scope
from keyctl.registry.files import accept
from keyctl.registry.references import ACCOUNTS, APPS, Exchanges

NETWORKS = "registry/networks.yaml"


def check_place(path: str, present: Collection[str]) -> None:
    """The path of a new key file beside those that are there: a good name that no other key has. Raises Refusal."""
    if path in present:
        raise Refusal(f"{path} is there already", "give the key another name")
    before = {finding.message for finding in accept(present)[1]}
    for finding in accept([*present, path])[1]:
        if finding.message not in before:
            raise Refusal(finding.message, finding.remedy)


def check_name(name: str, declared: Registry) -> None:
    """A key is never named like a known id, by its text or by its fingerprint. Raises Refusal."""
    keys = declared.keys.values()
    living = {key.identifier for key in keys} | {key.retiring.identifier for key in keys if key.retiring}
    for text in (name, f"sha256:{name}"):
        try:
            meant = Identifier.parse(text)
        except IdentifierError:
            continue
        if meant in living or declared.tombstones().find(meant) is not None:
            raise Refusal(f"{name!r} is a known id, so nobody could tell which is meant", "name it after its purpose")


def check_holder(account: str, owner: str, declared: Registry) -> None:
    """The account is there and open to the owner, who is there and uses keys, or whose wallet approves agents there.
    An account that is dedicated to an app has keyctl's own credential beside it. Raises Refusal."""
    there, app = declared.accounts.get(AccountName(account)), declared.apps.get(AppName(owner))
    if there is None:
        raise unknown("account", account, declared.accounts, ACCOUNTS)
    if app is None:
        raise unknown("app", owner, declared.apps, APPS)
    if there.closed is not None:
        raise Refusal(f"account {account!r} was closed on {there.closed.on}", "name another account")
    if there.dedicated_to is not None and owner not in (there.dedicated_to, KEYCTL):
        raise Refusal(f"account {account!r} is dedicated to {there.dedicated_to!r}", "name another account")
    check_signer(app, there.exchange, f"account {account!r} is at {there.exchange}")


def check_signer(app: App, exchange: ExchangeId, where: str) -> None:
    """An app that signs with a wallet is where that wallet approves agents. ``where`` says where the key is to be.
    Raises Refusal."""
    exchanges = Exchanges()
    if app.access is Access.WALLET and exchanges.agents(exchange) is None:
        raise Refusal(
            f"app {app.name!r} signs with a wallet, and {exchange} has no agents that one approves",
            f"name an account at {' or '.join(exchanges.with_agents())}, or change the app's access in {APPS}",
        )
    venue = exchanges.venue(app)
    if venue is not None and venue != exchanges.family(exchange):
        raise Refusal(
            f"the wallet of app {app.name!r} signs at {venue}, and {where}",
            f"name an account at {venue}, or correct the wallet's venue in {APPS}",
        )


def scopes_for(account: str, owner: str, given: ScopeSet | None, declared: Registry) -> ScopeSet:
    """The scopes that were given, else those that the app needs; empty where it says nothing. Raises Refusal unless the
    account's exchange can grant exactly them."""
    wanted = declared.apps[AppName(owner)].needs if given is None else given
    there = declared.accounts[AccountName(account)]
    granted = Exchanges().grantable(there, wanted) if wanted else wanted
    if granted != wanted:
        whose = f"what {owner} needs, " if given is None else ""
        raise ungrantable(there.exchange, account, whose, wanted, granted)
    return wanted


def parsed_scopes(given: Iterable[str]) -> ScopeSet:
    """Scopes as people type them. Raises Refusal for other words."""
    try:
        return frozenset(parse_scope(text) for text in given)
    except ScopeError as error:
        raise Refusal(str(error), "write scopes of the vocabulary") from None


def ungrantable(exchange: str, account: str, whose: str, wanted: ScopeSet, granted: ScopeSet) -> Refusal:
    """That an exchange can't grant exactly some scopes, and what comes nearest. ``whose`` says where they are from."""
    return Refusal(
        f"{exchange} can't grant exactly {whose}[{', '.join(in_order(wanted))}] on account {account!r}",
        f"decide; what comes nearest is --scopes {','.join(in_order(granted))}",
    )


def addresses(given: Iterable[str], declared: Registry) -> tuple[str, ...]:
    """An allow-list as it will be written, each entry checked. Raises Refusal."""
    listed = tuple(dict.fromkeys(given))
    for text in listed:
        if text.startswith("@"):
            if text[1:] not in declared.networks:
                raise unknown("network", text[1:], declared.networks, NETWORKS)
        elif listed != ("any",):
            try:
                parse_network(text)
            except IpError as error:
                raise Refusal(str(error), "correct the address; 'any' stands alone") from None
    return listed


def unknown(kind: str, name: str, declared: Iterable[str], file: str) -> Refusal:
    """That a name is not declared, and what was perhaps meant."""
    near = get_close_matches(name, list(declared), n=1)
    remedy = f"declare it in {file}, or correct the name"
    return Refusal(f"no {kind} {name!r} is declared", f"did you mean {near[0]!r}? else {remedy}" if near else remedy)
