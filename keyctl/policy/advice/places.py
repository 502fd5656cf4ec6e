"""On which account: one that a wallet opens, one that is dedicated to the app, a shared one, in this order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from keyctl.exchanges.declaration import Declaration
from keyctl.model.account import Account, Environment, Mode
from keyctl.model.app import KEYCTL, App, Kind
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.place import Place
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.scopes import READ
from keyctl.policy.advice.advice import Choice, Way, Wishes
from keyctl.policy.advice.venues import is_here, listed, reads_by_parent, shows_subaccounts
from keyctl.registry.admission import check_signer, unknown
from keyctl.registry.references import ACCOUNTS

MOST = (("USD", Decimal(500)),)
"""What is proposed as the most that may lie on an account of a third party."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Where the key goes. ``new`` says that the account is still to be declared; ``master`` is then the account below
    which it is opened, None where a wallet opens one."""

    way: Way
    account: Account
    new: bool
    master: Account | None
    choices: tuple[Choice, ...]


def choose(registry: Registry, app: App, venue: Declaration, wishes: Wishes) -> Chosen:
    """Raises Refusal where only a person can tell, and where there is no safe place."""
    if app.name == KEYCTL:
        raise Refusal("keyctl's own key is on the account that it reads", "name that account with --account")
    check_signer(app, wishes.exchange, f"this is {wishes.exchange}")
    if venue.wallet_agents is not None:
        chosen = _by_wallet(registry, app, venue, wishes)
    elif shows_subaccounts(venue):
        chosen = _dedicated(registry, app, venue, wishes)
    else:
        chosen = _declared(registry, app, venue, wishes)
    return chosen


def check_isolated(app: App, account: Account) -> None:
    """A third party is on no account but one of its own. Raises Refusal."""
    if app.kind is Kind.THIRD_PARTY and account.dedicated_to != app.name:
        raise Refusal(
            f"app {app.name!r} is a third party, and account {account.name!r} is not dedicated to it"
            " (third-party-isolation)",
            f"give it a sub-account of its own: --exchange {account.exchange} instead of --account {account.name}",
        )


def _by_wallet(registry: Registry, app: App, venue: Declaration, wishes: Wishes) -> Chosen:
    agents = venue.wallet_agents
    kind = agents.kind if agents else ""
    if wishes.parent is not None:
        raise Refusal(
            f"{venue.title}: {kind}s are approved by an account's own wallet, so the account names no parent",
            "leave --parent out",
        )
    way = Choice(
        f"way: {Way.WALLET_AGENT} ({kind})",
        f"{venue.title} has them, so it makes no secret for the app; only the wallet's own signature approves another",
        "wallet-over-key",
    )
    own = _own(registry, app, venue, lambda account: account.dedicated_to == app.name or _signs_for(app, account))
    if own is not None:
        return Chosen(Way.WALLET_AGENT, own, False, None, (way, *_existing(registry, app, own)))
    there = {account.environment for account in registry.accounts.values() if is_here(account, venue)}
    environment = there.pop() if len(there) == 1 else Environment.LIVE
    account = _proposed(registry, app, wishes.exchange, environment, None)
    why = f"an agent acts for the whole of its account, so {app.name} gets a wallet of its own"
    return Chosen(Way.WALLET_AGENT, account, True, None, (way, _isolating(app, f"new account {account.name}", why)))


def _signs_for(app: App, account: Account) -> bool:
    """Whether the account is that of the app's own wallet and set apart for nobody."""
    wallet = app.wallet
    mine = wallet is not None and account.uid is not None and account.uid.lower() == wallet.address.lower()
    return mine and account.dedicated_to is None and app.kind is not Kind.THIRD_PARTY


def _dedicated(registry: Registry, app: App, venue: Declaration, wishes: Wishes) -> Chosen:
    masters = _masters(registry, venue)
    named = wishes.parent
    if named is not None:
        _check_parent(registry, named, masters, venue)
    way = Choice(
        f"way: {Way.DEDICATED_SUBACCOUNT}",
        f"no wallet approves agents at {venue.title}, and it has sub-accounts whose keys can be listed",
        "third-party-isolation" if app.kind is Kind.THIRD_PARTY else "dedicated-account",
    )

    def below(account: Account) -> bool:
        return named is None or not reads_by_parent(venue) or account.parent == named

    own = _own(registry, app, venue, lambda account: account.dedicated_to == app.name and below(account))
    if own is not None:
        return Chosen(Way.DEDICATED_SUBACCOUNT, own, False, None, (way, *_existing(registry, app, own)))
    if named is not None:
        master = registry.accounts[named]
    elif not masters:
        raise Refusal(
            f"no master account at {wishes.exchange} is declared, below which a sub-account could be opened",
            f"declare it in {ACCOUNTS} first",
        )
    elif len(masters) > 1:
        raise Refusal(
            f"a sub-account could be opened below {listed(one.name for one in masters)}",
            f"say which: --parent {masters[0].name}",
        )
    else:
        master = masters[0]
    parent = master.name if reads_by_parent(venue) else None
    account = _proposed(registry, app, master.exchange, master.environment, parent)
    why = f"what {app.name} loses is what lies there and no more; below {master.name}"
    if app.kind is Kind.INTERNAL and not (app.needs - {READ}):
        why += "; if it is to read what lies elsewhere, name that account with --account instead"
    choice = _isolating(app, f"new sub-account {account.name}", why)
    return Chosen(Way.DEDICATED_SUBACCOUNT, account, True, master, (way, choice))


