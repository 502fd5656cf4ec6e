"""Write-back into git: one commit on a branch of its own, pushed so that a merge request opens.

The branch is always the same, and always holds all that waits to be merged: a later run replaces it. Whoever pushes
needs no right to write to the protected branch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from keyctl.acting.gate import Passed
from keyctl.history.committing import Author, commit
from keyctl.history.git import GitError
from keyctl.history.remote import Remote
from keyctl.model.application import Verb, Written

TITLE = {
    Verb.APPLY: "Write back what apply did",
    Verb.REVOKE: "Revoke",
    Verb.ROTATE: "Rotate",
    Verb.CONFIRM: "Confirm the end of",
}
_NO_OPTIONS = "push options"


def branch_of(verb: Verb, written: Sequence[Written]) -> str:
    """``keyctl/write-back`` for what every apply tells anew, else one for each command and its keys."""
    if verb is Verb.APPLY:
        return "keyctl/write-back"
    names = sorted({str(one.key) for one in written if one.key is not None})
    return f"keyctl/{verb.value}-{'-'.join(names) or 'ids'}"[:100]


def message_of(verb: Verb, written: Sequence[Written], run: str, digest: str) -> str:
    """The commit's message, with a trailer for each thing that was done."""
    names = sorted({str(one.key) for one in written if one.key is not None})
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    lines = [f"{TITLE[verb]}: {shown}" if verb is Verb.APPLY else f"{TITLE[verb]} {shown}", ""]
    lines += [f"{one.key or one.path}: {one.identifier.display} {one.what}" for one in written]
    lines += ["", f"Keyctl-Run: {run}", f"Keyctl-Plan: {digest}"]
    lines += [
        f"Keyctl-Action: {one.what.split(',')[0]} {one.key or '-'} {one.identifier.fingerprint}" for one in written
    ]
    return "\n".join(lines) + "\n"


def committed(
    passed: Passed, files: Mapping[str, bytes], message: str, branch: str, author: Author, at: datetime
) -> str:
    """The commit, and a branch of this clone that points to it. Raises GitError."""
    made = commit(passed.git, passed.head, files, message, author, at)
    passed.git.output("update-ref", f"refs/heads/{branch}", made)
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
