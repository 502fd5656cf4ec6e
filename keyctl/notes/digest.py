"""What is new since people were last told: one message a run, and none when nothing moved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keyctl.model.comparison import Comparison
from keyctl.model.finding import ExitReason, Finding, Severity
from keyctl.model.live import Coverage
from keyctl.notes.memory import Told
from keyctl.reports import sentences
from keyctl.reports.formats import Result
from keyctl.reports.placed import Placed, placed
from keyctl.reports.text import plain

SHOWN = 10
"""How many new findings, and how many resolved ones, a message spells out."""
SENTENCE = 300
"""Characters of one message or remedy."""

_REFERENCE = re.compile(r"([@#<])(?=\S)")
"""Chats make mentions and links of these; an invisible joiner parts them."""


@dataclass(frozen=True, slots=True)
class Digest:
    """``new`` was never told, ``resolved`` was told and is gone, ``known`` counts what is open and was told before.
    ``after`` is what counts as told once the message is delivered."""

    new: tuple[Placed, ...]
    resolved: tuple[Told, ...]
    known: int
    after: Mapping[str, Told]

    def __bool__(self) -> bool:
        return bool(self.new or self.resolved)


def digest(result: Result, before: Mapping[str, Told], fail_on: Severity) -> Digest:
    """What of the result to tell: whatever keeps its exit status from 0.

    That a finding is missing shows that it is resolved only where the run would have seen it: not in a partial run, not
    where files or history can't be relied on, and not on an account that could not be observed.
    """
    present = {one.fingerprint: one for one in placed(result.findings, "")}
    open_now = {mark: one for mark, one in present.items() if _counts(one.finding, fail_on)}
    blind = result.partial or ExitReason.FAILED in result.exit_reasons
    unseen = _unseen(result)
    gone = {
        mark: one
        for mark, one in before.items()
        if mark not in open_now and not blind and not (one.account in unseen and one.rule != "account-incomplete")
    }
    kept = {mark: one for mark, one in before.items() if mark not in gone}
    new = tuple(one for mark, one in open_now.items() if mark not in before)
    return Digest(
        new, tuple(gone.values()), len(kept), {**kept, **{one.fingerprint: _named(one.finding) for one in new}}
    )


def message(told: Digest, result: Result) -> tuple[str, str]:
    """Title and text, plain, with nothing in them that a chat would act on."""
    parts = [f"{len(told.new)} new", f"{len(told.resolved)} resolved", f"{told.known} still open"]
    title = f"keyctl {sentences.title(result).lower()}: {', '.join(parts)}"
    return title, "\n".join(_lines(told, result)) + "\n"


def _lines(told: Digest, result: Result) -> Iterator[str]:
    yield sentences.verdict(result)
    for one in told.new[:SHOWN]:
        finding = one.finding
        yield ""
        yield _inert(f"{finding.severity.value.upper()} {finding.rule} {_subject(_named(finding))}".rstrip())
        yield "  " + _inert(finding.message)
        yield "  -> " + _inert(finding.remedy)
    if len(told.new) > SHOWN:
        yield ""
        yield f"and {len(told.new) - SHOWN} more new findings; the run's report has them all"
    if told.resolved:
        yield ""
    for gone in told.resolved[:SHOWN]:
        yield _inert(f"resolved: {gone.rule} {_subject(gone)}".rstrip())
    if len(told.resolved) > SHOWN:
        yield f"and {len(told.resolved) - SHOWN} more are resolved"


def _counts(finding: Finding, fail_on: Severity) -> bool:
    # a heartbeat that nobody is told of is none
    least = Severity.WARNING if finding.rule == "heartbeat" and fail_on.rank > Severity.WARNING.rank else fail_on
    decides = finding.consequence is not None and finding.severity is not Severity.INFO
    return decides or finding.severity.rank >= least.rank


def _unseen(result: Result) -> frozenset[str]:
    if not isinstance(result, Comparison):
        return frozenset()
    return frozenset(row.name for row in result.accounts if row.coverage is Coverage.INCOMPLETE)


def _named(finding: Finding) -> Told:
    return Told(finding.rule, finding.key, finding.account, finding.place.path if finding.place else None)


def _subject(one: Told) -> str:
    named = [f"key {one.key}" if one.key else "", f"account {one.account}" if one.account else ""]
    return ", ".join(filter(None, named)) or (one.path or "")


def _inert(text: str) -> str:
    short = text if len(text) <= SENTENCE else text[: SENTENCE - 1] + "…"
    return _REFERENCE.sub("\\1\u2060", plain(short))
