"""Entries of an allow-list that say the same twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keyctl.model.finding import Severity
from keyctl.model.ips import IpError, IpSet, parse_network
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, Edit, KeyCase, Parameters, PolicyRule


def check(case: KeyCase, _parameters: Parameters) -> Sequence[Breach]:
    """Pure; see ``RULE``. Names of networks are never taken for the redundant part."""
    listed = case.key.listed
    if len(listed) < 2:
        return ()
    networks = case.world.registry.networks
    parts = sum(len(networks[text[1:]].networks) if text[1:] in networks else 1 for text in listed)
    if parts == len(case.key.ips.networks):  # whatever overlaps or touches was merged into fewer
        return ()
    found = []
    covers = [_covered(text, networks) for text in listed]
    for index, own in enumerate(covers):
        if own is None or listed[index].startswith("@"):
            continue
        for other, theirs in enumerate(covers):
            if theirs is not None and theirs.covers(own) and (theirs != own or other < index):
                place = Edit(case.key.place.path, ("ips", index))
                message = f"{case.key.name} lists {listed[index]}, which {listed[other]} covers already"
                found.append(Breach(message, ("ips", index), fix=place))
                break
    return found


def _covered(text: str, networks: Mapping[str, IpSet]) -> IpSet | None:
    if text.startswith("@"):
        return networks.get(text[1:])
    try:
        return IpSet((parse_network(text),))
    except IpError:
        return None


RULE = PolicyRule(
    name="ip-overlap",
    about=Subject.KEY,
    base=Severity.INFO,
    strict=Severity.WARNING,
    meaning="An entry of an allow-list is covered by another one.",
    reason="Taking the narrower entry out would change nothing, and a reader believes that it would.",
    remedy="remove the entry that is covered ('exchange-keyctl validate --fix' does)",
    check=check,
)
