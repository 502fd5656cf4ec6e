"""What each commit did to a key, by its file and the lists of revoked ids: events that still lack their author."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from keyctl.history.namesakes import Step, by_name, steps
from keyctl.history.texts import Texts
from keyctl.history.trace import Side, Trace, Transition
from keyctl.history.versions import (
    Document,
    RevokedEntry,
    Unread,
    compared,
    deeds_of_lists,
    identifiers,
    revocations,
    revoked,
)
from keyctl.history.walk import KEYS, REVOKED
from keyctl.model.identifier import Identifier
from keyctl.model.life import Deed, FieldChange
from keyctl.model.names import KeyName

_NEAR = 8
"""Lines after the one that names an id in which the rest of its entry stands."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event; ``old`` and ``new`` are the sides that it lies between, ``paths`` those that it touches."""

    commit: str
    key: KeyName | None
    path: str
    paths: frozenset[str]
    old: Side | None
    new: Side | None
    deeds: tuple[Deed, ...]
    changes: tuple[FieldChange, ...]
    problem: str | None = None
    came_from: str | None = None


@dataclass(slots=True)
class Events:
    """Makes drafts. ``ids`` are those that the keys ever held, and what else was asked for."""

    trace: Trace
    places: frozenset[str]
    texts: Texts
    names: frozenset[KeyName]
    ids: frozenset[Identifier]

    def of(self, commit: str) -> list[Draft]:
        """What a commit itself did: a merge only where it differs from every parent."""
        parents = self.trace.parents[commit]
        transitions = self.trace.transitions.get(commit, [])
        if len(parents) > 1:
            by_path: dict[str, int] = {}
            for one in transitions:
                by_path[one.path] = by_path.get(one.path, 0) + 1
            transitions = [one for one in transitions if one.parent == parents[0] and by_path[one.path] == len(parents)]
        return self.between(transitions)

    def between(self, transitions: list[Transition]) -> list[Draft]:
        """What transitions from one parent mean. An id that moves between lists of revoked ones was not revoked anew,
        nor brought back."""
        taken = steps(transitions, self.places, self.texts, self.names)
        lists = [one for one in transitions if self._is_list(one.path) and self._differs(one)]
        self.texts.fetch(_blobs([*(s.old for s in taken), *(s.new for s in taken)]))
        before = self._revoked([*(step.old for step in taken), *(one.old for one in lists)])
        after = self._revoked([*(step.new for step in taken), *(one.new for one in lists)])
        drafts = [self._of_key(step, before, after) for step in taken]
        drafts += [draft for one in lists if (draft := self._of_list(one, before, after)) is not None]
        return [draft for draft in drafts if draft.deeds]

    def touches(self, path: str) -> bool:
        """Whether a path is a file of the keys or a list of revoked ids."""
        name = path.rpartition("/")[2].removesuffix(".yaml")
        return (name in self.names and f"{KEYS}/" in path) or self._is_list(path)

    def _is_list(self, path: str) -> bool:
        return path.endswith(REVOKED) and path[: -len(REVOKED)] in self.places

    def _differs(self, one: Transition) -> bool:
        """Whether the two versions of a list say different things near the ids in question: cheaper than reading."""
        sides = [side for side in (one.old, one.new) if side is not None and not side.link]
        self.texts.fetch(side.blob for side in sides)
        needles = [needle for identifier in self.ids for needle in _spellings(identifier)]
        told = [_near(self.texts.data(side.blob) or b"", needles) if side else [] for side in (one.old, one.new)]
        return told[0] != told[1]

    def _revoked(self, sides: Iterable[Side | None]) -> frozenset[Identifier]:
        documents = (self.texts.document(side) for side in sides)
        return frozenset(entry.identifier for one in documents if isinstance(one, dict) for entry in revoked(one))

    def _of_key(self, step: Step, before: frozenset[Identifier], after: frozenset[Identifier]) -> Draft:
        old, new = self.texts.document(step.old), self.texts.document(step.new)
        moved: list[Deed] = []
        changes: list[FieldChange] = []
        problem: str | None = None
        if step.old_path and step.new_path and step.old_path != step.new_path:
            moved.append(Deed.MOVED if step.old_name == step.new_name else Deed.RENAMED)
        if isinstance(new, Unread) or isinstance(old, Unread):
            which = "this version" if isinstance(new, Unread) else "the version before"
            why = new.why if isinstance(new, Unread) else old.why if isinstance(old, Unread) else ""
            problem = f"{which} can't be read: {why}"
            moved.append(Deed.REMOVED if step.new is None else Deed.UNREADABLE)
        else:
            place = (step.new_path or step.old_path or "").partition(f"{KEYS}/")[0]
            was = (step.old_path or step.new_path or "").partition(f"{KEYS}/")[0]
            deeds, found = compared(
                _without(old, after - _ids(new)),
                _without(new, before - _ids(old)),
                self.texts.networks(step.parent, was) if _named(old) else lambda _name: None,
                self.texts.networks(step.commit, place) if _named(new) else lambda _name: None,
            )
            moved += deeds
            changes += found
        return Draft(
            step.commit,
            step.new_name or step.old_name,
            step.new_path or step.old_path or "",
            frozenset(path for path in (step.old_path, step.new_path) if path),
            step.old,
            step.new,
            tuple(moved),
            tuple(changes),
            problem,
            step.old_path if step.new_path and step.old_path != step.new_path else None,
        )

    def _of_list(self, one: Transition, before: frozenset[Identifier], after: frozenset[Identifier]) -> Draft | None:
        documents = [self.texts.document(side) for side in (one.old, one.new)]
        unread = next((document for document in documents if isinstance(document, Unread)), None)
        if unread is not None:
            deeds: tuple[Deed, ...] = (Deed.UNREADABLE,)
            problem = f"a version of this list can't be read: {unread.why}"
            return Draft(one.commit, None, one.path, frozenset({one.path}), one.old, one.new, deeds, (), problem)
        old, new = (self._entries(document) for document in documents)
        was, now = {e.identifier for e in old}, {e.identifier for e in new}
        kept = tuple(entry for entry in old if entry.identifier in now or entry.identifier not in after)
        came = tuple(entry for entry in new if entry.identifier in was or entry.identifier not in before)
        changes = tuple(revocations(kept, came))
        if not changes:
            return None
        return Draft(
            one.commit,
            None,
            one.path,
            frozenset({one.path}),
            one.old,
            one.new,
            tuple(deeds_of_lists(kept, came)) or (Deed.CHANGED,),
            changes,
        )

    def _entries(self, document: Document | Unread | None) -> tuple[RevokedEntry, ...]:
        entries = revoked(document) if isinstance(document, dict) else ()
        return tuple(entry for entry in entries if entry.identifier in self.ids)


