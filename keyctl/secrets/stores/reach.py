"""Whether a server is worth asking: one that is gone would cost every account of a run its timeout."""

from __future__ import annotations

from keyctl.secrets.failure import StoreError, Trouble

ENOUGH = 2
"""Questions in a row without an answer, after which a server is not asked again in this run."""


class Reach:
    """What one server's last questions came to. May be used from several threads."""

    def __init__(self) -> None:
        self._silent: tuple[StoreError, ...] = ()

    def check(self) -> None:
        """Raises StoreError for a server that is not to be asked again."""
        if len(self._silent) >= ENOUGH:
            last = self._silent[-1]
            raise StoreError(last.message, last.remedy, last.trouble)

    def told(self, failure: StoreError | None = None) -> None:
        """Takes note of an answer, or of a failure."""
        silent = failure is not None and failure.trouble is Trouble.UNREACHABLE
        self._silent = (*self._silent, failure) if silent and failure is not None else ()
