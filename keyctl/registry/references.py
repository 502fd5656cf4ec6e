"""Names that one file uses and another declares: every one resolves, and what it resolves to fits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches

from keyctl.exchanges.catalogue import canonical, declaration, names
from keyctl.exchanges.declaration import WalletAgents
from keyctl.model.account import Account
from keyctl.model.app import Access, App
from keyctl.model.finding import Finding
from keyctl.model.key import Key
from keyctl.model.names import AccountName, AppName, ExchangeId
from keyctl.model.policy import Policy
from keyctl.model.scopes import ScopeSet, in_order
from keyctl.registry.policy_file import POLICY
from keyctl.registry.values import Complaints

ACCOUNTS, APPS = "registry/accounts.yaml", "registry/apps.yaml"


class References:
    """Checks of one registry.

    ``account_names`` and ``app_names`` hold everything that the files declare, also entries that could not be read
    further; None when a file could not be read at all, so that one broken file does not make every key a finding.
    """

    def __init__(
        self,
        accounts: Mapping[AccountName, Account],
        account_names: Collection[str] | None,
        apps: Mapping[AppName, App],
        app_names: Collection[str] | None,
        findings: list[Finding],
    ) -> None:
        self._accounts = accounts
        self._account_names = account_names
        self._apps = apps
        self._app_names = app_names
        self._findings = findings
        self._exchanges = Exchanges()

    def check_accounts(self) -> None:
        """Exchanges, parents and dedicated apps of every account."""
        complaints = Complaints(ACCOUNTS, self._findings)
        variables: dict[tuple[str, str], AccountName] = {}
        for name, account in self._accounts.items():
            if not self._exchanges.known(account.exchange):
                self._unknown("exchange", account.exchange, self._exchanges.names, complaints, name, "exchange")
            if account.dedicated_to is not None:
                self._resolve("app", account.dedicated_to, self._app_names, complaints, name, "dedicated_to")
            if account.parent is not None:
                self._check_parent(account, account.parent, complaints)
            upper = "".join(char if char.isalnum() else "_" for char in name.upper())
            if upper.startswith(("TESTNET_", "SANDBOX_")):
                # KEYCTL_READ_BYBIT_SANDBOX_MM is what account mm of the sandbox is read with: a live account of this
                # name would be given that credential
                message = f"account {name!r} begins like an environment, so its credential's variables are ambiguous"
                complaints.add(
                    "value", message, "rename it; the environment has a field of its own", name, account=name
                )
            first = variables.setdefault((f"{account.exchange} {account.environment}", upper), name)
            if first != name:
                message = f"accounts {first!r} and {name!r} would read the same credential variables (…_{upper}_KEY)"
                complaints.add("value", message, "rename one of them", name, account=name)

    def _check_parent(self, account: Account, parent_name: AccountName, complaints: Complaints) -> None:
        name = account.name
        if not self._resolve("account", parent_name, self._account_names, complaints, name, "parent"):
            return
        chain = [name]
        step: AccountName | None = parent_name
        while step is not None and step not in chain:
            chain.append(step)
            step = self._accounts[step].parent if step in self._accounts else None
        if step == name == min(chain):
            message = f"the parents of account {name!r} run in a circle: {' → '.join([*chain, name])}"
            complaints.add("value", message, "let one of them name no parent", name, "parent", account=name)
        parent = self._accounts.get(parent_name)
        if parent is None or parent_name == name:
            return
        for field, own, theirs in (
            ("exchange", self._exchanges.family(account.exchange), self._exchanges.family(parent.exchange)),
            ("environment", account.environment, parent.environment),
        ):
            if own != theirs:
                message = f"account {name!r} is on {field} {own}, and its parent {parent_name!r} on {theirs}"
                remedy = f"a sub-account is where its parent is: correct {field} or parent"
                complaints.add("value", message, remedy, name, "parent", account=name)

    def check_policy(self, policy: Policy) -> None:
        """The exchanges, accounts and apps that have settings of their own."""
        complaints = Complaints(POLICY, self._findings)
        for exchange in policy.exchanges:
            if not self._exchanges.known(exchange):
                self._unknown("exchange", exchange, self._exchanges.names, complaints, "exchanges", exchange)
        for account in policy.accounts:
            self._resolve("account", account, self._account_names, complaints, "accounts", account)
        for app in policy.apps:
            self._resolve("app", app, self._app_names, complaints, "apps", app)

    def check_key(self, key: Key) -> None:
        """Account, owner and scopes of one key, and whether it is an agent where its owner signs with a wallet."""
        complaints = Complaints(key.place.path, self._findings, key.name)
        self._resolve("app", key.owner, self._app_names, complaints, "owner")
        self._resolve("account", key.account, self._account_names, complaints, "account")
        account = self._accounts.get(key.account)
        if account is None:
            return
        if account.closed is not None and (key.identifier is not None or key.retiring is not None):
            field = "id" if key.identifier is not None else "retiring"
            message = f"account {key.account!r} was closed on {account.closed.on}, and this key still has an id there"
            complaints.add("value", message, "list the id under revoked", field, account=key.account)
        owner = self._apps.get(key.owner)
        if owner is not None and owner.access is Access.WALLET and not key.ended:
            self._check_agent(key, owner, account, complaints)
        granted = self._exchanges.grantable(account, key.scopes)
        if granted != key.scopes:
            wanted, fit = ", ".join(in_order(key.scopes)), ", ".join(in_order(granted))
            message = f"{account.exchange} can't grant exactly [{wanted}] on account {key.account!r}; "
            if key.scopes <= granted:
                message += f"the smallest set that holds them is [{fit}]"
            else:
                message += f"no key there can have {', '.join(in_order(key.scopes - granted))} with the rest"
            complaints.add("ungrantable", message, f"write scopes: [{fit}]", "scopes", account=key.account)

    def _check_agent(self, key: Key, owner: App, account: Account, complaints: Complaints) -> None:
        """A key of an app that signs with a wallet is an agent that the wallet approves: its venue has such agents, and
        its id is the agent's address."""
        agents = self._exchanges.agents(account.exchange)
        if not self._exchanges.known(account.exchange):
            return
        if agents is None:
            message = f"app {owner.name!r} signs with a wallet, and {account.exchange} has no agents that one approves"
            remedy = f"name an app with 'access: key', or an account at {' or '.join(self._exchanges.with_agents())}"
            complaints.add("value", message, remedy, "owner", account=account.name)
            return
        venue = self._exchanges.venue(owner)
        if venue is not None and venue != self._exchanges.family(account.exchange):
            message = f"the wallet of app {owner.name!r} signs at {venue}, and this account is at {account.exchange}"
            remedy = f"name an account at {venue}, or correct the wallet's venue in {APPS}"
            complaints.add("value", message, remedy, "account", account=account.name)
        for identifier, pointer in key.placed:
            if identifier.text is not None and not identifier.text.startswith("0x"):
                message = f"{identifier.display} is no address, and the wallet of app {owner.name!r} approves such only"
                remedy = "write the agent's address, which begins with 0x, or name an app with 'access: key'"
                complaints.add("value", message, remedy, *pointer, account=account.name)

    def _resolve(
        self, kind: str, name: str, declared: Collection[str] | None, complaints: Complaints, *pointer: str | int
    ) -> bool:
        if declared is None or name in declared:
            return True
        self._unknown(kind, name, declared, complaints, *pointer)
        return False

    def _unknown(
        self, kind: str, name: str, declared: Iterable[str], complaints: Complaints, *pointer: str | int
    ) -> None:
        near = get_close_matches(name, sorted(declared), n=1)
        files = {"account": ACCOUNTS, "app": APPS}
        if kind == "exchange":
            message, remedy = f"no exchange {name!r} is known", "see 'exchange-keyctl exchanges list'"
        else:
            message = f"no {kind} {name!r} is declared"
            remedy = f"declare it in {files[kind]}, or correct the name"
        complaints.add("reference", message, f"did you mean {near[0]!r}? else {remedy}" if near else remedy, *pointer)


