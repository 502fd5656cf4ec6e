"""Those who read what is encrypted for them, with the ``age`` that they would use: https://age-encryption.org."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Holder:
    """Somebody with an identity in a file."""

    identity: Path
    recipient: str

    def reads(self, file: Path) -> Any:
        return json.loads(run("age", "--decrypt", "-i", self.identity, file))


def run(*words: str | Path) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def x25519(folder: Path) -> Holder:
    file = folder / "identity.txt"
    run("age-keygen", "-o", file)
    return Holder(file, run("age-keygen", "-y", file).strip())


def ssh(folder: Path, kind: str) -> Holder:
    file = folder / f"id_{kind}"
    run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "somebody@desk.example", "-f", file)
    return Holder(file, file.with_suffix(".pub").read_text().strip())
