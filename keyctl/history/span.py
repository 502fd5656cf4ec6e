"""The commits of a range, and which registry files each of them changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from keyctl.history.blobs import Ids, contents, reading
from keyctl.history.differences import differences, parents_of
from keyctl.history.git import Git
from keyctl.history.ledger import is_key_file, lies_in
from keyctl.history.walk import REVOKED, Version

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
    parents = parents_of(git, "--topo-order", (head, *(f"^{one}" for one in known)))
    found = Span(tuple(reversed(parents)))
    if not parents:
        return found
    times: dict[tuple[str, str], int] = {}
    for one in differences(git, {commit: parents[commit] for commit in found.commits}, _any_path):
        if lies_in(one.path, places):
            times[one.commit, one.path] = times.get((one.commit, one.path), 0) + 1
            if one.mode not in _NO_FILE:
                found.versions.setdefault(Version(one.blob, one.path), []).append(one.commit)
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


def _any_path(_path: bytes) -> bool:
    return True
