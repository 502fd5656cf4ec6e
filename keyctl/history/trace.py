"""Commits → what each did to each registry file, with the graph that they form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, NamedTuple

from keyctl.history.git import Git, GitError
from keyctl.history.walk import KEYS, REGISTRY, REVOKED, Progress

_REV_LIST = ("rev-list", "--parents", "--date-order", "--end-of-options")
_DIFF_TREE = (
    "diff-tree",
    "--stdin",
    "--root",
    "-r",
    "--raw",
    "--no-renames",
    "--no-abbrev",
    "-z",
    "--always",
    "--ignore-submodules=none",
    "--no-ext-diff",
    "--no-textconv",
    "--format=%H %P",
)
_KEYS, _DOCUMENTS = f"{KEYS}/".encode(), (REGISTRY.encode(), REVOKED.encode())
_NOTHING, _LINK, _SUBMODULE = b"000000", b"120000", b"160000"
_CHUNK = 1 << 20
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

    Two plumbing processes, whatever the number of commits. A merge is compared with each parent by name, since
    ``diff-tree -m`` does not say which parents a merge is equal to.
    """
    found = Trace()
    for line in git.output(*_REV_LIST, *tips, "--").decode("ascii").splitlines():
        commit, *parents = line.split(" ")
        found.commits.append(commit)
        found.parents[commit] = tuple(parents)
    with git.fed(_DIFF_TREE, _pairs(found)) as out:
        _take(found, _fields(out), progress)
    return found


def _pairs(found: Trace) -> Iterator[bytes]:
    for commit in found.commits:
        for parent in found.parents[commit] or ("",):
            yield f"{commit} {parent}".rstrip().encode("ascii") + b"\n"


def _fields(out: IO[bytes]) -> Iterator[bytes]:
    tail = b""
    while chunk := out.read(_CHUNK):
        *whole, tail = (tail + chunk).split(b"\0")
        yield from whole
    if tail:
        raise GitError("'git diff-tree' ended in the middle of an entry")


def _take(found: Trace, fields: Iterator[bytes], progress: Progress | None) -> None:
    commit = parent = ""
    done = 0
    for entry in fields:
        # After a commit's line git starts the first entry with a line feed.
        row = entry[1:] if entry[:1] == b"\n" else entry
        if row[:1] != b":":
            if row:
                commit, _, parent = row.decode("ascii").partition(" ")
                done += 1
                if progress is not None and done % _STEP == 0:
                    progress(done, None)
            continue
        path = next(fields)
        if not path.endswith(b".yaml") or not (_KEYS in path or path.endswith(_DOCUMENTS)):
            continue
        parts = row[1:].split(b" ")
        if len(parts) != 5:
            raise GitError("'git diff-tree' printed an entry of a form that is not known")
        old, new = _side(parts[0], parts[2]), _side(parts[1], parts[3])
        transition = Transition(commit, parent, path.decode("utf-8", "surrogateescape"), old, new)
        found.transitions.setdefault(commit, []).append(transition)


def _side(mode: bytes, blob: bytes) -> Side | None:
    return None if mode == _NOTHING else Side(blob.decode("ascii"), mode in (_LINK, _SUBMODULE))