class Exchanges:
    """What the declarations of exchanges say that a registry must fit; each asked once."""

    def __init__(self) -> None:
        self.names = frozenset(names())
        self._granted: dict[tuple[ExchangeId, bool | None, ScopeSet], ScopeSet] = {}

    def known(self, exchange: ExchangeId) -> bool:
        """Whether there is a declaration of it."""
        return exchange in self.names

    def family(self, exchange: ExchangeId) -> str:
        """The exchange under whose name its keys are known: those that share keys count as one."""
        return canonical(exchange) if exchange in self.names else exchange

    def agents(self, exchange: ExchangeId) -> WalletAgents | None:
        """The agents that a wallet approves there; None where there are none, and for an unknown exchange."""
        return declaration(exchange).wallet_agents if exchange in self.names else None

    def with_agents(self) -> tuple[str, ...]:
        """The exchanges that have agents of wallets, sorted."""
        return tuple(sorted({canonical(name) for name in self.names if declaration(name).wallet_agents is not None}))

    def venue(self, app: App) -> ExchangeId | None:
        """The exchange with agents at which an app's wallet signs; None where its venue names no such exchange."""
        if app.wallet is None or app.wallet.venue not in self.names:
            return None
        named = declaration(app.wallet.venue)
        return named.id if named.wallet_agents is not None else None

    def grantable(self, account: Account, scopes: ScopeSet) -> ScopeSet:
        """The smallest set that a key of the account can have and that holds ``scopes``; the same for an unknown
        exchange. An account that names no parent may be a master or not: what either can have is taken."""
        if account.exchange not in self.names:
            return scopes
        subaccount = account.is_subaccount or None
        asked = (account.exchange, subaccount, scopes)
        if asked not in self._granted:
            self._granted[asked] = declaration(account.exchange).grantable(scopes, subaccount=subaccount)
        return self._granted[asked]
