"""Commits → what each did to each registry file, with the graph that they form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from keyctl.history.differences import differences, parents_of
from keyctl.history.git import Git
from keyctl.history.walk import KEYS, REGISTRY, REVOKED, Progress

_KEYS, _DOCUMENTS = f"{KEYS}/".encode(), (REGISTRY.encode(), REVOKED.encode())
_NOTHING, _LINK, _SUBMODULE = "000000", "120000", "160000"
_STEP = 2000


class Side(NamedTuple):
    """A file's version: its object id, and whether it is a link or a submodule, which no registry file may be."""

    blob: str
    link: bool


class Transition(NamedTuple):
    """A file on its way from one parent of a commit to the commit; ``parent`` is empty for a first commit, a side is
    None where there is no such file."""

    commit: str
    parent: str
    path: str
    old: Side | None
    new: Side | None


@dataclass(slots=True)
class Trace:
    """``commits`` have every parent after them; ``transitions`` holds those of registry-like files only, by commit, a
    merge's once for each parent."""

    commits: list[str] = field(default_factory=list)
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    transitions: dict[str, list[Transition]] = field(default_factory=dict)


def trace(git: Git, tips: Iterable[str], progress: Progress | None = None) -> Trace:
    """Everything that the tips reach. Raises GitError when git can't walk to the end.

    Two plumbing processes, whatever the number of commits.
    """

    def told(done: int) -> None:
        if progress is not None and done % _STEP == 0:
            progress(done, None)

    parents = parents_of(git, "--date-order", tips)
    found = Trace(list(parents), parents)
    for one in differences(git, parents, _is_registry_like, told):
        old, new = _side(one.old_mode, one.old_blob), _side(one.mode, one.blob)
        transition = Transition(one.commit, one.parent, one.path, old, new)
        found.transitions.setdefault(one.commit, []).append(transition)
    return found


def _is_registry_like(path: bytes) -> bool:
    return path.endswith(b".yaml") and (_KEYS in path or path.endswith(_DOCUMENTS))


def _side(mode: str, blob: str) -> Side | None:
    return None if mode == _NOTHING else Side(blob, mode in (_LINK, _SUBMODULE))
