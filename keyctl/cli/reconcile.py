"""``keyctl reconcile``."""

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
    moment,
    narrowing,
)
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root
from keyctl.model.finding import Severity


def reconcile(
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    anchor: AnchorOption = None,
    save_snapshot: Annotated[
        Path | None,
        typer.Option("--save-snapshot", metavar="FILE", help="Keep what was observed.", show_default=False),
    ] = None,
    snapshot: Annotated[
        list[Path] | None,
        typer.Option(
            "--snapshot", metavar="FILE", help="Merge another run's snapshot; repeatable.", show_default=False
        ),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous", metavar="FILE", help="An earlier snapshot: what moved since is found.", show_default=False
        ),
    ] = None,
    only: OnlyOption = None,
    at: AtOption = None,
    fail_on: FailOnOption = Severity.ERROR,
    stdout_format: FormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
) -> None:
    """Compare the registry with what the exchanges report: drift, unmanaged, missing, expired, revoked but alive."""
    import json

    from keyctl.cli.output import Outputs, write_text
    from keyctl.model.live import Snapshot
    from keyctl.model.registry import Registry
    from keyctl.reconcile import run, snapshots
    from keyctl.reconcile.desired import read_desired
    from keyctl.reconcile.observe import observe
    from keyctl.secrets.sources import Credentials

    outputs = Outputs(stdout_format, output, full_ids=full_ids)
    narrowed = narrowing(only)
    now = moment(at)
    root = registry_root(registry)
    progress = Progress()
    desired = read_desired(root, environ=os.environ, protected=protected, anchor=anchor, progress=progress.commits)

    def look(declared: Registry) -> Snapshot:
        return observe(
            declared,
            credentials=Credentials.from_environ(os.environ),
            tombstones=desired.tombstones,
            sandbox=os.environ.get("KEYCTL_SANDBOX"),
            clock=lambda: datetime.now(UTC),
            only=narrowed.accounts(declared),
            progress=progress.say,
        )

    reconciled = run.reconcile(
        root,
        desired,
        look,
        now=now,
        real_now=datetime.now(UTC),
        files=snapshot or (),
        previous=previous,
        only=narrowed,
        fail_on=fail_on,
    )
    progress.done()
    if save_snapshot is not None and reconciled.snapshot is not None:
        write_text(save_snapshot, json.dumps(snapshots.document(reconciled.snapshot), indent=1) + "\n")
    outputs.write(reconciled.comparison, root)
    raise typer.Exit(status_of(reconciled.comparison.exit_reasons))
