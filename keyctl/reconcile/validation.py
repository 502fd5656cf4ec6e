"""A whole validate: what the checkout and its history say, held against the policy; no exchange is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from keyctl.model.finding import Finding, Severity, exit_reasons, in_order
from keyctl.model.validation import Validation
from keyctl.policy.judge import Judged, judge, judge_laws
from keyctl.policy.world import World, known_venue
from keyctl.reconcile.desired import Desired
from keyctl.reconcile.narrowing import Narrowing
from keyctl.registry.positions import locate


def validated(
    root: Path,
    desired: Desired,
    *,
    now: datetime,
    with_history: bool = True,
    only: Narrowing | None = None,
    fail_on: Severity = Severity.ERROR,
) -> Validation:
    """The result, with places. One without history, or of a part, is partial.

    Raises Refusal for a name in ``only`` that is not declared.
    """
    only = only or Narrowing()
    findings: Iterable[Finding] = judged(desired, now).findings
    if only and desired.registry is not None:
        only.check(desired.registry)
        findings = [one for one in findings if only.keeps_finding(one, desired.registry)]
    ordered = in_order(list(locate(root, findings)))
    return Validation(desired.counts, bool(only) or not with_history, ordered, exit_reasons(ordered, fail_on))


def judged(desired: Desired, now: datetime) -> Judged:
    """What there is to say of the checkout, and what could be mended mechanically."""
    registry = desired.registry
    world = World(registry or desired.readable, now, known_venue, None, desired.texts)
    if registry is not None:
        return judge(world, registry.policy, registry.waivers, desired.findings)
    return judge_laws(world, desired.findings)
