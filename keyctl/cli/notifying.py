"""``--notify`` and the heartbeat: what earlier runs told, and what this one adds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from keyctl.cli.posting import not_told
from keyctl.model.comparison import Comparison
from keyctl.model.finding import Severity

if TYPE_CHECKING:
    from keyctl.notes.memory import Memory, Told
    from keyctl.reports.formats import Result

WATCHED = ("KEYCTL_NOTIFY_STATE", "KEYCTL_HEARTBEAT_HOURS")
"""Where one of these is set, or ``--notify`` is given, the deployment wants each reconcile to look back."""


class Lookout:
    """What a run remembers of the runs before it, and tells of itself. Without ``--notify`` it tells nobody."""

    def __init__(self, root: Path, *, notify: bool, fail_on: Severity, real_time: bool = True) -> None:
        """Raises Refusal for hours that are no number. A run that judges by another time than now (``real_time``) is
        not remembered as complete."""
        self._notify, self._fail_on, self._real_time = notify, fail_on, real_time
        self._looks_back = notify or any(os.environ.get(name) for name in WATCHED)
        self._path: Path | None = None
        self._registry: str | None = None
        self._memory: Memory | None = None
        if not self._looks_back:
            return
        from keyctl.notes.heartbeat import hours
        from keyctl.notes.memory import Memory, memory_path, remember
        from keyctl.notes.named import registry_of

        self._hours = hours(os.environ)
        self._registry = registry_of(root)
        self._path = memory_path(root, self._registry, os.environ)
        path = self._path
        self._memory = remember(path, self._registry, os.environ) if path else Memory(odd="no file keeps it")

    def judged(self, comparison: Comparison) -> Comparison:
        """The comparison, and what is to be said of the time since a run was last complete."""
        if self._memory is None:
            return comparison
        last = self._memory.last_complete
        if not self._real_time and last is not None and last > comparison.generated_at:
            return comparison  # judged by a time before what is remembered
        from keyctl.notes.heartbeat import beat

        return beat(comparison, self._memory, self._hours, self._fail_on)

    def tell(self, result: Result) -> None:
        """Send what is new, and keep what was told. What goes wrong is said on stderr; nothing is raised."""
        if self._memory is None:
            return
        from keyctl.notes.failure import NotTold

        try:
            self._tell(result, self._memory)
        except NotTold as failure:
            not_told(failure.message, failure.remedy)
        except Exception as error:  # noqa: BLE001 - whatever fails here must not decide the run's exit status
            not_told(f"--notify: internal error {type(error).__name__}", "report it")

    def _tell(self, result: Result, memory: Memory) -> None:
        from keyctl.notes.failure import NotTold
        from keyctl.notes.memory import keep
        from keyctl.reports.sentences import title

        command = title(result).lower()
        after = replace(memory, odd=None)
        if self._notify:
            try:
                after = replace(after, told={**memory.told, command: self._send(command, result, memory)})
            except NotTold as failure:
                not_told(f"--notify: {failure.message}", failure.remedy)
        if isinstance(result, Comparison) and result.complete and self._real_time:
            after = replace(after, last_complete=result.generated_at)
        if self._path is not None and after != memory:
            keep(self._path, self._registry, after)

    def _send(self, command: str, result: Result, memory: Memory) -> Mapping[str, Told]:
        """What counts as told from now on: what was delivered, and what was told before and is still open."""
        from keyctl.notes.digest import digest, message
        from keyctl.notes.notify import notify, targets

        to = targets(os.environ)
        told = digest(result, memory.told.get(command, {}), self._fail_on)
        if told:
            delivery = notify(*message(told, result), to)
            if delivery.failed:
                failed = ", ".join(delivery.failed)
                not_told(
                    f"--notify: {delivery.taken} of {len(to)} targets took the message, not: {failed}",
                    "see the URLs in KEYCTL_NOTIFY; they are not shown",
                )
        return told.after
