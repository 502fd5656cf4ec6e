"""The remote repository, as far as acting needs it: where its branches stand now, and refs that are moved by compare
and swap.

Unlike all other git that keyctl starts, these commands talk to another machine, so they get the caller's environment
and configuration: that is where the way there, proxies and credentials are. Hooks stay off.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keyctl.history.git import Git, GitError, run, with_overrides

APPLIED = "refs/keyctl/applied"
"""The last commit up to which everything was applied."""
LOCK = "refs/keyctl/lock"
"""Whoever acts holds it."""
_ROW = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\t(\S.*)")
_USER = re.compile(r"://[^/\s@]+@")
"""What stands before a host in an address may be a token."""
_LEFT_OUT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")


class Rejected(GitError):
    """The remote has moved on, or does not let the ref be moved; the message is git's."""


@dataclass(frozen=True, slots=True)
class Remote:
    """One remote of a clone, and the name of the protected branch there. ``environ`` is the caller's."""

    git: Git
    name: str
    branch: str
    environ: Mapping[str, str]

    def refs(self) -> dict[str, str]:
        """Where the protected branch and keyctl's own refs stand now, by full name. Raises GitError."""
        said = self._run(
            "ls-remote", "--", self.name, f"refs/heads/{self.branch}", "refs/heads/keyctl/*", "refs/keyctl/*"
        )
        rows = (_ROW.fullmatch(line) for line in said.decode("utf-8", "surrogateescape").splitlines())
        return {row[2]: row[1] for row in rows if row is not None}

    def move(self, ref: str, to: str | None, since: str | None, options: Sequence[str] = ()) -> None:
        """Let a ref point to a commit of this clone, or remove it (None), if it still is where it was ``since`` (None:
        if there is none). ``options`` are push options. Raises Rejected, and GitError where nothing is known of it."""
        flags = [f"--push-option={option}" for option in options]
        try:
            self._run(
                "push",
                "--quiet",
                "--no-verify",
                "--no-follow-tags",
                "--recurse-submodules=no",
                f"--force-with-lease={ref}:{since or ''}",
                *flags,
                "--",
                self.name,
                f"{to or ''}:{ref}",
            )
        except GitError as error:
            rejected = "stale info" in str(error) or "rejected" in str(error)
            raise (Rejected if rejected else GitError)(str(error)) from None

    def fetch(self, ref: str) -> None:
        """Bring what a ref points to into this clone; no ref of it is moved. Raises GitError."""
        self._run(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--", self.name, ref
        )

    def has(self, commit: str) -> bool:
        """Whether this clone holds a commit and all that HEAD needs of it: it is an ancestor of HEAD."""
        try:
            self.git.output("merge-base", "--is-ancestor", commit, "HEAD")
        except GitError:
            return False
        return True

    def _run(self, *arguments: str) -> bytes:
        outside = {name: value for name, value in self.environ.items() if name not in _LEFT_OUT}
        settled = {
            **outside,
            "PATH": outside.get("PATH", os.defpath),
            "LC_ALL": "C",
            "GIT_DIR": str(self.git.directory),
            "GIT_WORK_TREE": str(self.git.top),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
        }
        failure: GitError
        try:
            return run(self.git.top, with_overrides(settled, (("core.hooksPath", os.devnull),)), arguments)
        except GitError as error:
            failure = error
        raise GitError(_USER.sub("://", str(failure)))


def remote_of(git: Git, protected_ref: str, environ: Mapping[str, str]) -> Remote | None:
    """The remote that has the protected branch; None where this clone knows none, or several that might."""
    parts = protected_ref.split("/", 3)
    if parts[:2] == ["refs", "remotes"] and len(parts) == 4:
        return Remote(git, parts[2], parts[3], environ)
    settings = git.config()
    branch = protected_ref.removeprefix("refs/heads/")
    tracked = settings.get(f"branch.{branch}.remote", [])[-1:]
    known = sorted({name[7:].rpartition(".")[0] for name in settings if name.startswith("remote.") and "." in name[7:]})
    found = tracked or (known if len(known) == 1 else [])
    return Remote(git, found[0], branch, environ) if found and found[0] != "." else None