def _declared(registry: Registry, app: App, venue: Declaration, wishes: Wishes) -> Chosen:
    """Where keyctl sees no sub-accounts: the account that was set apart by hand, else for the desk's own apps a shared
    one."""
    blind = f"{venue.title} has no agents of wallets and no sub-accounts whose keys can be listed"
    if wishes.parent is not None:
        raise Refusal(blind, "leave --parent out")
    own = _own(registry, app, venue, lambda account: account.dedicated_to == app.name)
    if own is not None:
        way = Choice(
            f"way: {Way.DEDICATED_SUBACCOUNT}", blind + "; this one was set apart by hand", "dedicated-account"
        )
        return Chosen(Way.DEDICATED_SUBACCOUNT, own, False, None, (way, *_existing(registry, app, own)))
    if app.kind is Kind.THIRD_PARTY:
        raise Refusal(
            f"{blind}, and the third party {app.name!r} gets no key on a shared account (third-party-isolation)",
            f"open an account for it alone, declare it in {ACCOUNTS} with dedicated_to: {app.name}, and run this again",
        )
    shared = [one for one in registry.accounts.values() if is_here(one, venue) and one.dedicated_to is None]
    if not shared:
        raise Refusal(f"no shared account at {wishes.exchange} is declared", f"declare one in {ACCOUNTS} first")
    if len(shared) > 1:
        raise Refusal(f"{listed(one.name for one in shared)} could be meant", f"say which: --account {shared[0].name}")
    way = Choice(f"way: {Way.SHARED_ACCOUNT}, {shared[0].name}", blind, "dedicated-account")
    return Chosen(Way.SHARED_ACCOUNT, shared[0], False, None, (way,))


def _own(registry: Registry, app: App, venue: Declaration, mine: Callable[[Account], bool]) -> Account | None:
    """The app's own account there. Raises Refusal for several."""
    found = [account for account in registry.accounts.values() if is_here(account, venue) and mine(account)]
    if len(found) > 1:
        raise Refusal(
            f"{' and '.join(one.name for one in found)} are all {app.name}'s own at {venue.title}",
            f"say which: --account {found[0].name}",
        )
    return found[0] if found else None


def _masters(registry: Registry, venue: Declaration) -> Sequence[Account]:
    return [
        account
        for account in registry.accounts.values()
        if is_here(account, venue) and not account.is_subaccount and account.dedicated_to is None
    ]


def _check_parent(registry: Registry, named: AccountName, masters: Sequence[Account], venue: Declaration) -> None:
    if named not in registry.accounts:
        raise unknown("account", named, registry.accounts, ACCOUNTS)
    if named not in {one.name for one in masters}:
        meant = f"name {listed(one.name for one in masters)}" if masters else f"declare one in {ACCOUNTS} first"
        raise Refusal(f"account {named!r} is no open master account at {venue.title} that is free for all", meant)


def _proposed(
    registry: Registry, app: App, exchange: ExchangeId, environment: Environment, parent: AccountName | None
) -> Account:
    name = _free_name(registry, f"{exchange}-{app.name}"[:96])
    return Account(
        name,
        exchange,
        environment,
        Place(ACCOUNTS, (name,)),
        parent=parent,
        mode=Mode.OBSERVE,
        dedicated_to=app.name,
        max_balance=MOST if app.kind is Kind.THIRD_PARTY else (),
    )


def _free_name(registry: Registry, stem: str) -> AccountName:
    """A name that is free, and whose credential variables are too: they know letters and digits only."""
    taken = {_plain(name) for name in registry.accounts}
    names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return AccountName(next(name for name in names if _plain(name) not in taken))


def _plain(name: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in name.upper())


def _isolating(app: App, what: str, why: str) -> Choice:
    return Choice(what, why, "third-party-isolation" if app.kind is Kind.THIRD_PARTY else "dedicated-account")


def _existing(registry: Registry, app: App, account: Account) -> tuple[Choice, ...]:
    """That an account which is there is taken, and which keys the app has there already."""
    why = "it is declared, and dedicated to " + app.name if account.dedicated_to else "it is that of the app's wallet"
    taken = _isolating(app, f"account {account.name}", why)
    beside = [key.name for key in registry.keys.values() if (key.account, key.owner) == (account.name, app.name)]
    living = [name for name in beside if not registry.keys[name].ended]
    if not living:
        return (taken,)
    held = f"{app.name} has {', '.join(living)} there: does it need another one?"
    return (taken, Choice("a further key", held, "keys-per-account"))