def events_of(
    trace: Trace,
    places: frozenset[str],
    texts: Texts,
    names: frozenset[KeyName],
    extra: Collection[Identifier],
) -> tuple[Events, list[Draft]]:
    """Everything that commits did to the keys of these names and to their ids, parents before children."""
    touching = {commit for name, commits in by_name(trace, places).items() if name in names for commit in commits}
    sides = [
        side
        for commit in touching
        for one in trace.transitions[commit]
        if one.path.rpartition("/")[2].removesuffix(".yaml") in names
        for side in (one.old, one.new)
    ]
    texts.fetch(_blobs(sides))
    documents = (texts.document(side) for side in dict.fromkeys(sides))
    held = frozenset(one for document in documents if isinstance(document, dict) for one in identifiers(document))
    events = Events(trace, places, texts, names, held | frozenset(extra))
    lists = [f"{place}{REVOKED}" for place in places]
    listing = {commit for commit, transitions in trace.transitions.items() for one in transitions if one.path in lists}
    texts.fetch(_blobs(s for c in listing for t in trace.transitions[c] if t.path in lists for s in (t.old, t.new)))
    drafts = [
        draft for commit in reversed(trace.commits) if commit in touching | listing for draft in events.of(commit)
    ]
    return events, drafts


def _ids(document: Document | Unread | None) -> frozenset[Identifier]:
    return frozenset(entry.identifier for entry in revoked(document)) if isinstance(document, dict) else frozenset()


def _without(document: Document | Unread | None, ids: frozenset[Identifier]) -> Document | None:
    """The version without entries that only changed the list they stand in."""
    if not isinstance(document, dict) or not ids:
        return document if isinstance(document, dict) else None
    listed = document.get("revoked")
    kept = [
        entry
        for entry in (listed if isinstance(listed, list) else ())
        if not (isinstance(entry, dict) and any(e.identifier in ids for e in revoked({"revoked": [entry]})))
    ]
    return {**document, "revoked": kept}


def _named(document: Document | Unread | None) -> bool:
    """Whether an allow-list names a network, so that ``registry/networks.yaml`` must be looked up."""
    listed = document.get("ips") if isinstance(document, dict) else None
    return isinstance(listed, list) and any(str(text).startswith("@") for text in listed)


def _blobs(sides: Iterable[Side | None]) -> list[str]:
    return [side.blob for side in sides if side is not None and not side.link]


def _spellings(identifier: Identifier) -> list[bytes]:
    texts = [identifier.fingerprint, *([identifier.text] if identifier.text else [])]
    return [text.encode("ascii") for text in texts]


def _near(data: bytes, needles: Iterable[bytes]) -> list[bytes]:
    found: list[bytes] = []
    for needle in needles:
        at = data.find(needle)
        while at >= 0:
            start = data.rfind(b"\n", 0, at) + 1
            end = at
            for _ in range(_NEAR):
                end = data.find(b"\n", end + 1)
                if end < 0:
                    end = len(data)
                    break
            found.append(data[start:end])
            at = data.find(needle, end)
    return sorted(found)
