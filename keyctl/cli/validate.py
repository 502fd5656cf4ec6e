"""``keyctl validate``."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from keyctl.reconcile.desired import Desired


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
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what is mechanical and makes nothing wider, then check again.")
    ] = False,
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
    if fix and (narrowed or at is not None):
        raise typer.BadParameter("--fix mends the whole registry as of now; leave out --only and --at")
    root = registry_root(registry)
    if anchor is not None and not history:
        raise Refusal("--anchor needs the history", "leave out --no-history")
    lookout = Lookout(root, notify=True, fail_on=fail_on) if notify else None
    progress = Progress()

    def look() -> Desired:
        return read_desired(
            root,
            environ=os.environ,
            protected=protected,
            anchor=anchor,
            with_history=history,
            progress=progress.commits,
        )

    desired = look()
    if fix and _mended(root, desired, now):
        desired = look()
    progress.done()
    result = validated(root, desired, now=now, with_history=history, only=narrowed, fail_on=fail_on)
    outputs.write(result, root)
    post_note(post, result, root)
    if lookout is not None:
        lookout.tell(result)
    raise typer.Exit(status_of(result.exit_reasons))


def _mended(root: Path, desired: Desired, now: datetime) -> bool:
    """Takes out what the rules say can go; tells of each on stderr. Whether any file is another one now."""
    from keyctl.reconcile.validation import judged
    from keyctl.registry.mending import without

    fixes = judged(desired, now).fixes if desired.registry is not None else ()
    gone, kept = without(root, [(one.path, one.pointer) for one in fixes])
    for path, pointer in gone:
        sys.stderr.write(f"mended: {path}: {'.'.join(map(str, pointer))} is taken out\n")
    for (path, pointer), why in kept:
        sys.stderr.write(f"left as it is: {path}: {'.'.join(map(str, pointer))}: {why}\n")
    return bool(gone)
