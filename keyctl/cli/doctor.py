"""``keyctl doctor``."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import typer

from keyctl.cli.exits import status_of
from keyctl.cli.options import (
    FailOnOption,
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
from keyctl.model.finding import Severity


def doctor(
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    only: OnlyOption = None,
    fail_on: FailOnOption = Severity.ERROR,
    stdout_format: ViewFormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
) -> None:
    """Try keyctl's own credentials: accepted or why not, from this address, by this clock, with no right too many."""
    from dataclasses import replace

    from keyctl.cli.output import Outputs
    from keyctl.model.checkup import Checkup
    from keyctl.model.finding import ExitReason, exit_reasons, in_order
    from keyctl.reconcile.desired import read_desired
    from keyctl.reconcile.doctor import Doctor
    from keyctl.registry.positions import locate
    from keyctl.reports import views
    from keyctl.secrets.sources import Credentials

    outputs = Outputs(stdout_format, output, full_ids=full_ids, known=views.names())
    narrowed = narrowing(only)
    root = registry_root(registry)
    progress = Progress()
    desired = read_desired(root, environ=os.environ, protected=protected, progress=progress.commits)
    told = [f for f in desired.findings if f.consequence in (ExitReason.FAILED, ExitReason.BLOCKED)]
    if desired.registry is None:
        result = Checkup(bool(narrowed), (), (), in_order(told), exit_reasons(in_order(told), fail_on))
    else:
        narrowed.check(desired.registry)
        credentials = Credentials.from_environ(os.environ)
        progress.say("asking the exchanges")
        patient = Doctor(
            desired.registry,
            credentials,
            desired.tombstones,
            frozenset(name for name, value in os.environ.items() if value) | credentials.names,
            os.environ.get("KEYCTL_SANDBOX"),
            lambda: datetime.now(UTC),
        )
        result = patient.examine(narrowed.accounts(desired.registry), fail_on, told)
        result = replace(result, findings=in_order(list(locate(root, result.findings))))
    progress.done()
    outputs.write(result, root)
    raise typer.Exit(status_of(result.exit_reasons))
