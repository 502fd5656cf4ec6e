"""Policy and waivers of one side, as far as a review has to understand them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from keyctl.model.finding import Severity
from keyctl.registry.reader import YamlError, read
from keyctl.registry.schema import types, validity

POLICY, WAIVERS = "registry/policy.yaml", "registry/waivers.yaml"
STRICT = "strict"
MAX_LIFETIME = "max-lifetime"


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """What policy.yaml says of one rule; None where it says nothing."""

    severity: Severity | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """One exception; ``key`` is a name with ``*`` and ``?`` for any characters."""

    rule: str
    key: str
    reason: str
    approved_by: str
    expires: date


@dataclass(frozen=True, slots=True)
class Policy:
    """``waivers`` are by rule and key; of several alike the one that ends last."""

    set: str = "base"
    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    waivers: Mapping[tuple[str, str], Waiver] = field(default_factory=dict)

    @property
    def max_lifetime(self) -> int | None:
        """Days from issue to the last day of a key; None where the policy names no number."""
        return self.rules.get(MAX_LIFETIME, RuleSetting()).days


def policy_of(files: Mapping[str, bytes]) -> Policy:
    """From a side's files. What is absent, or refused, says nothing: the loading of the side tells of the latter."""
    rules = _document(files, POLICY, "policy")
    waivers: dict[tuple[str, str], Waiver] = {}
    for entry in _document(files, WAIVERS, "waivers").get("waivers") or ():
        one = Waiver(
            entry["rule"], entry["key"], entry["reason"], entry["approved_by"], date.fromisoformat(entry["expires"])
        )
        known = waivers.get((one.rule, one.key))
        if known is None or known.expires < one.expires:
            waivers[one.rule, one.key] = one
    return Policy(
        rules.get("set", "base"),
        {name: _setting(entry) for name, entry in sorted(rules.get("rules", {}).items())},
        dict(sorted(waivers.items())),
    )


def _setting(entry: Mapping[str, Any]) -> RuleSetting:
    severity = entry.get("severity")
    return RuleSetting(Severity(severity) if severity is not None else None, entry.get("days"))


def _document(files: Mapping[str, bytes], path: str, schema: str) -> dict[str, Any]:
    try:
        document = read(files[path], types(schema))
    except (KeyError, YamlError):
        return {}
    return document if isinstance(document, dict) and validity(schema)(document) else {}
