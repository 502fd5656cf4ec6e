"""How strictly a rule holds for one subject: the rule set's word, changed by the policy's layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from keyctl.model.finding import Finding, Severity
from keyctl.model.names import AccountName, AppName, ExchangeId
from keyctl.model.place import Place, Pointer
from keyctl.model.policy import Policy, RuleSet, Settings
from keyctl.model.rules import RULES, found
from keyctl.policy.rule import Parameters, PolicyRule
from keyctl.registry.policy_file import POLICY


@dataclass(frozen=True, slots=True)
class Armed:
    """A rule as it holds for some subjects."""

    rule: PolicyRule
    severity: Severity
    parameters: Parameters


def armed(rules: Iterable[PolicyRule], chosen: RuleSet, layers: Sequence[Settings]) -> tuple[Armed, ...]:
    """The rules that are not silent, with their numbers; the last layer that says something decides."""
    return tuple(one for rule in rules if (one := _armed(rule, chosen, layers)) is not None)


def _armed(rule: PolicyRule, chosen: RuleSet, layers: Sequence[Settings]) -> Armed | None:
    severity = rule.severity(chosen)
    parameters = {one.name: one.default(chosen) for one in rule.parameters}
    for layer in layers:
        setting = layer.get(rule.name)
        if setting is None:
            continue
        parameters.update(setting.parameters)
        if rule.law:
            if setting.severity is not None and severity is not None and setting.severity.rank > severity.rank:
                severity = setting.severity
        elif setting.off:
            severity = None
        elif setting.severity is not None:
            severity = setting.severity
    return None if severity is None else Armed(rule, severity, parameters)


def parameters_of(
    rule: PolicyRule, policy: Policy, exchange: ExchangeId | None, account: AccountName | None, app: AppName | None
) -> Parameters:
    """A rule's numbers for one subject, whether or not it is silent there."""
    parameters = {one.name: one.default(policy.set) for one in rule.parameters}
    for layer in policy.layers(exchange, account, app):
        if rule.name in layer:
            parameters.update(layer[rule.name].parameters)
    return parameters


def adjusted(finding: Finding, layers: Sequence[Settings], chosen: RuleSet) -> Finding | None:
    """A finding of a rule that is no policy, as the policy wants it; None where it is silenced. One that causes an exit
    reason whatever its severity is left as it is, and so is one by a rule whose findings do."""
    known = RULES.get(finding.rule)
    if finding.consequence is not None or (known is not None and known.consequence is not None):
        return finding
    if known is not None and known.strict is not None:
        finding = replace(finding, severity=known.severity_in(chosen))
    for layer in layers:
        setting = layer.get(finding.rule)
        if setting is not None and setting.off:
            return None
        if setting is not None and setting.severity is not None:
            finding = replace(finding, severity=setting.severity)
    return finding


def mistakes(policy: Policy, rules: Sequence[PolicyRule]) -> Iterator[Finding]:
    """What policy.yaml says of rules and parameters that are not there, or that nobody may change."""
    known = {rule.name: rule for rule in rules}
    for pointer, settings in _sections(policy):
        for name, setting in settings.items():
            at = (*pointer, name)
            rule = known.get(name)
            if rule is None and name not in RULES:
                yield _wrong(f"there is no rule {name!r}", "see 'exchange-keyctl explain' for all of them", at)
                continue
            takes = {one.name for one in rule.parameters} if rule else set()
            for parameter in setting.parameters:
                if parameter not in takes:
                    told = f"it takes {', '.join(sorted(takes))}" if takes else "it takes none"
                    yield _wrong(f"rule {name!r} has no parameter {parameter!r}", told, (*at, parameter))
            unbending = rule.law if rule else RULES[name].consequence is not None
            if unbending and (setting.off or setting.severity is not None):
                remedy = "take it out; laws hold as they are"
                yield _wrong(f"rule {name!r} is none whose severity policy can change", remedy, (*at, "severity"))


def _sections(policy: Policy) -> Iterator[tuple[Pointer, Settings]]:
    yield ("rules",), policy.rules
    for section, by_name in (
        ("exchanges", policy.exchanges),
        ("accounts", policy.accounts),
        ("apps", policy.apps),
    ):
        for name, settings in by_name.items():
            yield (section, str(name)), settings


def _wrong(message: str, remedy: str, pointer: Pointer) -> Finding:
    return found("policy-invalid", message, remedy, place=Place(POLICY, pointer))
