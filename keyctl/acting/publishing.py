"""Write-back into git: one commit on a branch of its own, pushed so that a merge request opens.

What every apply tells anew is always on the same branch, which holds all that waits to be merged: a later run replaces
it. Whoever pushes needs no right to write to the protected branch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from keyctl.history.committing import Author, commit
from keyctl.history.git import Git, GitError
from keyctl.history.remote import Remote
from keyctl.model.application import Verb, Written

_TITLE = {
    Verb.APPLY: "Write back what apply did",
    Verb.REVOKE: "Revoke",
    Verb.ROTATE: "Rotate",
    Verb.CONFIRM: "Confirm",
}
_NO_OPTIONS = "push options"


def branch_of(verb: Verb, written: Sequence[Written]) -> str:
    """``keyctl/write-back`` for what apply tells, else one for each command and its ids: a branch that waits to be
    merged is replaced only by one that says as much."""
    if verb is Verb.APPLY:
        return "keyctl/write-back"
    about = "\n".join(sorted({one.identifier.fingerprint for one in written}))
    names = "-".join(_names(written)) or "ids"
    return f"keyctl/{verb.value}-{names[:80]}-{sha256(about.encode()).hexdigest()[:8]}"


def title_of(verb: Verb, written: Sequence[Written]) -> str:
    """The first line of the commit's message, and the merge request's title."""
    names = _names(written)
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{_TITLE[verb]}: {shown}" if shown else _TITLE[verb]


def message_of(verb: Verb, written: Sequence[Written], run: str, digest: str | None) -> str:
    """The commit's message, with a trailer for each thing that was done."""
    lines = [title_of(verb, written), ""]
    lines += [f"{one.key or one.path}: {one.identifier.display} {one.what}" for one in written]
    lines += ["", f"Keyctl-Run: {run}", *([f"Keyctl-Plan: {digest}"] if digest is not None else [])]
    for one in written:
        lines.append(f"Keyctl-Action: {one.what.split(',')[0]} {one.key or '-'} {one.identifier.fingerprint}")
    return "\n".join(lines) + "\n"


def committed(
    git: Git, base: str, files: Mapping[str, bytes], message: str, branch: str, author: Author, at: datetime
) -> str:
    """The commit, and a branch of this clone that points to it. Raises GitError."""
    made = commit(git, base, files, message, author, at)
    git.output("update-ref", f"refs/heads/{branch}", made)
    return made


def pushed(remote: Remote, branch: str, made: str, title: str) -> str | None:
    """Push the branch and ask for a merge request; a note for people where that takes a step by hand. Raises
    GitError."""
    ref = f"refs/heads/{branch}"
    since = remote.refs().get(ref)
    options = (
        "merge_request.create",
        f"merge_request.target={remote.branch}",
        f"merge_request.title={title}",
        "merge_request.remove_source_branch",
    )
    try:
        remote.move(ref, made, since, options)
        return None
    except GitError as error:
        if _NO_OPTIONS not in str(error):
            raise
    remote.move(ref, made, since)
    return f"{remote.name} takes no push options: open a merge request from {branch} by hand"


def _names(written: Sequence[Written]) -> list[str]:
    return sorted({str(one.key) for one in written if one.key is not None})
