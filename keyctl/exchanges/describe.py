"""A declaration as text, for people who want to know what keyctl can see and do at an exchange."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.exchanges.declaration import Capability, Declaration, Effect, WalletAgents
from keyctl.model.scopes import in_order


def describe(declared: Declaration) -> str:
    """Capabilities, rights, endpoints, limits, agents of wallets, assumptions and sources, in that order, ending with a
    newline."""
    return "\n".join(_lines(declared)) + "\n"


def _lines(declared: Declaration) -> Iterator[str]:
    yield f"{declared.title} ({', '.join((declared.id, *declared.family))})"
    if not declared.asked:
        yield from ("", f"declared; keyctl can't ask it yet, so a person looks at the keys of {declared.title}")
    yield from _section("it can", _abilities(declared.capabilities))
    if declared.master_capabilities is not None:
        yield from _section("with a master account's own keys it can", _abilities(declared.master_capabilities))
    yield from _section("rights", _rights(declared))
    yield from _section("endpoints", _endpoints(declared))
    yield from _section("limits", _limits(declared))
    implicit = (
        f"{f'{rule.keys}, ' if rule.keys else ''}{rule.days} days {rule.condition.since}: {rule.effect}"
        f", unless {rule.unless} (as of {rule.as_of}, {rule.source})"
        for rule in declared.implicit_expiry
    )
    yield from _section("ends by itself", implicit)
    if declared.wallet_agents is not None:
        yield from _section("a wallet approves", _agents(declared.wallet_agents))
    yield from _section("a credential may also, without any answer showing it", iter(declared.may_also))
    yield from _section("assumed", iter(declared.assumptions))
    yield from _section("sources", iter(declared.sources))


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield ""
        yield f"{title}:"
        yield from (f"  {line}" for line in told)


def _abilities(capabilities: frozenset[Capability]) -> Iterator[str]:
    if capabilities:
        yield ", ".join(capability.value for capability in Capability if capability in capabilities)


def _rights(declared: Declaration) -> Iterator[str]:
    for right in declared.rights:
        remarks = [] if right.holder.value == "any" else [f"{right.holder.value} keys"]
        remarks += [] if right.settable else ["can't be given"]
        remarks += ["stands alone"] if right.exclusive else []
        note = f" ({', '.join(remarks)})" if remarks else ""
        yield f"{right.native}: {', '.join(in_order(right.scopes))}{note}"


def _endpoints(declared: Declaration) -> Iterator[str]:
    for endpoint in declared.endpoints:
        rate = f", {endpoint.per_second:g} a second" if endpoint.per_second else ""
        kind = "reads" if endpoint.effect is Effect.READ else "writes"
        yield f"{endpoint.name}: {kind}{rate}"


def _limits(declared: Declaration) -> Iterator[str]:
    limits = declared.limits
    lists = (
        ("addresses a list", limits.max_ips),
        ("networks in lists", limits.cidr),
        ("IPv6 in lists", limits.ipv6),
    )
    for name, value in (
        ("keys an account", limits.max_keys),
        *(lists if limits.max_ips != 0 else (("allow-lists", False),)),
        ("characters of a label", limits.label_room),
    ):
        shown = "not confirmed" if value is None else ("yes" if value is True else "no" if value is False else value)
        yield f"{name}: {shown}"


def _agents(agents: WalletAgents) -> Iterator[str]:
    life = f"for at most {agents.max_days} days" if agents.max_days is not None else "without a documented limit"
    end = "an approval can carry an end" if agents.expiry else "an approval carries no end"
    yield f"{agents.kind}, {life}; {end} (as of {agents.as_of}, {agents.source})"
    yield from (f"{number}. {step}" for number, step in enumerate(agents.steps, 1))
