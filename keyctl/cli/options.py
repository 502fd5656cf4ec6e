"""Options that several commands share, and their values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keyctl.model.finding import Severity

if TYPE_CHECKING:
    from keyctl.reconcile.narrowing import Narrowing

RegistryOption = Annotated[
    Path | None,
    typer.Option("--registry", metavar="DIR", help="The folder that holds registry/registry.yaml.", show_default=False),
]
ProtectedOption = Annotated[
    str | None,
    typer.Option("--protected", metavar="REF", help="The protected branch, else found by itself.", show_default=False),
]
FORMATS = "text, json, markdown, html, sarif, codequality, junit, gitlab or openmetrics"
FormatOption = Annotated[str, typer.Option("--format", metavar="NAME", help=f"{FORMATS} on stdout.")]
ViewFormatOption = Annotated[str, typer.Option("--format", metavar="NAME", help="text, json or markdown on stdout.")]
OutputOption = Annotated[
    list[str] | None,
    typer.Option("--output", metavar="FORMAT=PATH", help="Write a file as well; repeatable.", show_default=False),
]
AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="Judge as of this time (UTC), not now.", show_default=False),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only", metavar="KIND=NAME", help="Only this key, app, account or exchange; repeatable.", show_default=False
    ),
]
AnchorOption = Annotated[
    Path | None,
    typer.Option(
        "--anchor",
        metavar="FILE",
        help="An earlier `tombstones export`: its ids must all be there.",
        show_default=False,
    ),
]
SnapshotOption = Annotated[
    list[Path] | None,
    typer.Option("--snapshot", metavar="FILE", help="Merge another run's snapshot; repeatable.", show_default=False),
]
FailOnOption = Annotated[Severity, typer.Option("--fail-on", help="The least severity that makes the exit status 2.")]
NotifyOption = Annotated[
    bool, typer.Option("--notify", help="Tell KEYCTL_NOTIFY's targets what is new, once; a failure changes nothing.")
]
FullIdsOption = Annotated[bool, typer.Option("--full-ids", help="Whole ids in documents, not just fingerprints.")]


def moment(text: str | None) -> datetime:
    """The time to judge by: now, or what ``--at`` says (a date means its first instant; no zone means UTC)."""
    if text is None:
        return datetime.now(UTC)
    try:
        if len(text) == len("2026-11-25"):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        read = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-11-25 or 2026-11-25T12:00:00Z") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def day_of(text: str, option: str) -> date:
    """The value of an option that takes a day."""
    try:
        day = date.fromisoformat(text)
        known = len(text) == len("2026-11-25") and day.year >= 2000
    except ValueError:
        known = False
    if not known:
        raise typer.BadParameter(f"{option}: {text!r} is no day such as 2026-11-25")
    return day


def narrowing(texts: list[str] | None) -> Narrowing:
    """The value of ``--only``."""
    from keyctl.reconcile.narrowing import parse

    try:
        return parse(texts or ())
    except ValueError as error:
        raise typer.BadParameter(f"--only: {error}") from None
