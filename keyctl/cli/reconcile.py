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
    NotifyOption,
    OnlyOption,
    OutputOption,
    ProtectedOption,
    RegistryOption,
    SnapshotOption,
    moment,
    narrowing,
)
from keyctl.cli.posting import PostOption, post_note
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
    snapshot: SnapshotOption = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous", metavar="FILE", help="An earlier snapshot: what moved since is found.", show_default=False
        ),
    ] = None,
    balances: Annotated[
        bool, typer.Option("--balances", help="Also hold max_balance against what lies in each account.")
    ] = False,
    only: OnlyOption = None,
    at: AtOption = None,
    fail_on: FailOnOption = Severity.ERROR,
    stdout_format: FormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
    post: PostOption = None,
    notify: NotifyOption = False,
) -> None:
    """Compare the registry with what the exchanges report: drift, unmanaged, missing, expired, revoked but alive."""
    import json

    from keyctl.cli.looking import look
    from keyctl.cli.notifying import Lookout
    from keyctl.cli.output import Outputs, write_text
    from keyctl.reconcile import run, snapshots
    from keyctl.reconcile.desired import read_desired

    outputs = Outputs(stdout_format, output, full_ids=full_ids)
    narrowed = narrowing(only)
    now = moment(at)
    root = registry_root(registry)
    lookout = Lookout(root, notify=notify, fail_on=fail_on, real_time=at is None)
    progress = Progress()
    desired = read_desired(root, environ=os.environ, protected=protected, anchor=anchor, progress=progress.commits)

    reconciled = run.reconcile(
        root,
        desired,
        look(desired, narrowed, progress.say, balances=balances),
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
    comparison = lookout.judged(reconciled.comparison)
    outputs.write(comparison, root)
    post_note(post, comparison, root)
    lookout.tell(comparison)
    raise typer.Exit(status_of(comparison.exit_reasons))
