"""Which files are one key: through moves, renames and moves of the registry; and which key ever held an id."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from keyctl.history.ledger import is_key_file, key_of
from keyctl.history.texts import Texts
from keyctl.history.trace import Side, Trace, Transition
from keyctl.history.versions import current, identifiers
from keyctl.history.walk import REVOKED
from keyctl.model.identifier import Identifier
from keyctl.model.names import KeyName

_TOKEN = re.compile(rb"[^\s\"'{}\[\],#]+")


@dataclass(frozen=True, slots=True)
class Step:
    """A key's file between a parent and a commit: changed, come, gone, moved or renamed."""

    commit: str
    parent: str
    old_name: KeyName | None
    new_name: KeyName | None
    old_path: str | None
    new_path: str | None
    old: Side | None
    new: Side | None


@dataclass(frozen=True, slots=True)
class Found:
    """The keys that ever held an id, and the spellings under which it stood."""

    names: frozenset[KeyName]
    identifiers: frozenset[Identifier]


def steps(
    transitions: Iterable[Transition], places: frozenset[str], texts: Texts, names: Collection[KeyName]
) -> list[Step]:
    """What one parent's transitions mean for the keys of these names, in the order of their paths."""
    found: list[Step] = []
    gone: dict[KeyName, Transition] = {}
    come: dict[KeyName, Transition] = {}
    for one in transitions:
        name = key_of(one.path) if is_key_file(one.path, places) else None
        if name is None:
            continue
        if one.old is not None and one.new is not None:
            if name in names:
                found.append(Step(one.commit, one.parent, name, name, one.path, one.path, one.old, one.new))
        else:
            (gone if one.new is None else come)[name] = one
    found += [_joined(gone.pop(name), come.pop(name)) for name in sorted(names & gone.keys() & come.keys())]
    for name in sorted(names & gone.keys()):
        partner = _partner(gone[name].old, {other: one.new for other, one in come.items() if other not in gone}, texts)
        if partner is not None:
            found.append(_joined(gone.pop(name), come.pop(partner)))
    for name in sorted(names & come.keys()):
        partner = _partner(come[name].new, {other: one.old for other, one in gone.items()}, texts)
        if partner is not None:
            found.append(_joined(gone.pop(partner), come.pop(name)))
    for name in sorted(names & gone.keys()):
        one = gone[name]
        found.append(Step(one.commit, one.parent, name, None, one.path, None, one.old, None))
    for name in sorted(names & come.keys()):
        one = come[name]
        found.append(Step(one.commit, one.parent, None, name, None, one.path, None, one.new))
    return sorted(found, key=lambda step: step.new_path or step.old_path or "")


def by_name(trace: Trace, places: frozenset[str]) -> dict[KeyName, list[str]]:
    """The commits that touched a file of each name, newest first."""
    index: dict[KeyName, list[str]] = {}
    for commit in trace.commits:
        for one in trace.transitions.get(commit, ()):
            name = key_of(one.path) if is_key_file(one.path, places) else None
            if name is not None:
                touched = index.setdefault(name, [])
                if not touched or touched[-1] != commit:
                    touched.append(commit)
    return index


def names_of(trace: Trace, places: frozenset[str], texts: Texts, start: Collection[KeyName]) -> frozenset[KeyName]:
    """All names that the keys of these names ever had; empty where no commit has a file of such a name."""
    index = by_name(trace, places)
    found: set[KeyName] = set()
    waiting = [name for name in start if name in index]
    while waiting:
        name = waiting.pop()
        found.add(name)
        for commit in index[name]:
            for step in steps(first_parents(trace, commit), places, texts, {name}):
                for other in (step.old_name, step.new_name):
                    if other is not None and other not in found and other not in waiting:
                        waiting.append(other)
    return frozenset(found)


def first_parents(trace: Trace, commit: str) -> list[Transition]:
    """A commit's transitions from its first parent."""
    first = (*trace.parents[commit], "")[0]
    return [one for one in trace.transitions.get(commit, ()) if one.parent == first]


def search(trace: Trace, places: frozenset[str], texts: Texts, wanted: Identifier) -> Found:
    """Every key file and list of revoked ids that ever held an id, letter case apart where its text is known.

    Versions are passed over by their bytes first. Where only a fingerprint is known and nothing has it at first sight,
    every version is read: an id may hold characters that look like punctuation.
    """
    files: dict[str, set[str]] = {}
    for transitions in trace.transitions.values():
        for one in transitions:
            ours = is_key_file(one.path, places) or (one.path.endswith(REVOKED) and one.path[: -len(REVOKED)] in places)
            if ours and one.new is not None and not one.new.link:
                files.setdefault(one.new.blob, set()).add(one.path)
    texts.fetch(files)
    likely = _mentioning(files, texts, wanted)
    found = _holding(likely, files, texts, wanted)
    if not found.identifiers and wanted.text is None:
        found = _holding(files, files, texts, wanted)
    return found


def _holding(blobs: Iterable[str], files: Mapping[str, set[str]], texts: Texts, wanted: Identifier) -> Found:
    names: set[KeyName] = set()
    spellings: set[Identifier] = set()
    for blob in blobs:
        document = texts.named(blob)
        same = {one for one in identifiers(document) if _same(one, wanted)} if isinstance(document, dict) else set()
        if same:
            spellings |= same
            names |= {name for path in files[blob] if (name := key_of(path)) is not None}
    return Found(frozenset(names), frozenset(spellings))


def _mentioning(blobs: Iterable[str], texts: Texts, wanted: Identifier) -> list[str]:
    fingerprint = wanted.fingerprint.encode("ascii")
    text = wanted.text.lower().encode("ascii") if wanted.text is not None else None
    known: dict[bytes, bool] = {}

    def is_it(token: bytes) -> bool:
        if token not in known:
            known[token] = b"sha256:" + sha256(token).hexdigest().encode("ascii") == fingerprint
        return known[token]

    found = []
    for blob in blobs:
        data = texts.data(blob) or b""
        there = fingerprint in data or b"\\" in data
        if not there:
            there = text in data.lower() if text is not None else any(map(is_it, _TOKEN.findall(data)))
        if there:
            found.append(blob)
    return found


def _same(one: Identifier, wanted: Identifier) -> bool:
    return one == wanted or (one.folded is not None and one.folded == wanted.folded)


def _joined(gone: Transition, come: Transition) -> Step:
    return Step(
        come.commit, come.parent, key_of(gone.path), key_of(come.path), gone.path, come.path, gone.old, come.new
    )


def _partner(side: Side | None, others: Mapping[KeyName, Side | None], texts: Texts) -> KeyName | None:
    """The file that goes on with the same content, else with the same id, current ones first."""
    if side is None or not others:
        return None
    for name, other in sorted(others.items()):
        if other == side:
            return name
    texts.fetch(one.blob for one in (side, *others.values()) if one is not None and not one.link)
    mine = texts.document(side)
    if not isinstance(mine, dict):
        return None
    documents = {
        name: document for name, other in others.items() if isinstance(document := texts.document(other), dict)
    }
    own, all_own = current(mine), set(identifiers(mine))
    for name, document in sorted(documents.items()):
        if own is not None and current(document) == own:
            return name
    for name, document in sorted(documents.items()):
        if all_own & set(identifiers(document)):
            return name
    return None
