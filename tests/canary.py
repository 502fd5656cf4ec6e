"""Law 5 over the whole test run: no secret of any simulated credential is printed, logged, written or cached.

Every invented secret begins with ``canary-``. When the run ends, all that pytest captured and every file that any test
left in its folder is searched for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CANARY = re.compile(rb"canary-[0-9a-f]{23}")


SINK = "sink"
"""The name of folders in which tests have new secrets delivered: there, and nowhere else, they belong."""


def canaries_in(folder: Path, secret: re.Pattern[bytes] = CANARY, sink: str | None = SINK) -> Iterator[Path]:
    """Files below a folder that hold a secret; links are not followed, and folders called ``sink`` are left out."""
    for path in sorted(folder.rglob("*")):
        if path.parent.name != sink and path.is_file() and not path.is_symlink() and secret.search(path.read_bytes()):
            yield path


class Watch:
    """Collects what a run shows and, at its end, what it left on disk."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = "\n".join([*(text for _, text in report.sections), report.longreprtext])
        if CANARY.search(told.encode("utf-8", "surrogateescape")):
            self.found.append(f"{report.nodeid} ({report.when}) shows a secret")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workerinput"):
            return  # the controlling process looks at the folders of all workers
        factory: pytest.TempPathFactory | None = getattr(session.config, "_tmp_path_factory", None)
        if factory is not None:
            self.found += [f"{path} holds a secret" for path in canaries_in(factory.getbasetemp())]
        if self.found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self.found:
            terminalreporter.write_line(f"LAW 5 BROKEN: {line}", red=True)
