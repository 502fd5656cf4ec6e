"""What one policy says of rules otherwise than another, and whether that lets more pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keyctl.model.finding import Risk, Severity
from keyctl.model.place import Pointer
from keyctl.model.policy import Policy, Setting, Settings
from keyctl.model.rules import RULES
from keyctl.policy import catalogue
from keyctl.policy.rule import Looser
from keyctl.registry.policy_file import OFF


@dataclass(frozen=True, slots=True)
class Shift:
    """One field of one rule's settings; ``before`` and ``after`` are as policy.yaml has them, None where it says
    nothing. An escalation lets more pass, a reduction less; neutral is what only says otherwise what held before."""

    rule: str
    field: str
    before: str | None
    after: str | None
    risk: Risk
    pointer: Pointer


def shifts(was: Policy, now: Policy) -> Iterator[Shift]:
    """By section and rule. What the absence of a word means is what the rule set, or the rule's setting above, says."""
    for pointer, before, after in _sections(was, now):
        for name in sorted({*before, *after}):
            old, new = before.get(name, Setting()), after.get(name, Setting())
            yield from _severity(name, old, new, was, now, (*pointer, name, "severity"))
            for parameter in sorted({*old.parameters, *new.parameters}):
                yield from _parameter(name, parameter, old, new, was, now, (*pointer, name, parameter))


def _sections(was: Policy, now: Policy) -> Iterator[tuple[Pointer, Settings, Settings]]:
    yield ("rules",), was.rules, now.rules
    for section in ("exchanges", "accounts", "apps"):
        before, after = getattr(was, section), getattr(now, section)
        for name in sorted({*before, *after}):
            yield (section, str(name)), before.get(name, {}), after.get(name, {})


def _severity(rule: str, old: Setting, new: Setting, was: Policy, now: Policy, pointer: Pointer) -> Iterator[Shift]:
    before, after = _word(old), _word(new)
    if before == after:
        return
    then, since = _rank(rule, old, was), _rank(rule, new, now)
    yield Shift(rule, "severity", before, after, _risk(then, since, weaker=since < then), pointer)


def _word(setting: Setting) -> str | None:
    return OFF if setting.off else setting.severity.value if setting.severity else None


def _rank(rule: str, setting: Setting, policy: Policy) -> int:
    """From -1 for a silent rule to that of critical. A rule that nothing is known of counts as an error where it is not
    mentioned: less than that is taken for weaker."""
    for one in (setting, policy.rules.get(rule, Setting())):
        if one.off:
            return -1
        if one.severity is not None:
            return one.severity.rank
    known = catalogue.rule(rule)
    if known is not None:
        default = known.severity(policy.set)
        return -1 if default is None else default.rank
    return RULES[rule].severity_in(policy.set).rank if rule in RULES else Severity.ERROR.rank


def _parameter(
    rule: str, name: str, old: Setting, new: Setting, was: Policy, now: Policy, pointer: Pointer
) -> Iterator[Shift]:
    before, after = old.parameters.get(name), new.parameters.get(name)
    if before == after:
        return
    known = catalogue.rule(rule)
    declared = next((one for one in known.parameters if one.name == name), None) if known else None

    def effective(value: int | None, policy: Policy) -> int | None:
        if value is None and rule in policy.rules:
            value = policy.rules[rule].parameters.get(name)
        return declared.default(policy.set) if value is None and declared is not None else value

    then, since = effective(before, was), effective(after, now)
    if since is None:
        weaker = then is not None
    elif then is None:
        weaker = False
    else:
        weaker = since < then if declared is not None and declared.looser is Looser.LOWER else since > then
    shown = [None if one is None else str(one) for one in (before, after)]
    yield Shift(rule, name, shown[0], shown[1], _risk(then, since, weaker=weaker), pointer)


def _risk(then: int | None, since: int | None, *, weaker: bool) -> Risk:
    if then == since:
        return Risk.NEUTRAL
    return Risk.ESCALATION if weaker else Risk.REDUCTION
