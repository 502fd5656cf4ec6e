"""``keyctl plan``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from keyctl.cli.exits import status_of
from keyctl.cli.options import (
    AnchorOption,
    AtOption,
    FailOnOption,
    FormatOption,
    FullIdsOption,
    OnlyOption,
    OutputOption,
    ProtectedOption,
    RegistryOption,
    SnapshotOption,
    moment,
    narrowing,
)
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root
from keyctl.model.finding import Severity


def plan(
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    anchor: AnchorOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Keep the plan as JSON, for reading.", show_default=False),
    ] = None,
    snapshot: SnapshotOption = None,
    only: OnlyOption = None,
    at: AtOption = None,
    fail_on: FailOnOption = Severity.ERROR,
    stdout_format: FormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
) -> None:
    """What reconcile says, and the actions that would bring the exchanges to the registry. Nothing is done."""
    from keyctl.cli.looking import look
    from keyctl.cli.output import Outputs, write_text
    from keyctl.reconcile import run
    from keyctl.reconcile.desired import read_desired
    from keyctl.reports.formats import Style, render

    outputs = Outputs(stdout_format, output, full_ids=full_ids)
    narrowed = narrowing(only)
    now = moment(at)
    root = registry_root(registry)
    progress = Progress()
    desired = read_desired(
        root, environ=os.environ, protected=protected, anchor=anchor, cached=False, progress=progress.commits
    )
    planned = run.reconcile(
        root,
        desired,
        look(desired, narrowed, progress.say),
        now=now,
        real_now=datetime.now(UTC),
        files=snapshot or (),
        only=narrowed,
        fail_on=fail_on,
        planned=True,
    ).comparison
    progress.done()
    if out is not None:
        write_text(out, render("json", planned, Style()))
    outputs.write(planned, root)
    raise typer.Exit(status_of(planned.exit_reasons))
