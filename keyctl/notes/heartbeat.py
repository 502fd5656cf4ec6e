"""A reconcile that nobody runs finds nothing: the next one says how long none was complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from math import isfinite

from keyctl.model.comparison import Comparison
from keyctl.model.finding import Finding, Severity, exit_reasons, in_order
from keyctl.model.refusal import Refusal
from keyctl.model.rules import found
from keyctl.model.times import instant
from keyctl.notes.memory import STATE, Memory

HOURS = "KEYCTL_HEARTBEAT_HOURS"
DEFAULT_HOURS = 26.0
"""A daily run, and two hours for a late one."""
_AHEAD = timedelta(minutes=5)
"""How far the clocks of two runners may differ."""
_REMEDY = "see whether the scheduled pipeline runs, and why its runs are partial or leave accounts out"


def hours(environ: Mapping[str, str]) -> float:
    """How long there may be no complete run. Raises Refusal for what is no positive number."""
    text = environ.get(HOURS) or ""
    try:
        number = float(text) if text else DEFAULT_HOURS
    except ValueError:
        number = 0.0
    if number > 0 and isfinite(number):
        return number
    raise Refusal(f"{HOURS} is {text!r}", f"give it a number of hours above 0, or leave it away for {DEFAULT_HOURS:g}")


def beat(comparison: Comparison, memory: Memory, limit: float, fail_on: Severity) -> Comparison:
    """The comparison with what the memory says of the runs before it, judged at the comparison's own time."""
    finding = _finding(comparison, memory, limit)
    earlier = memory.last_complete
    if earlier is not None and earlier > comparison.generated_at + _AHEAD:
        earlier = None
    findings = in_order([*comparison.findings, *([finding] if finding else [])])
    return replace(comparison, findings=findings, exit_reasons=exit_reasons(findings, fail_on), last_complete=earlier)


def _finding(comparison: Comparison, memory: Memory, limit: float) -> Finding | None:
    last = memory.last_complete
    if memory.odd is not None:
        message = f"when a reconcile was last complete is not known: {memory.odd}"
        return found("heartbeat", message, f"let {STATE} name a file of this registry's own; this run writes it anew")
    if last is None:
        message = "no complete reconcile is remembered: this is the first, or what earlier ones wrote was not kept"
        remedy = f"keep the file that {STATE} names from run to run (docs/notes.md)"
        return found("heartbeat", message, remedy, severity=Severity.INFO)
    if last > comparison.generated_at + _AHEAD:
        message = f"the last complete reconcile is said to have been at {instant(last)}, which is yet to come"
        return found("heartbeat", message, f"see the runners' clocks; a complete run corrects {STATE}")
    gap = (comparison.generated_at - last).total_seconds() / 3600
    if gap <= limit:
        return None
    message = f"no reconcile was complete for {int(gap)} hours, since {instant(last)}; at most {limit:g} are expected"
    return found("heartbeat", message, _REMEDY)
