"""Results to stdout and to files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from keyctl.history.git import prefix_of
from keyctl.model.application import Application
from keyctl.model.checkup import Checkup
from keyctl.model.life import Life
from keyctl.model.overview import Overview
from keyctl.model.refusal import Refusal
from keyctl.reports import formats
from keyctl.reports.formats import Result, Style

if TYPE_CHECKING:
    from keyctl.reports.views import View


class Outputs:
    """Where a result goes. Checked before the work starts, so that a typing error does not cost a run."""

    def __init__(
        self,
        stdout_format: str,
        files: Iterable[str] | None,
        *,
        full_ids: bool = False,
        known: tuple[str, ...] | None = None,
    ) -> None:
        """``known`` are the formats that there are for the result; None for those of comparisons and validations."""
        known = formats.names() if known is None else known
        self._stdout = _known(stdout_format, "--format", known)
        self._files: list[tuple[str, Path]] = []
        self._full_ids = full_ids
        for text in files or ():
            name, equals, path = text.partition("=")
            if not equals or not path:
                raise typer.BadParameter(f"--output {text!r} is not FORMAT=PATH")
            target = Path(path)
            if not target.absolute().parent.is_dir():
                raise Refusal(f"--output {text}: {target.parent} is no folder", "make the folder first")
            self._files.append((_known(name, "--output", known), target))

    def write(self, result: Result | View, root: Path | None = None) -> None:
        """Every file first, then stdout; whatever the result. ``root`` is the registry's folder, for formats that name
        files as the repository does."""
        prefix = prefix_of(root) if root else ""
        for name, path in self._files:
            write_text(path, rendered(name, result, Style(full_ids=self._full_ids, prefix=prefix)))
        style = replace(terminal_style(full_ids=self._full_ids), prefix=prefix)
        sys.stdout.write(rendered(self._stdout, result, style))
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


def rendered(name: str, result: Result | View, style: Style) -> str:
    """A result in one of its formats."""
    if isinstance(result, Overview | Life | Checkup | Application):
        from keyctl.reports import views

        return views.render(name, result, style)
    return formats.render(name, result, style)


def _known(name: str, option: str, known: tuple[str, ...]) -> str:
    if name not in known:
        raise typer.BadParameter(f"{option}: {name!r} is no format here; there are {', '.join(known)}")
    return name
