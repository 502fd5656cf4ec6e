"""A registry as init makes it, filled with the worked example, and clones of it as people and runners have them."""

from __future__ import annotations

import shutil
from pathlib import Path

from keyctl.sandbox.running import Sandbox, environment
from tests.cli.program import keyctl
from tests.history.repository import Repository
from tests.packaging.checkout import ROOT

QUOTES = "keys.d/hedger/hedger-quotes.yaml"


def make(folder: Path, forge: str = "gitlab") -> Repository:
    """The repository that a forge holds; the registry's id is its own, its history has two commits."""
    desk = Repository(folder / "desk")
    made = keyctl("init", str(desk.path), "--ci", forge)
    assert made.status == 0, made.err
    for name in ("accounts", "apps", "networks", "policy", "revoked", "waivers"):
        shutil.copy(ROOT / "registry" / f"{name}.yaml", desk.path / "registry")
    shutil.copytree(ROOT / "keys.d", desk.path / "keys.d", dirs_exist_ok=True)
    assert keyctl("fmt", "--registry", str(desk.path)).status == 0
    desk.commit(message="the worked example")
    return desk


def clone_of(origin: Repository, folder: Path) -> Repository:
    """A clone whose origin is a bare copy, so that it takes pushes."""
    bare = Repository(folder / "origin.git")
    origin.git("clone", "-q", "--bare", str(origin.path), str(bare.path))
    clone = Repository(folder / "clone")
    origin.git("clone", "-q", str(bare.path), str(clone.path))
    clone.git("remote", "set-head", "origin", "main")
    # What gitlab-ci-local leaves is no part of the work tree.
    (clone.path / ".git" / "info" / "exclude").write_text(".gitlab-ci-local/\n")
    return clone


def widen(clone: Repository) -> None:
    """A branch on which a key's list grows by an address."""
    clone.branch("wider")
    before = (clone.path / QUOTES).read_text("utf-8")
    after = before.replace("ips: [", 'ips: ["203.0.113.99", ')
    assert after != before
    clone.write({QUOTES: after})
    clone.git("commit", "-q", "-a", "-m", "one address more")


def secrets(sandbox: Sandbox, scenario: str) -> dict[str, str]:
    """What the project's settings hold: credentials that read a scenario's exchanges."""
    return {**environment(scenario), "KEYCTL_SANDBOX": sandbox.control_url}
