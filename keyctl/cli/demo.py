"""``keyctl demo``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from keyctl.model.refusal import Refusal


def demo(
    folder: Annotated[
        Path | None,
        typer.Option("--dir", metavar="DIR", help="Keep the scratch copy here (a new folder).", show_default=False),
    ] = None,
) -> None:
    """The whole story on a scratch copy against simulated exchanges; no account needed."""
    import tempfile

    if folder is not None:
        if folder.exists() and any(folder.iterdir()):
            raise Refusal(f"{folder} is not empty", "name a new folder")
        folder.mkdir(parents=True, exist_ok=True)
        told = _story(folder.resolve(), keep=True)
    else:
        with tempfile.TemporaryDirectory(prefix="keyctl-demo-") as scratch:
            told = _story(Path(scratch), keep=False)
    if not told:
        raise Refusal("the demo did not come out as told", "this is a fault of keyctl; please report it")


def _story(scratch: Path, *, keep: bool) -> bool:
    from keyctl.cli import story

    return story.tell(scratch, os.environ, sys.stdout, keep=keep)
