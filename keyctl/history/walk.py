"""Commits → the versions of files that can belong to a registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from keyctl.history.git import Git, GitError

Progress = Callable[[int, int | None], None]
"""Told how much is done, of how much (None: not known)."""

REGISTRY = "registry/registry.yaml"
REVOKED = "registry/revoked.yaml"
KEYS = "keys.d"

_REV_LIST = ("rev-list",)
_DIFF_TREE = (
    "diff-tree",
    "--stdin",
    "--root",
    "-r",
    "-m",
    "--raw",
    "--no-renames",
    "--no-abbrev",
    "-z",
    "--always",
    "--ignore-submodules=none",
    "--no-ext-diff",
    "--no-textconv",
    "--format=%H %ct",
)
_LINK, _SUBMODULE = b"120000", b"160000"
_DOCUMENTS = (REGISTRY.encode(), REVOKED.encode())
_STEP = 2000


class Sighting(NamedTuple):
    """A commit that brought a version of a file in, ordered by commit time (Unix seconds): the same whatever walk
    found it."""

    time: int
    commit: str
    path: str

    def __str__(self) -> str:
        return f"commit {self.commit[:12]}, {shown(self.path)}"


class Version(NamedTuple):
    """One content of one path; ``blob`` is its object id."""

    blob: str
    path: str


@dataclass(slots=True)
class Walked:
    """Every version of every file that may belong to some registry, with the first and the last commit that brought it
    in; links and submodules that may lie under a registry's paths are kept apart."""

    versions: dict[Version, tuple[Sighting, Sighting]] = field(default_factory=dict)
    links: dict[Version, Sighting] = field(default_factory=dict)
    submodules: dict[Version, Sighting] = field(default_factory=dict)
    commits: int = 0


def shown(path: str) -> str:
    """A path out of git for people: what can't be printed is escaped."""
    if path.isascii() and path.isprintable():
        return path
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def walk(git: Git, tips: Iterable[str], known: Iterable[str], progress: Progress | None = None) -> Walked:
    """All commits that the tips reach and the known ones don't, through every parent of every merge.

    Raises GitError when git can't walk to the end.
    """
    walked = Walked()
    starts = [*tips, *(f"^{commit}" for commit in known)]
    with git.pipeline((*_REV_LIST, "--end-of-options", *starts, "--"), _DIFF_TREE) as chunks:
        _take(walked, _fields(chunks), progress)
    return walked


def unreached(git: Git, commits: Sequence[str], tips: Sequence[str]) -> bool:
    """Whether some of the commits are gone or out of the tips' reach."""
    starts = [*commits, *(f"^{commit}" for commit in tips)]
    try:
        return bool(git.output("rev-list", "--max-count=1", "--end-of-options", *starts, "--"))
    except GitError:
        return True


def _fields(chunks: Iterator[bytes]) -> Iterator[bytes]:
    tail = b""
    for chunk in chunks:
        *whole, tail = (tail + chunk).split(b"\0")
        yield from whole
    if tail:
        raise GitError("'git diff-tree' ended in the middle of an entry")


def _take(walked: Walked, fields: Iterator[bytes], progress: Progress | None) -> None:
    commit, time = "", 0
    versions = walked.versions
    for entry in fields:
        # After a commit's line git starts the first entry with a line feed.
        head = entry[:2]
        if head[:1] != b":" and head != b"\n:":
            name, _, stamp = entry.lstrip(b"\n").partition(b" ")
            if not name:
                continue
            if name.decode("ascii") != commit:
                commit, time = name.decode("ascii"), int(stamp or b"0")
                walked.commits += 1
                if progress is not None and walked.commits % _STEP == 0:
                    progress(walked.commits, None)
            continue
        path = next(fields)
        odd = b" 120000 " in entry or b" 160000 " in entry
        if not odd and not (path.endswith(b".yaml") and (b"keys.d/" in path or path.endswith(_DOCUMENTS))):
            continue
        mode, blob = _new_side(entry)
        if mode == b"000000":
            continue
        text = path.decode("utf-8", "surrogateescape")
        version, sighting = Version(blob.decode("ascii"), text), Sighting(time, commit, text)
        if mode in (_LINK, _SUBMODULE):
            apart = walked.links if mode == _LINK else walked.submodules
            apart[version] = min(apart.get(version, sighting), sighting)
            continue
        seen = versions.get(version)
        versions[version] = (sighting, sighting) if seen is None else (min(seen[0], sighting), max(seen[1], sighting))


def _new_side(entry: bytes) -> tuple[bytes, bytes]:
    parts = entry.lstrip(b"\n").split(b" ")
    if len(parts) != 5:
        raise GitError("'git diff-tree' printed an entry of a form that is not known")
    return parts[1], parts[3]
