"""``keyctl explain``."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from keyctl.cli.options import RegistryOption
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal

if TYPE_CHECKING:
    from keyctl.model.finding import Finding
    from keyctl.policy.explained import Explained
    from keyctl.reports.formats import Style

_FINGERPRINT = re.compile(r"[0-9a-f]{8,64}")
_INDENT = 10
_PLACE = re.compile(r"(?P<path>[^\s:]+\.[a-z]+)(?::(?P<line>\d+))?(?::\d+)?")


def explain(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[RULE|FINDING]",
            help="A rule's name; or a finding, by its place (path:line) or its fingerprint in a report.",
            show_default=False,
        ),
    ] = None,
    registry: RegistryOption = None,
) -> None:
    """What a rule or a finding means, why it matters and what to do; without an argument, all rules."""
    from keyctl.cli.output import terminal_style
    from keyctl.policy.explained import explained, names

    style = terminal_style()
    if what is None:
        sys.stdout.writelines(line + "\n" for line in _all(style))
        return
    known = explained(what)
    if known is not None:
        sys.stdout.writelines(line + "\n" for line in _page(known, style))
        return
    if _FINGERPRINT.fullmatch(what) or ("." in what and _PLACE.fullmatch(what)):
        findings = _found(what, registry)
        told = dict.fromkeys(finding.rule for finding in findings)
        sys.stdout.writelines(line + "\n" for line in _findings(findings, style))
        for name in told:
            page = explained(name)
            sys.stdout.writelines(line + "\n" for line in (_page(page, style) if page is not None else ()))
        return
    near = get_close_matches(what, names(), n=1)
    remedy = "'exchange-keyctl explain' lists all rules"
    raise Refusal(f"there is no rule {what!r}", f"did you mean {near[0]!r}? {remedy}" if near else remedy)


def _found(what: str, registry: object) -> list[Finding]:
    """The findings of a validate at a place, or with a fingerprint that begins so. Raises Refusal if there is none."""
    from pathlib import Path

    from keyctl.history.git import prefix_of
    from keyctl.reconcile.desired import read_desired
    from keyctl.reconcile.validation import validated
    from keyctl.reports.placed import placed

    root = registry_root(registry if isinstance(registry, Path) else None)
    progress = Progress()
    desired = read_desired(root, environ=os.environ, progress=progress.commits)
    progress.done()
    result = validated(root, desired, now=datetime.now(UTC))
    place = _PLACE.fullmatch(what)
    findings = [
        one.finding
        for one in placed(result.findings, prefix_of(root))
        if one.fingerprint.startswith(what)
        or (
            place is not None
            and one.finding.place is not None
            and place["path"] in (one.finding.place.path, one.path)
            and place["line"] in (None, str(one.finding.place.line))
        )
    ]
    if not findings:
        raise Refusal(
            f"validate finds nothing at {what!r}",
            "a finding of reconcile or review names its rule: 'exchange-keyctl explain RULE' tells of it",
        )
    return findings


def _findings(findings: list[Finding], style: Style) -> Iterator[str]:
    from keyctl.reports.text import told

    for finding in findings:
        yield from told(finding, style)


def _page(rule: Explained, style: Style) -> Iterator[str]:
    from keyctl.reports.text import wrapped

    def part(title: str, text: str) -> Iterator[str]:
        for n, line in enumerate(wrapped(text, style.width - _INDENT)):
            yield f"{title if n == 0 else '':{_INDENT}}{line}"

    yield rule.name
    yield from part("what", rule.meaning)
    yield from part("why", rule.reason)
    yield from part("remedy", rule.remedy)
    yield from part("severity", _severity(rule))
    if rule.parameters:
        for one in rule.parameters:
            base, strict = ("none" if number is None else str(number) for number in (one.base, one.strict))
            yield from part("setting", f"{one.name}: {one.meaning} (base {base}, strict {strict})")
    if rule.others:
        yield from part("depends", f"on {rule.others} too")
    if rule.live:
        yield from part("when", "reconcile only: it needs to know what the exchange reports")
    yield from part("page", rule.page)
    yield ""


def _severity(rule: Explained) -> str:
    words = [one.value if one is not None else "silent" for one in (rule.base, rule.strict)]
    told = words[0] if words[0] == words[1] else f"{words[0]} in the set base, {words[1]} in strict"
    if rule.consequence is not None:
        return f"{told}; ends a run as {rule.consequence.value} whatever its severity, and nobody can waive it"
    if rule.unbending:
        return f"{told}; nobody can lower or waive it"
    return f"{told}; registry/policy.yaml can change it, for one exchange, account or app too"


def _all(style: Style) -> Iterator[str]:
    from keyctl.policy.explained import explained, names

    width = max(len(name) for name in names())
    for name in names():
        rule = explained(name)
        assert rule is not None
        severity = rule.base.value if rule.base is not None else "silent"
        line = f"{name:{width}}  {severity:8}  {rule.meaning}"
        yield line if len(line) <= style.width else line[: style.width - 1] + "…"
