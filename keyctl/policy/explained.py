"""All that there is to say of one rule, whichever room finds by it."""

from __future__ import annotations

from dataclasses import dataclass

from keyctl.model.finding import Confidence, ExitReason, Severity
from keyctl.model.policy import RuleSet
from keyctl.model.rules import RULES
from keyctl.policy import catalogue
from keyctl.policy.rule import Parameter, PolicyRule

PAGE = "docs/rules.md"


@dataclass(frozen=True, slots=True)
class Explained:
    """``base`` and ``strict`` are the severities in the rule sets, None where the rule is silent. ``consequence`` is
    the exit reason that each finding causes whatever its severity. Nobody can lower or waive ``unbending`` rules."""

    name: str
    meaning: str
    reason: str
    remedy: str
    base: Severity | None
    strict: Severity | None
    confidence: Confidence
    consequence: ExitReason | None = None
    parameters: tuple[Parameter, ...] = ()
    others: str = ""
    live: bool = False
    unbending: bool = False

    @property
    def page(self) -> str:
        """Where the documentation has it."""
        return f"{PAGE}#{self.name}"


def explained(name: str) -> Explained | None:
    """What is known of a rule; None for one that is not there."""
    rule = catalogue.rule(name)
    if rule is not None:
        return _of(rule)
    row = RULES.get(name)
    if row is None:
        return None
    return Explained(
        name,
        row.meaning,
        row.reason,
        row.remedy,
        row.severity_in(RuleSet.BASE),
        row.severity_in(RuleSet.STRICT),
        row.confidence,
        consequence=row.consequence,
        unbending=row.consequence is not None,
    )


def names() -> tuple[str, ...]:
    """Every rule: policy first, in the catalogue's order."""
    return (*(rule.name for rule in catalogue.rules()), *RULES)


def _of(rule: PolicyRule) -> Explained:
    return Explained(
        rule.name,
        rule.meaning,
        rule.reason,
        rule.remedy,
        rule.base,
        rule.strict,
        rule.confidence,
        parameters=rule.parameters,
        others=rule.others,
        live=rule.live,
        unbending=rule.law,
    )
