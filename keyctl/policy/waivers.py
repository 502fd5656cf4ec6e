"""Exceptions: a waived finding stays visible and counts no more; what is wrong with a waiver is a finding itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from keyctl.model.finding import Finding, Severity
from keyctl.model.names import KeyName
from keyctl.model.policy import Subject, Waiver
from keyctl.model.rules import RULES, found
from keyctl.policy.rule import Edit, PolicyRule
from keyctl.policy.world import World

_BESIDE_POLICY = frozenset({"assumed", "expires-early", "unobserved"})
"""Rules that are no policy and can be waived all the same: nothing follows from their findings."""


class Exceptions:
    """The waivers of a registry at work: which of them hold, and what each one excused."""

    def __init__(self, waivers: Sequence[Waiver], rules: Sequence[PolicyRule], world: World) -> None:
        self._waivers = waivers
        self._rules = {rule.name: rule for rule in rules}
        self._world = world
        self._holding: dict[str, list[Waiver]] = {}
        self._used: dict[Waiver, set[KeyName]] = {}
        for one in sorted(waivers, key=lambda one: one.expires, reverse=True):
            if one.expires >= world.today and waivable(one.rule, self._rules):
                self._holding.setdefault(one.rule, []).append(one)

    def applied(self, finding: Finding) -> Finding:
        """The finding, informational and with the reason if a waiver is about it; the one that ends last speaks."""
        covering = self.about(finding)
        if not covering or finding.key is None:
            return finding
        for one in covering:
            self._used.setdefault(one, set()).add(finding.key)
        one = covering[0]
        words = f"waived until {one.expires} by {one.approved_by} ({one.reason}): {finding.message}"
        return replace(finding, severity=Severity.INFO, message=words)

    def about(self, finding: Finding) -> list[Waiver]:
        """The waivers that hold and are about a finding."""
        key = finding.key
        if key is None or finding.consequence is not None:
            return []
        return [one for one in self._holding.get(finding.rule, ()) if one.covers(key)]

    def complaints(self, *, whole: bool) -> tuple[list[Finding], list[Edit]]:
        """What is wrong with the waivers, after all findings went by, and those that can be removed without letting
        anything more pass. ``whole`` says that every account was looked at that could be; else waivers of live rules
        are not called unused."""
        told: list[Finding] = []
        needless: list[Edit] = []
        for one in self._waivers:
            finding = self._complaint(one, whole=whole)
            if finding is not None:
                told.append(finding)
                if finding.rule in ("waiver-expired", "waiver-unused"):
                    needless.append(Edit(one.place.path, one.place.pointer))
        return told, needless

    def _complaint(self, one: Waiver, *, whole: bool) -> Finding | None:
        if one.rule not in self._rules and one.rule not in RULES:
            message = f"there is no rule {one.rule!r}"
            return _tell("waiver-invalid", one, message, "correct the name, or remove the waiver")
        if not waivable(one.rule, self._rules):
            message = f"rule {one.rule!r} can't be waived: it is a law, or something that nobody may overlook"
            return _tell("waiver-invalid", one, message, "remove the waiver, and do what the rule's findings say")
        if one.expires < self._world.today:
            message = f"the waiver of {one.rule} for {one.key} ended on {one.expires}"
            return _tell(
                "waiver-expired", one, message, "remove it; if the exception is still right, have it approved anew"
            )
        matched = [name for name in self._world.registry.keys if one.covers(name)]
        if not matched:
            message = f"the waiver of {one.rule} is for {one.key}, and no key has such a name"
            return _tell("waiver-unused", one, message, "remove it, or correct the name")
        return self._idle(one, matched) if self._can_tell(one, whole=whole) else None

    def _can_tell(self, one: Waiver, *, whole: bool) -> bool:
        """Whether everything was looked at that could have needed the waiver."""
        rule = self._rules.get(one.rule)
        return (rule is not None and not rule.live) or (whole and self._world.snapshot is not None)

    def _idle(self, one: Waiver, matched: list[KeyName]) -> Finding | None:
        used = sorted(self._used.get(one, ()))
        if not used:
            message = f"the waiver of {one.rule} for {one.key} excuses nothing: no key that it covers breaks the rule"
            return _tell("waiver-unused", one, message, "remove it")
        idle = [name for name in matched if name not in used]
        if not idle:
            return None
        told = ", ".join(idle[:5]) + (f" and {len(idle) - 5} more" if len(idle) > 5 else "")
        message = f"the waiver of {one.rule} for {one.key} also covers keys that do not need it: {told}"
        return _tell("waiver-broad", one, message, f"name the keys that do: {', '.join(used[:5])}")


def waivable(name: str, rules: Mapping[str, PolicyRule]) -> bool:
    """Whether a rule can be waived: policy about keys can, and findings from which nothing follows; laws can't."""
    rule = rules.get(name)
    return name in _BESIDE_POLICY or (rule is not None and rule.about is Subject.KEY and not rule.law)


def _tell(rule: str, one: Waiver, message: str, remedy: str) -> Finding:
    return found(rule, message, remedy, place=one.place)
