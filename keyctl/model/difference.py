"""One field of a live key against the same field as it should be: the change that the two make, if they differ."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.model.change import Change
from keyctl.model.finding import Risk
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.scopes import ScopeSet, in_order


def scopes_differ(desired: ScopeSet, live: ScopeSet) -> Iterator[Change]:
    """An escalation as soon as the live key has one scope that it should not have."""
    if live != desired:
        yield Change("scopes", in_order(live), in_order(desired), risk_of(bool(live - desired)))


def ips_differ(desired: IpSet, live: IpSet) -> Iterator[Change]:
    """An escalation as soon as the live key works from one address that it should not work from."""
    if live != desired:
        yield Change("ips", live.texts(), desired.texts(), risk_of(not desired.covers(live)))


def undoing(change: Change) -> Risk:
    """What it does to the key's power to set a field from its live to its desired value. What lost one thing and gained
    another gives power back too, so that undoing it is an escalation, as the difference itself is one."""
    if change.field.endswith("scopes") and isinstance(change.live, tuple) and isinstance(change.desired, tuple):
        return risk_of(bool(set(change.desired) - set(change.live)))
    if change.field.endswith("ips") and isinstance(change.live, tuple) and isinstance(change.desired, tuple):
        live, desired = (_ips(texts) for texts in (change.live, change.desired))
        return risk_of(not live.covers(desired))
    opposite = {Risk.REDUCTION: Risk.ESCALATION, Risk.ESCALATION: Risk.REDUCTION}
    return opposite.get(change.risk, change.risk)


def _ips(texts: tuple[str, ...]) -> IpSet:
    return ANY if texts == ANY.texts() else IpSet.of(parse_network(text) for text in texts)


def risk_of(wider: bool) -> Risk:
    """What a difference does to the key's power: escalation where the live key is the wider one, else reduction."""
    return Risk.ESCALATION if wider else Risk.REDUCTION
