"""``keyctl validate``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from keyctl.cli.exits import status_of
from keyctl.cli.options import (
    AnchorOption,
    FailOnOption,
    FormatOption,
    NotifyOption,
    OnlyOption,
    OutputOption,
    ProtectedOption,
    RegistryOption,
    narrowing,
)
from keyctl.cli.posting import PostOption, post_note
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root
from keyctl.model.finding import Severity
from keyctl.model.refusal import Refusal


def validate(
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    anchor: AnchorOption = None,
    history: Annotated[
        bool, typer.Option("--history/--no-history", help="Without history: for editors, no evidence for a gate.")
    ] = True,
    only: OnlyOption = None,
    fail_on: FailOnOption = Severity.ERROR,
    stdout_format: FormatOption = "text",
    output: OutputOption = None,
    post: PostOption = None,
    notify: NotifyOption = False,
) -> None:
    """Check the registry: files, schemas, references, and that no identifier was lost or brought back."""
    from keyctl.cli.notifying import Lookout
    from keyctl.cli.output import Outputs
    from keyctl.model.finding import exit_reasons, in_order
    from keyctl.model.validation import Validation
    from keyctl.reconcile.desired import read_desired
    from keyctl.registry.positions import locate

    outputs = Outputs(stdout_format, output)
    narrowed = narrowing(only)
    root = registry_root(registry)
    if anchor is not None and not history:
        raise Refusal("--anchor needs the history", "leave out --no-history")
    lookout = Lookout(root, notify=True, fail_on=fail_on) if notify else None
    progress = Progress()
    desired = read_desired(
        root,
        environ=os.environ,
        protected=protected,
        anchor=anchor,
        with_history=history,
        progress=progress.commits,
    )
    progress.done()
    findings = desired.findings
    if narrowed and desired.registry is not None:
        narrowed.check(desired.registry)
        findings = tuple(f for f in findings if narrowed.keeps_finding(f, desired.registry))
    findings = in_order(list(locate(root, findings)))
    result = Validation(desired.counts, bool(narrowed) or not history, findings, exit_reasons(findings, fail_on))
    outputs.write(result, root)
    post_note(post, result, root)
    if lookout is not None:
        lookout.tell(result)
    raise typer.Exit(status_of(result.exit_reasons))
