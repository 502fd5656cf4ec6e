"""``keyctl status``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from keyctl.cli.exits import status_of
from keyctl.cli.options import (
    AtOption,
    FullIdsOption,
    OnlyOption,
    OutputOption,
    ProtectedOption,
    RegistryOption,
    ViewFormatOption,
    moment,
    narrowing,
)
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal


def status(
    key: Annotated[str | None, typer.Argument(help="One key in detail; without it, all.", show_default=False)] = None,
    live: Annotated[bool, typer.Option("--live", help="Ask the exchanges and compare, as reconcile does.")] = False,
    snapshot: Annotated[
        list[Path] | None,
        typer.Option(
            "--snapshot",
            metavar="FILE",
            help="With --live: merge another run's snapshot; repeatable.",
            show_default=False,
        ),
    ] = None,
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    only: OnlyOption = None,
    at: AtOption = None,
    stdout_format: ViewFormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
) -> None:
    """Every key: owner, scopes, IPs, days left and state; with --live also what the exchanges report. Apps that sign
    with a wallet follow."""
    from keyctl.cli.looking import look
    from keyctl.cli.output import Outputs
    from keyctl.history.life import key_life
    from keyctl.model.names import KeyName
    from keyctl.reconcile import overview, run
    from keyctl.reconcile.desired import read_desired
    from keyctl.reconcile.narrowing import Narrowing
    from keyctl.reports import views

    outputs = Outputs(stdout_format, output, full_ids=full_ids, known=views.names())
    if snapshot and not live:
        raise typer.BadParameter("--snapshot is for --live")
    if key is not None and only:
        raise typer.BadParameter("name a key or give --only, not both")
    narrowed = narrowing(only)
    now = moment(at)
    root = registry_root(registry)
    progress = Progress()
    desired = read_desired(root, environ=os.environ, protected=protected, progress=progress.commits)
    ids = None
    if key is not None and desired.registry is not None:
        name = KeyName(key)
        if name not in desired.registry.keys:
            raise Refusal(
                f"the registry declares no key {key!r}",
                f"see exchange-keyctl status, or, if it is gone, exchange-keyctl log {key}",
            )
        narrowed = Narrowing((("key", key),))
        life = None
        if desired.history is not None and desired.history.commit is not None:
            life = key_life(root, name, protected=protected, environ=os.environ, progress=progress.commits)
        ids = overview.ids_of(desired.registry.keys[name], life)
    if live:
        reconciled = run.reconcile(
            root,
            desired,
            look(desired, narrowed, progress.say),
            now=now,
            real_now=datetime.now(UTC),
            files=snapshot or (),
            only=narrowed,
        )
        result = overview.live_overview(desired, reconciled.comparison, reconciled.snapshot, ids, narrowed)
    else:
        result = overview.declared_overview(root, desired, now, narrowed, ids)
    progress.done()
    outputs.write(result, root)
    raise typer.Exit(status_of(result.exit_reasons))
