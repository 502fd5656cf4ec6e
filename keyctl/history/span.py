"""The commits of a range, and which registry files each of them changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

from keyctl.history.blobs import Ids, contents, reading
from keyctl.history.git import Git, GitError
from keyctl.history.ledger import is_key_file, lies_in
from keyctl.history.walk import REVOKED, Version

_REV_LIST = ("rev-list", "--parents", "--topo-order", "--reverse", "--end-of-options")
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
_NO_FILE = ("000000", "120000", "160000")
"""Nothing, a link, a submodule."""


@dataclass(slots=True)
class Span:
    """``commits`` come oldest first. ``touched`` holds the registry paths in which a commit differs from any of its
    parents, ``authored`` those in which it differs from each of them: what a merge merely takes over is not its own
    doing. ``versions`` are the contents that the commits brought in, with the commits that did."""

    commits: tuple[str, ...] = ()
    touched: dict[str, set[str]] = field(default_factory=dict)
    authored: dict[str, set[str]] = field(default_factory=dict)
    versions: dict[Version, list[str]] = field(default_factory=dict)

    def behind(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The commits that changed any of the paths, oldest first; where none did it by itself, the merges that took a
        change over or dropped it."""
        wanted = set(paths)
        for changed in (self.authored, self.touched):
            by = tuple(one for one in self.commits if not wanted.isdisjoint(changed.get(one, ())))
            if by:
                return by
        return ()


def span(git: Git, head: str, known: Collection[str], places: Collection[str]) -> Span:
    """What ``head`` reaches and the known commits don't. ``places`` are folders in which the registry stood.

    Raises GitError when git can't walk to the end.
    """
    found = Span()
    parents: dict[str, tuple[str, ...]] = {}
    for line in git.output(*_REV_LIST, head, *(f"^{one}" for one in known), "--").decode("ascii").splitlines():
        commit, *rest = line.split(" ")
        parents[commit] = tuple(rest)
    found.commits = tuple(parents)
    if not parents:
        return found
    pairs = (f"{one} {parent}".rstrip().encode() + b"\n" for one, of in parents.items() for parent in of or ("",))
    times: dict[tuple[str, str], int] = {}
    with git.fed(_DIFF_TREE, pairs) as out:
        for commit, mode, blob, path in _entries(out):
            if lies_in(path, places):
                times[commit, path] = times.get((commit, path), 0) + 1
                if mode not in _NO_FILE:
                    found.versions.setdefault(Version(blob, path), []).append(commit)
    for (commit, path), often in times.items():
        found.touched.setdefault(commit, set()).add(path)
        if often == max(len(parents[commit]), 1):
            found.authored.setdefault(commit, set()).add(path)
    return found


def identifiers(git: Git, found: Span, places: Collection[str]) -> dict[Version, Ids]:
    """The ids in every version of a key file or tombstone file that the range brought in; unreadable ones are left out,
    since the judgement of the whole history tells of those."""
    folders = frozenset(places)
    wanted = [
        version
        for version in found.versions
        if (version.path.endswith(".yaml") and is_key_file(version.path, folders))
        or (version.path.endswith(REVOKED) and version.path[: -len(REVOKED)] in folders)
    ]
    read = {blob: reading(data, None) for blob, data in contents(git, {version.blob: None for version in wanted})}
    return {version: ids for version in wanted if isinstance(ids := read.get(version.blob), Ids)}


def _entries(out: IO[bytes]) -> Iterator[tuple[str, str, str, str]]:
    commit = ""
    fields = _fields(out)
    for entry in fields:
        # After a commit's line git starts the first entry with a line feed.
        row = entry[1:] if entry[:1] == b"\n" else entry
        if row[:1] != b":":
            if row:
                commit = row.decode("ascii").partition(" ")[0]
            continue
        parts = row[1:].decode("ascii").split(" ")
        if len(parts) != 5:
            raise GitError("'git diff-tree' printed an entry of a form that is not known")
        yield commit, parts[1], parts[3], next(fields).decode("utf-8", "surrogateescape")


def _fields(out: IO[bytes]) -> Iterator[bytes]:
    tail = b""
    while chunk := out.read(_CHUNK):
        *whole, tail = (tail + chunk).split(b"\0")
        yield from whole
    if tail:
        raise GitError("'git diff-tree' ended in the middle of an entry")
