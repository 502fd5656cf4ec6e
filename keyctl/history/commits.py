"""Commits as they were written: who, when, and in one line what for.

Read from the raw objects: no mail map, signature program, log format or other configuration has a say, and a name that
was made to look like something else stays one value.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime

from keyctl.history.git import Git, GitError
from keyctl.model.life import Commit, Person

_SIGNED = re.compile(rb"(.*?) ?<([^>]*)>(?: (-?[0-9]{1,12}) [+-][0-9]{4})?\s*")
_LONGEST = 200


def commits(git: Git, ids: Collection[str]) -> dict[str, Commit]:
    """Each commit by its id. Raises GitError for one that is missing or damaged."""
    order = sorted(set(ids))
    found: dict[str, Commit] = {}
    if not order:
        return found
    with git.fed(("cat-file", "--batch", "--buffer"), (f"{one}\n".encode("ascii") for one in order)) as out:
        for one in order:
            fields = out.readline().split()
            if len(fields) != 3 or fields[1] != b"commit":
                raise GitError(f"commit {one} is missing from this clone, or damaged")
            size = int(fields[2])
            data = out.read(size + 1)
            if len(data) != size + 1:
                raise GitError("'git cat-file' ended in the middle of a commit")
            found[one] = _commit(one, data[:-1])
    return found


def _commit(one: str, data: bytes) -> Commit:
    head, _, message = data.partition(b"\n\n")
    headers: dict[bytes, bytes] = {}
    for line in head.split(b"\n"):
        name, _, value = line.partition(b" ")
        headers.setdefault(name, value)
    encoding = headers.get(b"encoding", b"utf-8").decode("ascii", "replace")
    author, authored = _signed(headers.get(b"author", b""), encoding)
    committer, committed = _signed(headers.get(b"committer", b""), encoding)
    subject = _text(message.lstrip(b"\n").partition(b"\n")[0], encoding)
    return Commit(one, author, committer, authored, committed, subject[:_LONGEST])


def _signed(value: bytes, encoding: str) -> tuple[Person, datetime | None]:
    match = _SIGNED.fullmatch(value)
    if match is None:
        return Person(_text(value, encoding)[:_LONGEST], ""), None
    moment: datetime | None = None
    if match[3] is not None:
        with suppress(ValueError, OverflowError, OSError):
            moment = datetime.fromtimestamp(int(match[3]), UTC)
    return Person(_text(match[1], encoding)[:_LONGEST], _text(match[2], encoding)[:_LONGEST]), moment


def _text(value: bytes, encoding: str) -> str:
    try:
        return value.decode(encoding, "replace").strip()
    except LookupError:
        return value.decode("utf-8", "replace").strip()
