"""``keyctl confirm``."""

from __future__ import annotations

from typing import Annotated

import typer

from keyctl.cli.acting import CommitOption, PushOption, check_written, hands
from keyctl.cli.exits import status_of
from keyctl.cli.options import FullIdsOption, OutputOption, RegistryOption, ViewFormatOption
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root


def confirm(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key whose app uses its new id.")],
    registry: RegistryOption = None,
    commit: CommitOption = False,
    push: PushOption = False,
    stdout_format: ViewFormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
) -> None:
    """Say that an app uses the new id of its key: the old one is killed, and listed as revoked for ever."""
    from keyctl.acting.confirm import confirm as act
    from keyctl.cli.output import Outputs
    from keyctl.model.names import KeyName
    from keyctl.reconcile.narrowing import Narrowing
    from keyctl.reports import views

    outputs = Outputs(stdout_format, output, full_ids=full_ids, known=views.names())
    check_written(commit=commit, push=push)
    root = registry_root(registry)
    progress = Progress()
    result = act(root, KeyName(key), hands(root, Narrowing(), progress), commit=commit, push=push)
    progress.done()
    outputs.write(result, root)
    raise typer.Exit(status_of(result.exit_reasons))
