"""``--post``: the result as a note on the merge request, after it was written everywhere else."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from keyctl.reports.formats import Result


class Forge(StrEnum):
    """Where merge requests are."""

    GITLAB = "gitlab"
    GITHUB = "github"


PostOption = Annotated[
    Forge | None,
    typer.Option(
        "--post",
        help="Keep one note on the merge request that the CI's environment names; a failure changes no exit status.",
        show_default=False,
    ),
]


def post_note(forge: Forge | None, result: Result, root: Path) -> None:
    """Create or update the note. What goes wrong is said on stderr; nothing is raised."""
    if forge is None:
        return
    from keyctl.notes.failure import NotTold

    try:
        from keyctl.notes.named import registry_of
        from keyctl.notes.post import post
        from keyctl.notes.sticky import Patience

        done = post(forge.value, result, registry_of(root), os.environ, Patience())
        sys.stderr.write(f"--post {forge.value}: the note was {done}\n")
    except NotTold as failure:
        not_told(f"--post {forge.value}: the note was not posted: {failure.message}", failure.remedy)
    except Exception as error:  # noqa: BLE001 - whatever fails here must not decide the run's exit status
        not_told(f"--post {forge.value}: the note was not posted: internal error {type(error).__name__}", "report it")


def not_told(message: str, remedy: str) -> None:
    """Say on stderr that somebody was not told, and that the run's result stands."""
    sys.stderr.write(f"warning: {message}\n  -> {remedy}; the result and the exit status stay as they are\n")
