"""One commit with some files otherwise than its parent has them; neither work tree, index nor branch is touched.

By plumbing, like all that reads: no hook, filter, template or signing program of anybody's configuration takes part.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from keyctl.history.git import Git


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit is by."""

    name: str
    email: str


def commit(git: Git, parent: str, files: Mapping[str, bytes], message: str, author: Author, at: datetime) -> str:
    """The commit's id. ``files`` are by their path in the registry's folder. Raises GitError."""
    with tempfile.TemporaryDirectory(prefix="keyctl-") as scratch:
        alone = replace(git, environ={**git.environ, "GIT_INDEX_FILE": str(Path(scratch) / "index")})
        alone.output("read-tree", parent)
        for path, data in sorted(files.items()):
            blob = _line(alone.output("hash-object", "-w", "--stdin", "--no-filters", stdin=data))
            entry = f"100644 {blob}\t{git.prefix}{path}\0".encode("utf-8", "surrogateescape")
            alone.output("update-index", "--add", "-z", "--index-info", stdin=entry)
        tree = _line(alone.output("write-tree"))
    return made(git, tree, (parent,), message, author, at)


def note(git: Git, message: str, author: Author, at: datetime) -> str:
    """A commit of an empty tree without parents: a message that a ref can point to. Raises GitError."""
    return made(git, _line(git.output("mktree", stdin=b"")), (), message, author, at)


def made(git: Git, tree: str, parents: tuple[str, ...], message: str, author: Author, at: datetime) -> str:
    """A commit of a tree. Raises GitError."""
    stamp = f"{int(at.timestamp())} +0000"
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", author.name), ("EMAIL", author.email), ("DATE", stamp))
    }
    named = replace(git, environ={**git.environ, **who})
    given = [argument for parent in parents for argument in ("-p", parent)]
    return _line(named.output("commit-tree", tree, *given, "-F", "-", stdin=message.encode("utf-8")))


def message_of(git: Git, one: str) -> str:
    """The message of a commit of this clone. Raises GitError."""
    said = git.output("cat-file", "commit", one).decode("utf-8", "replace")
    return said.partition("\n\n")[2]


def _line(said: bytes) -> str:
    return said.decode("ascii").strip()
