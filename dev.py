#!/usr/bin/env python3
"""Sets up, checks and shows keyctl on a machine that has only Python and git."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / "made-from"
LOCK = ROOT / "requirements.lock"
BENCHES = ("startup", "history", "validate", "policy", "find_secrets", "reconcile", "review")

COMMANDS = {
    "demo": "set up, then show the main job against the simulated exchange; further arguments go to the demo",
    "test": "set up, then lint and test; further arguments go to pytest",
    "setup": "make .venv, or renew it when the lock, pyproject.toml or the Python changed",
    "lint": "ruff, mypy, the import contract, the pipeline's schema",
    "format": "let ruff rewrite what it can",
    "bench": "measure what docs/performance.md reports",
    "crashes": "die at every point of everything that acts, and see whether the next run puts it right: --help",
    "mutants": "change the code in small wrong ways and see whether a test notices; further arguments: --help",
    "lock": "resolve the dependencies anew into requirements.lock (needs uv and the package index)",
}


class Stop(Exception):
    """Going on makes no sense; the message says why, and what to do next."""


def run(*command: str | Path) -> int:
    """Runs one step in the project's folder; prints it, and how it ended after how long; returns its exit status."""
    title = " ".join([Path(command[0]).name, *map(str, command[1:])]).replace(f"{ROOT}{os.sep}", "")
    print(f"==> {title}", flush=True)
    started = time.monotonic()
    status = subprocess.run([str(word) for word in command], cwd=ROOT, check=False).returncode
    verdict = f"failed with status {status}" if status else "ok"
    print(f"<== {title}: {verdict}, {time.monotonic() - started:.1f} s", flush=True)
    return status if status >= 0 else 128 - status


def first_failure(*statuses: int) -> int:
    """The first status that is not 0, else 0; all steps have run by then."""
    return next((status for status in statuses if status), 0)


def setup() -> None:
    """Makes ``.venv`` from the lock, unless the lock, the metadata, the Python and the folder are the same."""
    made_from = hashlib.sha256(f"{sys.version} {sys.base_prefix} {ROOT}".encode())
    for file in (LOCK, ROOT / "pyproject.toml"):
        made_from.update(file.read_bytes())
    if STAMP.is_file() and STAMP.read_text(encoding="ascii") == made_from.hexdigest():
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise Stop(
            "this Python comes without ensurepip and can't make a virtual environment that has pip.\n"
            "On Debian and Ubuntu: apt install python3-venv. Then run this again."
        )
    python = getattr(sys, "_base_executable", None) or sys.executable
    pip = (BIN / "python", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet")
    for step in (
        (python, "-m", "venv", "--clear", VENV),
        (*pip, "--require-hashes", "--requirement", LOCK),
        (*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT),
    ):
        if run(*step):
            raise Stop("the environment is incomplete, see above; it will be made anew next time")
    STAMP.write_text(made_from.hexdigest(), encoding="ascii")


def lint() -> int:
    """Style, types, the import contract, the pipeline's schema: all of them, also after one has failed."""
    pipeline = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", ".gitlab-ci.yml")
    return first_failure(
        run(BIN / "ruff", "check", "."),
        run(BIN / "ruff", "format", "--check", "."),
        run(BIN / "mypy"),
        run(BIN / "lint-imports"),
        run(BIN / "check-jsonschema", *pipeline),
    )


def tests(fast: bool, arguments: list[str]) -> int:
    """The tests, in two processes."""
    chosen = ("-m", "not slow") if fast else ()
    return run(BIN / "pytest", "-n", "2", *chosen, *arguments)


def lock() -> int:
    """Writes requirements.lock: hashes, no URLs. uv.lock, which names hosts, stays out of git."""
    uv = shutil.which("uv")
    if uv is None:
        raise Stop("uv is not on the PATH. Install it (pip install uv), then run this again.")
    shape = ("--no-emit-project", "--all-groups", "--format", "requirements-txt")
    return run(uv, "lock", "--upgrade") or run(uv, "export", "--quiet", *shape, "--output-file", LOCK.name)


def main() -> int:
    """The exit status is that of the first step that failed."""
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, meaning in COMMANDS.items():
        command = commands.add_parser(name, help=meaning, description=meaning)
        if name == "test":
            command.add_argument("--fast", action="store_true", help="leave out the tests that are marked slow")
    options, rest = parser.parse_known_args()
    if rest and options.command not in ("crashes", "demo", "mutants", "test"):
        parser.error(f"{options.command} takes no arguments, got: {' '.join(rest)}")

    if options.command == "lock":
        return lock()
    setup()
    if options.command == "demo":
        return run(BIN / "exchange-keyctl", "demo", *rest)
    if options.command == "test":
        return first_failure(lint(), tests(options.fast, rest))
    if options.command == "crashes":
        return run(BIN / "python", "-m", "tests.acting", *rest)
    if options.command == "mutants":
        return run(BIN / "python", "-m", "mutants", *rest)
    if options.command == "lint":
        return lint()
    if options.command == "format":
        return first_failure(run(BIN / "ruff", "check", "--fix", "."), run(BIN / "ruff", "format", "."))
    if options.command == "bench":
        return first_failure(*(run(BIN / "python", ROOT / "bench" / f"{name}.py") for name in BENCHES))
    return 0


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - older ones get a sentence instead of a traceback
        sys.exit(f"keyctl needs Python 3.11 or newer, this is {sys.version.split()[0]}")
    try:
        sys.exit(main())
    except Stop as stop:
        sys.exit(f"dev.py: {stop}")
    except KeyboardInterrupt:
        sys.exit(130)
