"""The rules that there are: a static table of modules, and plug-ins that the deployment names."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module

from keyctl.exchanges.catalogue import PLUGINS
from keyctl.model.refusal import Refusal
from keyctl.model.rules import RULES
from keyctl.policy.rule import PolicyRule

ENTRY_POINTS = "keyctl.rules"

_BUILT_IN = (
    "withdrawal",
    "key_administration",
    "least_scope",
    "needs_unknown",
    "third_party_writes",
    "hidden_powers",
    "ip_required",
    "ip_required_read",
    "ip_unavailable",
    "ip_width",
    "network_width",
    "ip_private",
    "ip_limits",
    "ip_family",
    "ip_overlap",
    "network_unused",
    "expiry_required",
    "max_lifetime",
    "expiry_past",
    "expiring",
    "issued_in_future",
    "issue_unknown",
    "rotation_overdue",
    "retiring_past",
    "unused_key",
    "attestation_stale",
    "implicit_expiry",
    "keys_per_account",
    "dedicated_account",
    "third_party_isolation",
    "email_unique",
    "email_missing",
    "two_factor",
    "two_factor_unknown",
    "account_unattested",
    "balance_limit_missing",
    "balance_exceeded",
    "balance_unknown",
    "wallet_over_key",
    "agent_lifetime",
    "secret_in_registry",
    "secret_as_id",
)
"""Modules of ``keyctl.policy.rules``, in the order of the documentation; each holds one ``RULE``."""


def rules() -> tuple[PolicyRule, ...]:
    """Every rule, built-in ones first. Raises Refusal for a plug-in that takes a name which is taken."""
    return _all(os.environ.get(PLUGINS, ""))


def rule(name: str) -> PolicyRule | None:
    """The rule of that name."""
    return next((one for one in rules() if one.name == name), None)


@cache
def _all(plugins: str) -> tuple[PolicyRule, ...]:
    found = [_built_in(name) for name in _BUILT_IN]
    taken = {one.name for one in found} | RULES.keys()
    for one in _plugged(plugins):
        if one.name in taken:
            raise Refusal(
                f"a plug-in brings a rule {one.name!r}, and there is one of that name",
                f"take it out of {PLUGINS}, or have its author rename it",
            )
        taken.add(one.name)
        found.append(one)
    return tuple(found)


def _built_in(name: str) -> PolicyRule:
    made: PolicyRule = import_module(f"keyctl.policy.rules.{name}").RULE
    return made


def _plugged(plugins: str) -> list[PolicyRule]:
    """Rules of the entry points that KEYCTL_PLUGINS names; each names a PolicyRule."""
    wanted = set(plugins.replace(",", " ").split())
    if not wanted:
        return []
    from importlib.metadata import entry_points

    points = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    return [point.load() for point in points if point.name in wanted]
