"""``keyctl validate``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from keyctl.cli.exits import status_of
from keyctl.cli.options import (
    AnchorOption,
    AtOption,
    FailOnOption,
    FormatOption,
    NotifyOption,
    OnlyOption,
    OutputOption,
    ProtectedOption,
    RegistryOption,
    moment,
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
    at: AtOption = None,
    fail_on: FailOnOption = Severity.ERROR,
    stdout_format: FormatOption = "text",
    output: OutputOption = None,
    post: PostOption = None,
    notify: NotifyOption = False,
) -> None:
    """Check the registry: files, schemas, references, policy, and that no identifier was lost or brought back."""
    from keyctl.cli.notifying import Lookout
    from keyctl.cli.output import Outputs
    from keyctl.reconcile.desired import read_desired
    from keyctl.reconcile.validation import validated

    outputs = Outputs(stdout_format, output)
    narrowed = narrowing(only)
    now = moment(at)
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
    result = validated(root, desired, now=now, with_history=history, only=narrowed, fail_on=fail_on)
    outputs.write(result, root)
    post_note(post, result, root)
    if lookout is not None:
        lookout.tell(result)
    raise typer.Exit(status_of(result.exit_reasons))
