"""What commands that act have in common: the world that they act in, a person who is asked, and how they end."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keyctl.cli.progress import Progress
from keyctl.model.refusal import Refusal

if TYPE_CHECKING:
    from keyctl.acting.hands import Hands
    from keyctl.history.committing import Author
    from keyctl.model.plan import Action
    from keyctl.reconcile.narrowing import Narrowing

YesOption = Annotated[bool, typer.Option("--yes", help="Deletions are meant; nobody is asked. Brakes stay.")]
CommitOption = Annotated[
    bool, typer.Option("--commit", help="Write back in one commit on a branch; the work tree stays as it is.")
]
PushOption = Annotated[
    bool, typer.Option("--push", help="With --commit: push that branch, and ask for a merge request.")
]
TakeLockOption = Annotated[
    str | None,
    typer.Option(
        "--take-lock", metavar="LOCK", help="Take this lock over: its run is known to be dead.", show_default=False
    ),
]


def hands(root: Path, narrowed: Narrowing, progress: Progress) -> Hands:
    """The deployment as this process's environment says it, and the person at the terminal."""
    from keyctl.acting.hands import Hands
    from keyctl.cli.looking import look
    from keyctl.secrets.sinks.catalogue import open_sink
    from keyctl.secrets.sources import READ, WRITE, Credentials

    environ = dict(os.environ)
    work_tree = next((one for one in (root, *root.parents) if os.path.lexists(one / ".git")), None)
    return Hands(
        environ=environ,
        reading=Credentials.from_environ(environ, READ),
        writing=Credentials.from_environ(environ, WRITE),
        clock=lambda: datetime.now(UTC),
        observe=lambda desired, watch: look(desired, narrowed, progress.say, watch=watch),
        sinks=cache(lambda reference: open_sink(reference, environ, work_tree=work_tree)),
        confirmed=lambda actions: confirmed(actions, progress),
        author=_author(root),
        progress=progress.say,
        commits=progress.commits,
    )


def check_written(*, commit: bool, push: bool) -> None:
    """``--push`` pushes a commit."""
    if push and not commit:
        raise typer.BadParameter("--push pushes the commit that --commit makes; give both")


def check_harmless(reason: str) -> None:
    """What goes into a file of the registry is no secret. Raises Refusal, which does not repeat it."""
    from keyctl.model.finding import Confidence
    from keyctl.policy.secrets import find

    for hit in find(reason):
        if hit.confidence is not Confidence.LOW:
            raise Refusal(
                f"--reason holds what looks like {hit.what}; nothing was done",
                "say it in words; a secret that was typed where others may read it has to be replaced",
            )


def check_no_secret(hands: Hands, *given: str | None) -> None:
    """Nothing that was typed holds a secret of this deployment: a pipeline puts variables into what people type. Raises
    Refusal, which does not repeat it."""
    redactor = hands.redactor()
    if any(redactor.scrub(text) != text for text in given if text):
        raise Refusal(
            "what was typed holds a secret of this deployment; nothing was done",
            "name a key or an id, and say the reason in words",
        )


def confirmed(actions: Collection[Action], progress: Progress, verb: str = "delete") -> bool:
    """Whether the person at the terminal types how many keys are to go. Raises Refusal where nobody is."""
    number = len(actions)
    what = f"{verb} {number} {'key' if number == 1 else 'keys'}"
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        raise Refusal(
            f"this would {what}, and nobody can be asked whether that is meant", "run it on a terminal, or with --yes"
        )
    progress.done()
    for action in actions:
        shown = f"({action.identifier.display}) " if action.identifier else ""
        meant = action.key or "an undeclared key"
        sys.stderr.write(f"  {verb} {meant} {shown}on {action.account}: {action.reason}\n")
    sys.stderr.write(f"Type '{what}' to go on: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == what


def _author(root: Path) -> Author:
    """Of commits: the person's own name and address as git knows them, else keyctl."""
    from git import Git, GitCommandNotFound

    from keyctl.acting.lock import AUTHOR
    from keyctl.cli.identity import told_to_git
    from keyctl.history.committing import Author

    try:
        name, email = (told_to_git(Git(root), field) for field in ("NAME", "EMAIL"))
    except GitCommandNotFound:
        return AUTHOR
    return Author(name or AUTHOR.name, email or AUTHOR.email)
