"""A result as the one note on its merge request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from keyctl.notes.sticky import Patience, marker, stick
from keyctl.reports import markdown, sentences
from keyctl.reports.formats import Result, Style

if TYPE_CHECKING:
    from keyctl.notes.sticky import Forge


def post(forge: str, result: Result, registry: str | None, environ: Mapping[str, str], patience: Patience) -> str:
    """Post to ``gitlab`` or ``github`` as the CI's environment says; "created", "updated" or "unchanged".

    Raises NotTold. ``registry`` is the registry's id, None where nothing tells it.
    """
    mark = marker(sentences.title(result).lower(), registry)
    return stick(_forge(forge, environ), mark, markdown.render(result, Style()), patience)


def _forge(name: str, environ: Mapping[str, str]) -> Forge:
    if name == "gitlab":
        from keyctl.notes.gitlab import MergeRequest

        return MergeRequest(environ)
    from keyctl.notes.github import PullRequest

    return PullRequest(environ)
