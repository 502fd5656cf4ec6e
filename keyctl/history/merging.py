"""How events reached the protected branch, and which of them a merge left out on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from keyctl.history.events import Draft, Events
from keyctl.history.trace import Side, Trace, Transition
from keyctl.model.life import Deed


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event, and whether it is on the protected branch (None: no such branch is known); ``merge`` is the commit of
    its first-parent chain that brought it there, None where that is the event's own."""

    draft: Draft
    on_protected: bool | None
    merge: str | None


def arrivals(trace: Trace, tip: str | None, events: Events, drafts: Sequence[Draft]) -> tuple[Arrival, ...]:
    """Every event with its arrival, merges that left something out among them, parents before children."""
    lost = _left_out(trace, events, drafts, _contained(trace, drafts))
    order = {commit: number for number, commit in enumerate(reversed(trace.commits))}
    everything = sorted([*drafts, *lost], key=lambda draft: order[draft.commit])
    contained = _contained(trace, everything)
    if tip is None:
        return tuple(Arrival(draft, None, None) for draft in everything)
    brought = _brought(trace, tip, contained)
    found = []
    for number, draft in enumerate(everything):
        merge = brought.get(number)
        found.append(Arrival(draft, merge is not None, None if merge == draft.commit else merge))
    return tuple(found)


def _contained(trace: Trace, drafts: Sequence[Draft]) -> dict[str, int]:
    """For each commit the events that it or an ancestor made, one bit each."""
    own: dict[str, int] = {}
    for number, draft in enumerate(drafts):
        own[draft.commit] = own.get(draft.commit, 0) | 1 << number
    contained: dict[str, int] = {}
    for commit in reversed(trace.commits):
        bits = own.get(commit, 0)
        for parent in trace.parents[commit]:
            bits |= contained.get(parent, 0)
        contained[commit] = bits
    return contained


def _brought(trace: Trace, tip: str, contained: Mapping[str, int]) -> dict[int, str]:
    """For each event on the branch the oldest commit of its first-parent chain that contains it."""
    chain = []
    commit: str | None = tip
    while commit is not None and commit in trace.parents:
        chain.append(commit)
        commit = next(iter(trace.parents[commit]), None)
    found: dict[int, str] = {}
    seen = 0
    for commit in reversed(chain):
        new = contained[commit] & ~seen
        seen |= new
        while new:
            lowest = new & -new
            found[lowest.bit_length() - 1] = commit
            new ^= lowest
    return found


def _left_out(trace: Trace, events: Events, drafts: Sequence[Draft], contained: Mapping[str, int]) -> list[Draft]:
    """Merges that took one parent's version of a file although another parent had gone on from it."""
    found: list[Draft] = []
    for commit in trace.commits:
        parents = trace.parents[commit]
        if len(parents) < 2:
            continue
        differing: dict[str, list[Transition]] = {}
        for one in trace.transitions.get(commit, ()):
            if events.touches(one.path):
                differing.setdefault(one.path, []).append(one)
        lost: dict[str, list[Transition]] = {}
        for transitions in differing.values():
            from_parents = {one.parent for one in transitions}
            equal = [parent for parent in parents if parent not in from_parents]
            for one in transitions if equal else ():
                if _lost(one, equal, drafts, contained):
                    lost.setdefault(one.parent, []).append(one)
        for missed in lost.values():
            told = events.between(missed)
            found += [replace(draft, deeds=(Deed.LEFT_OUT, *draft.deeds)) for draft in told]
    return found


def _lost(one: Transition, equal: Sequence[str], drafts: Sequence[Draft], contained: Mapping[str, int]) -> bool:
    """Whether the parent had events on this file that no equal parent has, and its version is new to those."""
    theirs = 0
    for parent in equal:
        theirs |= contained.get(parent, 0)
    only = contained.get(one.parent, 0) & ~theirs
    if not any(only >> number & 1 and one.path in draft.paths for number, draft in enumerate(drafts)):
        return False
    passed: set[Side | None] = set()
    for number, draft in enumerate(drafts):
        if theirs >> number & 1 and one.path in draft.paths:
            passed |= {draft.old, draft.new}
    return one.old not in passed
