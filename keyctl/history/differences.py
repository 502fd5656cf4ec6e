"""What commits did to files, each compared with each of its parents by name.

``diff-tree -m``, as ``walk`` uses it, is faster, but does not say which parents a merge is equal to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, NamedTuple

from keyctl.history.git import Git, GitError

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
_CHUNK = 1 << 20

Parents = Mapping[str, tuple[str, ...]]
"""Commits, each with its parents."""


class Difference(NamedTuple):
    """One path in which a commit differs from one parent (empty for a first commit). Modes are git's six digits,
    ``000000`` where there is no such file."""

    commit: str
    parent: str
    old_mode: str
    mode: str
    old_blob: str
    blob: str
    path: str


def parents_of(git: Git, order: str, starts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What the starts reach, in rev-list's order of that name; ``^commit`` is left out with all that it reaches."""
    listing = git.output("rev-list", "--parents", order, "--end-of-options", *starts, "--").decode("ascii")
    rows = (line.split(" ") for line in listing.splitlines())
    return {commit: tuple(parents) for commit, *parents in rows}


def differences(
    git: Git, parents: Parents, relevant: Callable[[bytes], bool], told: Callable[[int], None] | None = None
) -> Iterator[Difference]:
    """Every relevant path in which a commit differs from a parent, commit by commit in the order given.

    ``told`` is called with the number of comparisons that are done. Raises GitError when git can't walk to the end.
    """
    pairs = (f"{one} {parent}".rstrip().encode() + b"\n" for one, of in parents.items() for parent in of or ("",))
    with git.fed(_DIFF_TREE, pairs) as out:
        yield from _read(out, relevant, told)


def _read(
    out: IO[bytes], relevant: Callable[[bytes], bool], told: Callable[[int], None] | None
) -> Iterator[Difference]:
    commit = parent = ""
    done = 0
    fields = _fields(out)
    for entry in fields:
        # After a commit's line git starts the first entry with a line feed.
        row = entry[1:] if entry[:1] == b"\n" else entry
        if row[:1] != b":":
            if row:
                commit, _, parent = row.decode("ascii").partition(" ")
                done += 1
                if told is not None:
                    told(done)
            continue
        path = next(fields)
        if relevant(path):
            parts = row[1:].decode("ascii").split(" ")
            if len(parts) != 5:
                raise GitError("'git diff-tree' printed an entry of a form that is not known")
            old_mode, mode, old_blob, blob, _status = parts
            yield Difference(commit, parent, old_mode, mode, old_blob, blob, path.decode("utf-8", "surrogateescape"))


def _fields(out: IO[bytes]) -> Iterator[bytes]:
    tail = b""
    while chunk := out.read(_CHUNK):
        *whole, tail = (tail + chunk).split(b"\0")
        yield from whole
    if tail:
        raise GitError("'git diff-tree' ended in the middle of an entry")
