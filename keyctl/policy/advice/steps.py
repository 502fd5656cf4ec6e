"""What a person does by hand, in order, in the exchange's own words where they are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from keyctl.exchanges.declaration import Capability, Declaration, WalletAgents
from keyctl.model.app import KEYCTL, Access, App, Kind
from keyctl.model.names import KeyName
from keyctl.model.scopes import READ, ScopeSet, in_order
from keyctl.policy.advice.advice import Step
from keyctl.policy.advice.places import Chosen
from keyctl.policy.advice.venues import natives, reads_by_parent
from keyctl.registry.references import ACCOUNTS, APPS

TRIAL = "Transfer at most 50 USD to try it, until it has traded as it should"
ISSUED = "as the exchange shows it, once the key is issued"


@dataclass(frozen=True, slots=True)
class Plan:
    """All that the steps speak of. ``waived`` is false where the key needs an exception that nobody has made."""

    key: KeyName
    app: App
    venue: Declaration
    chosen: Chosen
    scopes: ScopeSet
    ips: tuple[str, ...]
    last_day: date
    waived: bool


def steps(plan: Plan) -> Iterator[Step]:
    """From the first login to the comparison with what the exchange reports."""
    agents = plan.venue.wallet_agents
    if not plan.waived:
        yield waiver(plan.key, plan.last_day)
    if agents is None:
        yield from _account(plan)
        yield from _funds(plan)
        yield from _addresses(plan)
        yield from _key(plan)
    else:
        yield from _wallet(plan)
        yield from _funds(plan)
        yield from _addresses(plan)
        yield from _agent(plan, agents)
    yield from _registry(plan, agents)


def waiver(key: KeyName, until: date) -> Step:
    """The exception that a third party's key needs before it does more than read. It is proposed, never written: who
    asks for a right does not approve it."""
    return Step(
        "Have whoever answers for security propose this in registry/waivers.yaml, in a merge request of its own.",
        "third-party-writes",
        (
            "- rule: third-party-writes",
            f"  key: {key}",
            "  reason: why reading is not enough",
            "  approved_by: who answers for it",
            f"  expires: {until}",
        ),
    )


def _account(plan: Plan) -> Iterator[Step]:
    chosen, account, title = plan.chosen, plan.chosen.account, plan.venue.title
    if chosen.master is None:
        return
    yield Step(
        f"Log in to {title} as {chosen.master.name} with its second factor, and open a sub-account for {plan.app.name}"
        " alone in the web page."
    )
    yield Step(
        "If it gets a login of its own: an e-mail alias that no other account has; print its fingerprint with"
        f" 'exchange-keyctl fingerprint --email' and write it into email of {account.name}.",
        "email-unique",
    )
    yield Step(
        "A second factor for that login: a hardware key, a passkey or an authenticator app, never SMS; write it into"
        " two_factor.",
        "two-factor",
    )
    shown = f"subaccount and uid of {account.name}" if account.parent is not None else f"the uid of {account.name}"
    yield Step(f"Write {shown} into {ACCOUNTS}, as the exchange shows {'them' if account.parent else 'it'}.")
    if not reads_by_parent(plan.venue):
        own = f"{KEYCTL}-{account.name}"
        yield Step(
            f"Give keyctl a key of its own that reads there, since no other shows what is on a sub-account of {title}.",
            None,
            (f"exchange-keyctl new {own} --account {account.name} --owner {KEYCTL} --scopes read",),
        )


def _wallet(plan: Plan) -> Iterator[Step]:
    app, account, venue = plan.app, plan.chosen.account, plan.venue
    if plan.chosen.new:
        whose = f"the wallet of {app.name}" if app.wallet else f"a new wallet for {app.name} alone"
        yield Step(
            f"Open an account at {venue.title} with {whose}, its own key on a hardware device; write the wallet's"
            f" address into uid, and two_factor: hardware, at {account.name} in {ACCOUNTS}.",
            "two-factor",
        )
    if app.access is Access.KEY:
        yield Step(
            f"Say at {app.name} in {APPS} that it signs with a wallet.",
            None,
            (
                "access: wallet",
                f'wallet: {{venue: {venue.id}, chain: the chain that it signs for, address: "0x…"}}',
            ),
        )


def _funds(plan: Plan) -> Iterator[Step]:
    most = plan.chosen.account.max_balance
    limit = " and ".join(f"{amount:f} {code}" for code, amount in most)
    never = f"; never more than max_balance, {limit}" if most else ""
    if plan.app.kind is Kind.THIRD_PARTY and not most:
        yield Step(
            f"Say at {plan.chosen.account.name} in {ACCOUNTS} how much may lie there at most; 500 USD is a proposal.",
            "balance-limit-missing",
            ("max_balance: {USD: 500}",),
        )
    if plan.scopes != {READ}:
        yield Step(f"{TRIAL}{never}.", "balance-limit-missing")
    elif plan.chosen.new:
        yield Step(
            f"Transfer no funds to try it: a key that reads needs none{never}.",
            "balance-limit-missing",
        )


def _addresses(plan: Plan) -> Iterator[Step]:
    if plan.ips:
        return
    whom = plan.app.contact or f"the people behind {plan.app.name}"
    asked = f"Ask {whom}" if plan.app.kind is Kind.THIRD_PARTY else "Find out"
    yield Step(
        f"{asked} from which addresses {plan.app.name} calls, and write them into ips; the file is not valid before.",
        "ip-required" if plan.scopes - {READ} else "ip-required-read",
    )


def _key(plan: Plan) -> Iterator[Step]:
    venue, account = plan.venue, plan.chosen.account
    sub = plan.chosen.new or account.is_subaccount
    own = natives(venue, plan.scopes, subaccount=sub)
    words = f" (at {venue.title}: {', '.join(own)})" if own else ", nothing else ticked"
    if plan.ips == ("any",):
        where = f"{venue.title} has no addresses to bind it to"
    else:
        listed = ", ".join(plan.ips) if plan.ips else "the addresses of its file"
        where = f"bound to {listed}"
    if any(name.startswith("@") for name in plan.ips):
        where += " (registry/networks.yaml spells the names out)"
    end = f", with {plan.last_day} as its last day" if Capability.EXPIRY in venue.capabilities else ""
    yield Step(
        f"Create the key in the web page, logged in to {account.name}, with exactly these rights:"
        f" {', '.join(in_order(plan.scopes))}{words}; {where}{end}.",
        "least-scope",
    )
    what = "the secret and the passphrase" if venue.needs_passphrase else "the secret"
    yield Step(f"Put {what} straight into {_sink(plan.app)}; never into git, a chat or a ticket.", "secret-in-registry")


def _agent(plan: Plan, agents: WalletAgents) -> Iterator[Step]:
    bound = f" It may be used from {', '.join(plan.ips)} only." if plan.ips not in ((), ("any",)) else ""
    if agents.expiry:
        end = f"Its life ends on {plan.last_day} (UTC)."
    else:
        end = f"It has no end of its own: somebody has to revoke it on {plan.last_day} at the latest."
    yield Step(f"Have the wallet approve one {agents.kind}, as follows. {end}{bound}", "expiry-required")
    for text in agents.steps:
        yield Step(text)
    yield Step(
        f"Put its private key straight into {_sink(plan.app)}; never into git, a chat or a ticket.",
        "secret-in-registry",
    )


def _registry(plan: Plan, agents: WalletAgents | None) -> Iterator[Step]:
    what = "the key's id" if agents is None else "the address (or public key), 0x…, as id"
    yield Step(f"Write {what} and the day as issued into the file of {plan.key}.")
    yield Step("Check it, and open a merge request.", None, ("exchange-keyctl validate",))
    if plan.venue.asked:
        yield Step(
            "Once it is merged, see that the exchange reports what the file says.",
            None,
            (f"exchange-keyctl reconcile --only key={plan.key}",),
        )
    else:
        yield Step(
            f"Once it is merged, look at {plan.venue.title} that it is as the file says: keyctl can't ask there yet."
        )


def _sink(app: App) -> str:
    return app.sink or "the password store from which the app takes it"
