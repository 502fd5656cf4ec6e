"""The protected branch: which one it is, and where its tip stands in this clone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from keyctl.history.git import Git

_DEFAULT = "the default"
_NAME = re.compile(r"(?!-)(?!.*(\.\.|@\{|//|/$|\.lock$|/\.))[^\x00-\x20\x7f~^:?*\[\\]+")


class ProtectedBranchError(Exception):
    """There is no such branch here; the message says what was looked for, the remedy how to get it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Protected:
    """``ref`` and ``tip`` are the base side: the remote-tracking branch where there is one. ``tips`` also holds the
    local branch of that name, since a tombstone that either knows counts."""

    ref: str
    tip: str
    tips: tuple[str, ...]


def resolve(git: Git, asked: str | None, environ: Mapping[str, str]) -> Protected:
    """From ``--protected``, the environment, the remote's HEAD, or ``main``. Raises ProtectedBranchError."""
    name, origin = _named(asked, environ)
    if name is not None and not _NAME.fullmatch(name):
        raise ProtectedBranchError(
            f"{name!r} ({origin}) is no name of a branch", "name the protected branch by its plain name, such as main"
        )
    name = name.removeprefix("refs/heads/") if name else None
    refs = _refs(git, name)
    if name is None:
        name, origin = _head_of_remote(refs)
        if not name.endswith("main"):
            refs = _refs(git, name)
    candidates = _candidates(name, refs)
    present = [ref for ref in candidates if ref in refs]
    if not present:
        raise _missing(name, origin)
    tips = tuple(dict.fromkeys(refs[ref].commit for ref in present))
    return Protected(present[0], tips[0], tips)


@dataclass(frozen=True, slots=True)
class _Ref:
    commit: str
    points_to: str


def _named(asked: str | None, environ: Mapping[str, str]) -> tuple[str | None, str]:
    if asked:
        return asked, "--protected"
    for variable in ("KEYCTL_PROTECTED_BRANCH", "CI_DEFAULT_BRANCH"):
        if environ.get(variable):
            return environ[variable], variable
    return None, ""


def _refs(git: Git, name: str | None) -> dict[str, _Ref]:
    if name is None:
        patterns = ["refs/remotes/*/HEAD", "refs/remotes/*/main", "refs/heads/main"]
    elif name.startswith("refs/"):
        patterns = [name]
        if name.startswith("refs/remotes/"):
            patterns.append("refs/heads/" + name.split("/", 3)[-1])
    else:
        patterns = [f"refs/remotes/*/{name}", f"refs/heads/{name}", f"refs/remotes/{name}"]
    listing = git.output(
        "for-each-ref", "--format=%(refname)%00%(objectname)%00%(objecttype)%00%(symref)", *patterns
    ).decode("utf-8", "surrogateescape")
    rows = [line.split("\0") for line in listing.splitlines()]
    return {ref: _Ref(commit, points_to) for ref, commit, kind, points_to in rows if kind == "commit"}


def _head_of_remote(refs: Mapping[str, _Ref]) -> tuple[str, str]:
    heads = {ref: found.points_to for ref, found in refs.items() if ref.endswith("/HEAD") and found.points_to}
    chosen = "refs/remotes/origin/HEAD"
    if chosen not in heads and len(heads) == 1:
        chosen = next(iter(heads))
    return (heads[chosen], f"{chosen} of this clone") if chosen in heads else ("main", _DEFAULT)


def _candidates(name: str, refs: Mapping[str, _Ref]) -> list[str]:
    """The refs that may be meant, the base side first."""
    if name.startswith("refs/"):
        parts = name.split("/", 3)
        return [name, f"refs/heads/{parts[3]}"] if parts[1] == "remotes" and len(parts) == 4 else []
    remotes = [ref for ref in refs if ref.startswith("refs/remotes/") and ref.split("/", 3)[-1] == name]
    first = f"refs/remotes/origin/{name}"
    tracked = [first] if first in remotes else remotes if len(remotes) == 1 else []
    return [*tracked, f"refs/heads/{name}", f"refs/remotes/{name}"]


def _missing(name: str, origin: str) -> ProtectedBranchError:
    plain = name
    if plain.startswith("refs/remotes/"):
        plain = plain.split("/", 3)[-1]
    plain = plain.removeprefix("origin/")
    return ProtectedBranchError(
        f"the protected branch {name!r} ({origin}) is not in this clone",
        f"run 'git fetch origin +refs/heads/{plain}:refs/remotes/origin/{plain}', "
        "or name the protected branch with --protected or KEYCTL_PROTECTED_BRANCH",
    )
