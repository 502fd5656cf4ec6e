"""Pieces of sentences that a review's findings share."""

from __future__ import annotations

from collections.abc import Sequence

from keyctl.model.identifier import Identifier
from keyctl.model.life import Commit, FieldValue

_MOST_NAMES, _MOST_COMMITS, _LONGEST = 10, 3, 80


def by(commits: Sequence[Commit]) -> str:
    """Which commits did it and who wrote them, as the end of a sentence; the latest ones where there are many."""
    if not commits:
        return ""
    told = [f"commit {one.id[:12]} by {author(one)}" for one in commits[-_MOST_COMMITS:]]
    more = f" and {len(commits) - len(told)} before" if len(commits) > len(told) else ""
    return f" ({', '.join(told)}{more})"


def author(commit: Commit) -> str:
    """Who a commit says that wrote it; nobody checked that."""
    name, email = commit.author.name[:_LONGEST], commit.author.email[:_LONGEST]
    return f"{name} <{email}>" if email else name or "nobody"


def names(given: Sequence[str]) -> str:
    """A list that does not grow beyond what people read."""
    told = ", ".join(given[:_MOST_NAMES])
    return told + (f" and {len(given) - _MOST_NAMES} more" if len(given) > _MOST_NAMES else "")


def shown(value: FieldValue) -> str:
    """A field's value in a sentence."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case Identifier():
            return value.display
        case tuple():
            return names(value) or "none"
        case _:
            return value
