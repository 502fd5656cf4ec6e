"""Results to stdout and to files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import typer

from keyctl.model.refusal import Refusal
from keyctl.reports import formats
from keyctl.reports.formats import Result, Style


class Outputs:
    """Where a result goes. Checked before the work starts, so that a typing error does not cost a run."""

    def __init__(self, stdout_format: str, files: Iterable[str] | None, *, full_ids: bool = False) -> None:
        self._stdout = _known(stdout_format, "--format")
        self._files: list[tuple[str, Path]] = []
        self._full_ids = full_ids
        for text in files or ():
            name, equals, path = text.partition("=")
            if not equals or not path:
                raise typer.BadParameter(f"--output {text!r} is not FORMAT=PATH")
            target = Path(path)
            if not target.absolute().parent.is_dir():
                raise Refusal(f"--output {text}: {target.parent} is no folder", "make the folder first")
            self._files.append((_known(name, "--output"), target))

    def write(self, result: Result) -> None:
        """Every file first, then stdout; whatever the result."""
        for name, path in self._files:
            write_text(path, formats.render(name, result, Style(full_ids=self._full_ids)))
        sys.stdout.write(formats.render(self._stdout, result, terminal_style(full_ids=self._full_ids)))
        sys.stdout.flush()


def terminal_style(*, full_ids: bool = False) -> Style:
    """For stdout as it is: the terminal's width, and colour only where somebody looks and did not refuse it."""
    color = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = shutil.get_terminal_size((100, 24)).columns
    return Style(width=max(width, 40), color=color, full_ids=full_ids)


def write_text(path: Path, text: str) -> None:
    """Write a whole file or none of it: a temporary neighbour takes the name when it is complete."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise Refusal(f"{path} can't be written: {error.strerror}", "name another file") from None


def _known(name: str, option: str) -> str:
    if name not in formats.names():
        raise typer.BadParameter(f"{option}: {name!r} is no format; there are {', '.join(formats.names())}")
    return name
