"""``keyctl apply``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keyctl.cli.acting import CommitOption, PushOption, TakeLockOption, YesOption, check_written, hands
from keyctl.cli.exits import status_of
from keyctl.cli.options import (
    AnchorOption,
    FullIdsOption,
    OnlyOption,
    OutputOption,
    ProtectedOption,
    RegistryOption,
    ViewFormatOption,
    narrowing,
)
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root

if TYPE_CHECKING:
    from keyctl.model.names import AccountName


def apply(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A saved plan; nothing else is done.", show_default=False),
    ] = None,
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    anchor: AnchorOption = None,
    only: OnlyOption = None,
    only_reductions: Annotated[
        bool,
        typer.Option("--only-reductions", help="Kill what is revoked, disable, narrow; nothing else. For schedules."),
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Take up the run that did not end.")] = False,
    yes: YesOption = False,
    allow_deletes: Annotated[
        list[str] | None,
        typer.Option("--allow-deletes", metavar="ACCOUNT=N", help="Beyond the brakes; repeatable.", show_default=False),
    ] = None,
    allow_changes: Annotated[
        list[str] | None,
        typer.Option("--allow-changes", metavar="ACCOUNT=N", help="Beyond the brakes; repeatable.", show_default=False),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept",
            metavar="COMMIT",
            help="A merged step that a review refuses was looked at; repeatable.",
            show_default=False,
        ),
    ] = None,
    require_signed: Annotated[
        bool, typer.Option("--require-signed", help="Of each commit since the last apply, as review has it.")
    ] = False,
    commit: CommitOption = False,
    push: PushOption = False,
    take_lock: TakeLockOption = None,
    stdout_format: ViewFormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
) -> None:
    """Do what was merged: the plan, made anew, carried out at the exchanges, and written back."""
    from keyctl.acting.apply import Wishes
    from keyctl.acting.apply import apply as act
    from keyctl.cli.output import Outputs
    from keyctl.reports import views

    outputs = Outputs(stdout_format, output, full_ids=full_ids, known=views.names())
    check_written(commit=commit, push=push)
    narrowed = narrowing(only)
    root = registry_root(registry)
    progress = Progress()
    wishes = Wishes(
        only=narrowed,
        saved=file,
        only_reductions=only_reductions,
        resume=resume,
        yes=yes,
        allow_deletes=_allowed(allow_deletes, "--allow-deletes"),
        allow_changes=_allowed(allow_changes, "--allow-changes"),
        accepted=frozenset(accept or ()),
        require_signed=require_signed,
        take_lock=take_lock,
        commit=commit,
        push=push,
        protected=protected,
        anchor=anchor,
    )
    result = act(root, wishes, hands(root, narrowed, progress))
    progress.done()
    outputs.write(result, root)
    raise typer.Exit(status_of(result.exit_reasons))


def _allowed(texts: list[str] | None, option: str) -> dict[AccountName, int]:
    from keyctl.model.names import AccountName

    allowed = {}
    for text in texts or ():
        name, equals, number = text.partition("=")
        if not equals or not name or not number.isdecimal():
            raise typer.BadParameter(f"{option}: {text!r} is not ACCOUNT=N")
        allowed[AccountName(name)] = int(number)
    return allowed
