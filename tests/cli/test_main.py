"""Exit statuses and streams of the program as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from keyctl import __version__
from keyctl.cli import main as program
from keyctl.cli.exits import Exit, status_of
from keyctl.model.finding import ExitReason
from tests.cli.program import keyctl


@pytest.mark.parametrize(
    ("reasons", "status"),
    [
        ((), 0),
        ((ExitReason.FAILED,), 1),
        ((ExitReason.DIFFERENCES,), 2),
        ((ExitReason.INCOMPLETE,), 4),
        ((ExitReason.INCOMPLETE, ExitReason.DIFFERENCES), 2),
        ((ExitReason.INCOMPLETE, ExitReason.DIFFERENCES, ExitReason.FAILED), 1),
        (tuple(ExitReason), 3),
    ],
)
def test_three_comes_before_one_before_two_before_four(reasons: tuple[ExitReason, ...], status: int) -> None:
    assert status_of(reasons) == status


def test_bare_keyctl_is_wrong_usage_with_help_on_stderr() -> None:
    ran = keyctl()
    assert (ran.status, ran.out) == (Exit.USAGE, "")
    assert "Usage: exchange-keyctl" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["validate", "--nonsense"],
        ["validate", "--format", "pdf"],
        ["validate", "--output", "json"],
        ["validate", "--output", "pdf=x"],
        ["validate", "--only", "nonsense"],
        ["validate", "--only", "colour=red"],
        ["reconcile", "--at", "tomorrow"],
        ["reconcile", "--fail-on", "maybe"],
        ["sandbox"],
        ["tombstones"],
        ["exchanges", "decode", "bybit"],
    ],
)
def test_wrong_usage_is_64_and_leaves_stdout_empty(arguments: list[str]) -> None:
    ran = keyctl(arguments)
    assert (ran.status, ran.out) == (Exit.USAGE, "")
    assert ran.err


def test_the_version_and_help_go_to_stdout() -> None:
    assert keyctl("--version").out == f"exchange-keyctl {__version__}\n"
    ran = keyctl("reconcile", "--help")
    assert ran.status == 0 and "--save-snapshot" in ran.out and ran.err == ""


def test_an_internal_error_shows_where_and_never_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*arguments: object, **options: object) -> None:
        secret = "-".join(["canary", "in", "a", "local"])
        raise RuntimeError(secret)

    monkeypatch.setattr(program, "app", explode)
    for arguments in (["validate"], ["--debug", "validate"], ["validate", "--debug"]):
        ran = keyctl(arguments)
        assert ran.status == Exit.FAILED
        assert "internal error: RuntimeError in explode" in ran.err
        assert "canary-in-a-local" not in ran.err
    assert "raise RuntimeError(secret)" in keyctl("validate", "--debug").err


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "app", interrupt)
    assert keyctl("validate").status == Exit.INTERRUPTED


@pytest.mark.parametrize("arguments", [["--help"], ["validate", "--no-history"]])
def test_help_and_validate_load_no_heavy_library(arguments: list[str]) -> None:
    heavy = ("ccxt", "aiohttp", "git", "rich", "jsonschema")
    if arguments[0] == "validate":
        arguments = [*arguments, "--registry", str(Path(__file__).parents[2])]
    code = (
        "import sys\nfrom keyctl.cli.main import main\n"
        f"main({arguments!r})\n"
        f"sys.stderr.write(' '.join(name for name in {heavy!r} if name in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr == ""


def test_the_shell_completes_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_EXCHANGE_KEYCTL_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "exchange-keyctl rec")
    monkeypatch.setenv("COMP_CWORD", "1")
    ran = keyctl()
    assert (ran.status, ran.out.split()) == (0, ["reconcile"])
