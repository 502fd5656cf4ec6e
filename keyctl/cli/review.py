"""``keyctl review``."""

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
    FullIdsOption,
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


def review(
    base: Annotated[
        str | None,
        typer.Argument(help="A commit; by default where HEAD left the protected branch.", show_default=False),
    ] = None,
    head: Annotated[
        str | None, typer.Argument(help="A commit; by default the one that is checked out.", show_default=False)
    ] = None,
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    anchor: AnchorOption = None,
    require_signed: Annotated[
        bool,
        typer.Option(
            "--require-signed",
            help="Each commit that touches the registry must be signed by one of the base side's allowed_signers.",
        ),
    ] = False,
    only: OnlyOption = None,
    at: AtOption = None,
    fail_on: FailOnOption = Severity.ERROR,
    stdout_format: FormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
    post: PostOption = None,
) -> None:
    """What the commits from BASE to HEAD change, in terms of keys: what gains, what is revoked, what must not be."""
    from keyctl.cli.output import Outputs
    from keyctl.review.narrowing import narrowed_review
    from keyctl.review.run import review as review_range

    outputs = Outputs(stdout_format, output, full_ids=full_ids)
    only_these = narrowing(only)
    now = moment(at)
    root = registry_root(registry)
    progress = Progress()
    reviewed = review_range(
        root,
        environ=os.environ,
        now=now,
        base=base,
        head=head,
        protected=protected,
        anchor=anchor,
        require_signed=require_signed,
        fail_on=fail_on,
        progress=progress.commits,
    )
    progress.done()
    result = narrowed_review(reviewed, only_these.terms, fail_on) if only_these else reviewed.review
    outputs.write(result, root)
    post_note(post, result, root)
    raise typer.Exit(status_of(result.exit_reasons))
