"""What people call a commit → the commit, and where a branch left the protected one."""

from __future__ import annotations

from keyctl.history.git import Git, GitError
from keyctl.history.walk import shown
from keyctl.model.refusal import Refusal


def commit_named(git: Git, name: str) -> str:
    """The commit that a revision such as ``main``, ``HEAD~2`` or ``v1`` names. Raises Refusal."""
    fetch = "fetch it first (git fetch origin), or name a branch, a tag or a commit id of this clone"
    if not name or name.startswith("-") or any(char in name for char in "\0\n"):
        raise Refusal(f"{shown(name)!r} is no name of a commit", "name a branch, a tag or a commit id")
    try:
        return git.output("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode("ascii").strip()
    except GitError:
        raise Refusal(f"{shown(name)!r} names no commit in this clone", fetch) from None


def merge_base(git: Git, tip: str, head: str, ref: str) -> str:
    """The commit at which ``head`` left the protected branch ``ref``, whose tip is ``tip``. Raises Refusal."""
    try:
        return git.output("merge-base", tip, head).decode("ascii").split()[0]
    except (GitError, IndexError):
        raise Refusal(
            f"commit {head[:12]} and {ref} have no commit in common in this clone",
            "make the clone whole (git fetch --unshallow; in CI GIT_DEPTH: 0), or name BASE",
        ) from None
