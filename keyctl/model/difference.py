"""One field of a live key against the same field as it should be: the change that the two make, if they differ."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.model.change import Change
from keyctl.model.finding import Risk
from keyctl.model.ips import IpSet
from keyctl.model.scopes import ScopeSet, in_order


def scopes_differ(desired: ScopeSet, live: ScopeSet) -> Iterator[Change]:
    """An escalation as soon as the live key has one scope that it should not have."""
    if live != desired:
        yield Change("scopes", in_order(live), in_order(desired), risk_of(bool(live - desired)))


def ips_differ(desired: IpSet, live: IpSet) -> Iterator[Change]:
    """An escalation as soon as the live key works from one address that it should not work from."""
    if live != desired:
        yield Change("ips", live.texts(), desired.texts(), risk_of(not desired.covers(live)))


def risk_of(wider: bool) -> Risk:
    """What a difference does to the key's power: escalation where the live key is the wider one, else reduction."""
    return Risk.ESCALATION if wider else Risk.REDUCTION
