"""``keyctl rotate``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from keyctl.cli.acting import CommitOption, PushOption, TakeLockOption, YesOption, check_written, hands
from keyctl.cli.exits import status_of
from keyctl.cli.options import (
    AnchorOption,
    FullIdsOption,
    OutputOption,
    ProtectedOption,
    RegistryOption,
    ViewFormatOption,
    day_of,
)
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root


def rotate(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key that gets another id.")],
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="DAY", help="The old id's last day beside the new one; else a week.", show_default=False
        ),
    ] = None,
    leaked: Annotated[bool, typer.Option("--leaked", help="Kill the old id at once, whatever becomes of it.")] = False,
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    anchor: AnchorOption = None,
    yes: YesOption = False,
    commit: CommitOption = False,
    push: PushOption = False,
    take_lock: TakeLockOption = None,
    stdout_format: ViewFormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
) -> None:
    """Make another credential with the same rights and deliver it; the old one retires until the new one is used."""
    from keyctl.acting.rotate import Rotation
    from keyctl.acting.rotate import rotate as act
    from keyctl.cli.output import Outputs
    from keyctl.model.names import KeyName
    from keyctl.reconcile.narrowing import Narrowing
    from keyctl.reports import views

    outputs = Outputs(stdout_format, output, full_ids=full_ids, known=views.names())
    check_written(commit=commit, push=push)
    last = None if until is None else day_of(until, "--until")
    if last is not None and last < datetime.now(UTC).date():
        raise typer.BadParameter(f"--until: {until} is over")
    if leaked and until is not None:
        raise typer.BadParameter("a leaked id does not retire: give --leaked or --until")
    root = registry_root(registry)
    progress = Progress()
    rotation = Rotation(
        only=Narrowing((("key", key),)),
        yes=yes,
        commit=commit,
        push=push,
        take_lock=take_lock,
        protected=protected,
        anchor=anchor,
        key=KeyName(key),
        until=last,
        leaked=leaked,
    )
    result = act(root, rotation, hands(root, rotation.only, progress))
    progress.done()
    outputs.write(result, root)
    raise typer.Exit(status_of(result.exit_reasons))
