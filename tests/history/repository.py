"""Real git repositories that hold a registry, made in a test's own folder. No configuration of the machine counts."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from keyctl.history.examine import History, examine
from keyctl.model.registry import Registry
from keyctl.registry.load import load

REGISTRY_ID = "7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42"
OTHER_ID = "11111111-2222-4333-8444-555555555555"
START = 1_790_000_000

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Tester",
    "GIT_AUTHOR_EMAIL": "tester@desk.example",
    "GIT_COMMITTER_NAME": "Tester",
    "GIT_COMMITTER_EMAIL": "tester@desk.example",
}
"""What the builder's git runs with; also a plain environment to give to what is tested."""

Revoked = Iterable[str] | Mapping[str, str]


def settings_file(registry_id: str = REGISTRY_ID, history: str = "") -> str:
    """The text of a ``registry.yaml``; ``history`` is its flow mapping of that name."""
    return f"version: 1\nid: {registry_id}\n" + (f"history: {history}\n" if history else "")


def accounts_file() -> str:
    """Two accounts at one exchange, and one on its testnet."""
    return (
        "bybit-mm:\n  exchange: bybit\n  environment: live\n"
        "bybit-arb:\n  exchange: bybit\n  environment: live\n"
        "bybit-test:\n  exchange: bybit\n  environment: testnet\n"
    )


def apps_file() -> str:
    """One app."""
    return "hedger:\n  team: desk\n  kind: internal\n"


def revoked_entry(identifier: str) -> str:
    """One entry of a list of revoked ids."""
    return f'{{id: "{identifier}", on: 2026-06-01, reason: leaked}}'


def revoked_file(*identifiers: str) -> str:
    """The text of a ``revoked.yaml``."""
    return "revoked:\n" + "".join(f"  - {revoked_entry(one)}\n" for one in identifiers) if identifiers else "# none\n"


def key_file(
    identifier: str | None = None,
    *,
    revoked: Iterable[str] = (),
    retiring: str | None = None,
    account: str = "bybit-mm",
) -> str:
    """The text of a key file."""
    lines = [f"account: {account}", "owner: hedger", "purpose: quotes", "scopes: [read]", 'ips: ["203.0.113.10"]']
    if identifier is not None:
        lines.append(f'id: "{identifier}"')
    if retiring is not None:
        lines.append(f'retiring: {{id: "{retiring}", until: 2026-12-03}}')
    entries = list(revoked)
    if entries:
        lines.append("revoked:")
        lines += [f"  - {revoked_entry(one)}" for one in entries]
    return "\n".join(lines) + "\n"


@dataclass
class Repository:
    """One repository. Commits get times of their own, a minute apart. ``folder`` is the registry's, in the tree."""

    path: Path
    folder: str = ""
    environ: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    ticks: int = 0

    def git(self, *arguments: str, stdin: str | None = None, allowed: Iterable[int] = (0,)) -> str:
        """What a git command prints."""
        self.ticks += 1
        stamp = f"{START + 60 * self.ticks} +0000"
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env={**self.environ, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in tuple(allowed):
            raise AssertionError(f"git {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    @property
    def root(self) -> Path:
        """The registry's folder."""
        return self.path / self.folder

    def write(self, files: Mapping[str, str | None]) -> None:
        """Writes files of the registry's folder; None removes one."""
        for name, text in files.items():
            target = self.root / name
            if text is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, "utf-8")

    def commit(self, files: Mapping[str, str | None] | None = None, message: str = "change") -> str:
        """Writes files, commits everything and returns the commit's id."""
        self.write(files or {})
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "--no-verify", "-m", message)
        return self.head()

    def head(self) -> str:
        """HEAD's commit id."""
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Makes a branch and checks it out."""
        self.git("checkout", "-q", "-b", name, start)

    def checkout(self, name: str) -> None:
        """Checks out a branch or commit."""
        self.git("checkout", "-q", name)

    def merge(self, name: str, *options: str) -> str:
        """Merges a branch with a commit of its own; returns that commit."""
        self.git("merge", "-q", "--no-ff", "--no-verify", *options, "-m", f"merge {name}", name)
        return self.head()

    def clone(self, path: Path, *options: str) -> Repository:
        """A clone with this repository as its origin, over the transport that a remote server would use."""
        self.git("clone", "-q", *options, f"file://{self.path}", str(path))
        return Repository(path, self.folder, dict(self.environ), self.ticks)

    def registry(self) -> Registry:
        """What the checkout says, which must be flawless."""
        loaded = load(self.root)
        if loaded.registry is None:
            raise AssertionError(f"the checkout is refused: {loaded.findings}")
        return loaded.registry

    def examine(
        self,
        *,
        protected: str | None = None,
        anchor: Path | None = None,
        cache: bool = True,
        environ: Mapping[str, str] | None = None,
    ) -> History:
        """Looks at the history as keyctl does."""
        return examine(
            self.root,
            self.registry(),
            protected=protected,
            environ=self.environ if environ is None else environ,
            anchor=anchor,
            cache=cache,
        )


def rules(history: History) -> list[str]:
    """The rules of all findings, sorted."""
    return sorted(finding.rule for finding in history.findings)


def new_repository(path: Path, folder: str = "", files: Mapping[str, str] | None = None) -> Repository:
    """A repository on branch ``main`` whose first commit holds an empty registry and ``files``."""
    path.mkdir(parents=True)
    repository = Repository(path, folder)
    repository.git("init", "-q", "-b", "main")
    repository.commit(
        {
            "registry/registry.yaml": settings_file(),
            "registry/accounts.yaml": accounts_file(),
            "registry/apps.yaml": apps_file(),
            **(files or {}),
        },
        "the registry",
    )
    return repository


def move(repository: Repository, folder: str) -> None:
    """Moves the registry to another folder of the tree, uncommitted."""
    new = repository.path / folder
    new.mkdir(parents=True, exist_ok=True)
    for part in ("registry", "keys.d"):
        if (repository.root / part).exists():
            shutil.move(repository.root / part, new / part)
    repository.folder = folder
