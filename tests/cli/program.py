"""The program as people run it, in this process: through main, never around it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from keyctl.cli.main import main


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run."""

    status: int
    out: str
    err: str


class _Stream(io.StringIO):
    """A text stream that also takes bytes, as stdin's and stdout's do."""

    def isatty(self) -> bool:
        return False


def keyctl(*arguments: str | Sequence[str]) -> Ran:
    """Run one command."""
    words = [str(word) for argument in arguments for word in ([argument] if isinstance(argument, str) else argument)]
    out, err = _Stream(), _Stream()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(words)
    return Ran(int(status), out.getvalue(), err.getvalue())
