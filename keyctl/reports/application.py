"""A run that acted: what came of each action, what was written, and how things stand at its end."""

from __future__ import annotations

from collections import Counter
from typing import Any

from keyctl import __version__
from keyctl.model.application import Application, Written
from keyctl.model.attempt import Attempt, Outcome
from keyctl.model.comparison import SCHEMA_VERSION
from keyctl.model.finding import ExitReason
from keyctl.model.identifier import Identifier
from keyctl.model.times import instant
from keyctl.reports import sentences
from keyctl.reports.document import finding_row, shift_row, summary
from keyctl.reports.formats import Style
from keyctl.reports.page import Block, Cell, Entry, Page, Table

_COLOURS = {
    Outcome.DONE: "green",
    Outcome.FAILED: "bold red",
    Outcome.NOT_TRIED: "yellow",
    Outcome.BY_HAND: "magenta",
}


def document(view: Application, style: Style) -> dict[str, Any]:
    """The document of schema ``application``."""
    after = view.after
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": __version__,
        "command": view.verb.value,
        "run": view.run,
        "generated_at": instant(view.generated_at),
        "exit_reasons": [reason.value for reason in view.exit_reasons],
        "outcomes": [_outcome(attempt, style) for attempt in view.attempts],
        "written": [_written(one, style) for one in view.written],
        "commit": view.commit,
        "branch": view.branch,
        "pushed": view.pushed,
        "notes": list(view.notes),
        "findings": [] if after is None else [finding_row(finding) for finding in after.findings],
        "summary": {
            **{outcome.value: number for outcome, number in _counted(view).items()},
            "state": None if after is None else summary(after),
        },
    }


def page(view: Application) -> Page:
    """Outcomes in the order in which they came; then what people have to do; then the state at the end."""
    blocks: list[Block] = []
    if view.attempts:
        columns = ("outcome", "do", "key", "account", "id", "what came of it")
        blocks.append(Table(columns, tuple(_cells(attempt) for attempt in view.attempts), 100))
    for attempt in view.attempts:
        if attempt.action.manual:
            action = attempt.action
            heading = (Cell(f"by hand: {action.op.value} {action.key or 'an undeclared key'}", "magenta"),)
            blocks.append(Entry(heading, tuple(Cell(f"{n}. {step}") for n, step in enumerate(action.manual, 1))))
    if view.written:
        rows = tuple(
            (
                Cell(str(one.key or "-")),
                Cell(one.identifier.display),
                Cell(one.what if one.why_not is None else f"not written: {one.why_not}", "red" if one.why_not else ""),
                Cell(one.path),
            )
            for one in view.written
        )
        blocks.append(Table(("key", "id", "written back", "file"), rows, 100, "Written back"))
    findings = view.after.findings if view.after is not None else ()
    return Page(
        title=view.verb.value.capitalize(),
        blocks=tuple(blocks),
        findings=findings,
        caveats=(*view.notes, *_where(view)),
        counts=_counts(view),
        verdict=_verdict(view),
        good=not view.exit_reasons,
    )


def _verdict(view: Application) -> str:
    """In words of what was to be done; those of a comparison are about its input."""
    left = sentences.reasons(reason for reason in view.exit_reasons if reason is not ExitReason.FAILED)
    if ExitReason.FAILED in view.exit_reasons:
        return "failed: not all of it was done" + (f"; {left}" if left else "")
    if left:
        return f"done; {left}"
    return "done" if view.after is None else "done, and in sync"


def _where(view: Application) -> tuple[str, ...]:
    if not view.written or all(one.why_not for one in view.written):
        return ()
    if view.branch is None:
        return ("What was done is written into the files of this checkout: commit them, and have them merged.",)
    made = f"commit {(view.commit or '')[:12]} on branch {view.branch}"
    if not view.pushed:
        return (f"What was done is in {made} of this clone: push it, and have it merged.",)
    return (f"What was done is in {made}, which was pushed: have it merged.",)


def _counted(view: Application) -> dict[Outcome, int]:
    counted = Counter(attempt.outcome for attempt in view.attempts)
    return {outcome: counted[outcome] for outcome in Outcome}


def _counts(view: Application) -> str:
    told = ", ".join(f"{number} {outcome.value}" for outcome, number in _counted(view).items() if number)
    return f"{sentences.plural(len(view.attempts), 'action')}: {told or 'nothing to do'}"


def _outcome(attempt: Attempt, style: Style) -> dict[str, Any]:
    action = attempt.action
    identifier = attempt.made or action.identifier
    shown = {
        "op": action.op.value,
        "key": action.key,
        "account": action.account,
        "fingerprint": identifier.fingerprint if identifier else None,
        "display": identifier.display if identifier else None,
        "reason": action.reason,
        "risk": action.risk.value,
        "outcome": attempt.outcome.value,
        "said": attempt.said,
        "place": attempt.place,
        "changes": [shift_row(change) for change in attempt.changes],
        "unknown": list(attempt.unknown),
        "manual": list(action.manual) or None,
    }
    return shown | _whole(identifier, style)


def _written(one: Written, style: Style) -> dict[str, Any]:
    shown = {
        "path": one.path,
        "key": one.key,
        "fingerprint": one.identifier.fingerprint,
        "what": one.what,
        "why_not": one.why_not,
    }
    return shown | _whole(one.identifier, style)


def _whole(identifier: Identifier | None, style: Style) -> dict[str, Any]:
    return {"id": identifier.text if identifier else None} if style.full_ids else {}


def _cells(attempt: Attempt) -> tuple[Cell, ...]:
    action = attempt.action
    identifier = attempt.made or action.identifier
    told = [attempt.said]
    told += [f"the exchange has {sentences.shift(change)}" for change in attempt.changes]
    if attempt.unknown and attempt.outcome is Outcome.DONE:
        told.append(f"not proven: {', '.join(attempt.unknown)}")
    return (
        Cell(attempt.outcome.value, _COLOURS[attempt.outcome]),
        Cell(action.op.value),
        Cell(action.key or "(undeclared)"),
        Cell(action.account),
        Cell(identifier.display if identifier else "-"),
        Cell("; ".join(told)),
    )
