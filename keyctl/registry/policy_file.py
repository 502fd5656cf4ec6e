"""registry/policy.yaml and registry/waivers.yaml → policy and waivers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keyctl.model.finding import Severity
from keyctl.model.names import AccountName, AppName, ExchangeId
from keyctl.model.place import Place
from keyctl.model.policy import CustomRule, Policy, RuleSet, Setting, Settings, Subject, Waiver
from keyctl.registry.values import day

POLICY, WAIVERS = "registry/policy.yaml", "registry/waivers.yaml"
OFF = "off"


def policy_of(path: str, document: Mapping[str, Any]) -> Policy:
    """The policy of a schema-valid document."""
    get = document.get
    return Policy(
        RuleSet(get("set", RuleSet.BASE)),
        _settings(get("rules", {})),
        {ExchangeId(name): _settings(entry) for name, entry in sorted(get("exchanges", {}).items())},
        {AccountName(name): _settings(entry) for name, entry in sorted(get("accounts", {}).items())},
        {AppName(name): _settings(entry) for name, entry in sorted(get("apps", {}).items())},
        tuple(_custom(path, index, entry) for index, entry in enumerate(get("custom", ()))),
    )


def waivers_of(path: str, document: Mapping[str, Any]) -> tuple[Waiver, ...]:
    """The exceptions of a schema-valid document, in the order of the file."""
    return tuple(
        Waiver(
            entry["rule"],
            entry["key"],
            entry["reason"],
            entry["approved_by"],
            day(entry["expires"]),
            Place(path, ("waivers", index)),
        )
        for index, entry in enumerate(document.get("waivers") or ())
    )


def _settings(entries: Mapping[str, Any]) -> Settings:
    return {name: _setting(entry) for name, entry in sorted(entries.items())}


def _setting(entry: Mapping[str, Any]) -> Setting:
    severity = entry.get("severity")
    return Setting(
        Severity(severity) if severity not in (None, OFF) else None,
        severity == OFF,
        {name: int(number) for name, number in sorted(entry.items()) if name != "severity"},
    )


def _custom(path: str, index: int, entry: Mapping[str, Any]) -> CustomRule:
    return CustomRule(
        entry["id"],
        Subject(entry.get("about", Subject.KEY)),
        entry["deny"],
        Severity(entry.get("severity", Severity.ERROR)),
        entry["message"],
        entry["reason"],
        entry["remedy"],
        Place(path, ("custom", index)),
    )
