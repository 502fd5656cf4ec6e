"""Edited files into the work tree, or into a commit on a branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from keyctl.acting.publishing import branch_of, committed, message_of, pushed, title_of
from keyctl.history.committing import Author
from keyctl.history.git import Git
from keyctl.history.remote import Remote
from keyctl.model.application import Verb, Written
from keyctl.model.refusal import Refusal
from keyctl.registry.saving import create, save


@dataclass(frozen=True, slots=True)
class Place:
    """Where edited files go. ``base`` is the commit that they are edited from; ``remote`` is None for none.
    ``draft`` is a folder in which files may be unfinished, which no registry's may."""

    root: Path
    git: Git | None
    base: str | None
    remote: Remote | None
    author: Author
    commit: bool
    push: bool
    draft: Path | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The commit and its branch, None for neither; whether it was pushed; and what a person has still to do."""

    commit: str | None = None
    branch: str | None = None
    pushed: bool = False
    note: str | None = None


def write(
    place: Place,
    verb: Verb,
    files: Mapping[str, bytes],
    written: Sequence[Written],
    run: str,
    digest: str | None,
    at: datetime,
) -> Sent:
    """Raises GitError, and Refusal for a file that can't be written."""
    if not place.commit:
        for path, data in sorted(files.items()):
            if (place.root / path).exists():
                save(place.root, path, data, draft=place.draft)
            else:
                create(place.root, path, data)
        return Sent()
    if place.git is None or place.base is None:
        raise Refusal("there is no commit to add to", "run it in the git repository that holds the registry")
    branch = branch_of(verb, written)
    message = message_of(verb, written, run, digest)
    made = committed(place.git, place.base, files, message, branch, place.author, at)
    if not place.push:
        return Sent(made, branch)
    if place.remote is None:
        raise Refusal("this clone has no remote to push to", f"push the branch {branch} by hand")
    return Sent(made, branch, True, pushed(place.remote, branch, made, title_of(verb, written)))
