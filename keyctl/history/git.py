"""The only place that starts git plumbing: a fixed environment, overridden configuration, checked exit statuses.

Nothing that the caller's environment or the user's or the system's configuration says reaches git, but for the one
question whether the repository's owner is trusted. What the repository's own configuration could change in the output
of the plumbing used here is overridden.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import IO

OLDEST = (2, 32)
"""The oldest git that can be told to leave the user's and the system's configuration alone (GIT_CONFIG_GLOBAL)."""

_TRUST = (
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "SUDO_UID",
)
"""Where the caller's git learns which owners it trusts (safe.directory, sudo)."""

_OVERRIDES = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("core.checkStat", "default"),
    ("core.trustctime", "true"),
    ("core.ignoreStat", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.commitGraph", "false"),
    ("core.useReplaceRefs", "false"),
    ("diff.ignoreSubmodules", "none"),
    ("diff.orderFile", ""),
    ("protocol.allow", "never"),
)
_CHUNK = 1 << 20


class GitError(Exception):
    """git could not answer; the message holds the command and what git said."""


class GitMissing(GitError):
    """There is no git that can be used here."""


class NotARepository(GitError):
    """The folder lies in no git repository, or in one that git refuses to open."""


@dataclass(frozen=True, slots=True)
class Git:
    """One repository. ``top`` is its work tree, ``prefix`` the registry's folder in it, with a ``/`` at the end unless
    it is the top. ``head`` is None before the first commit."""

    top: Path
    prefix: str
    directory: Path
    common: Path
    object_format: str
    head: str | None
    environ: Mapping[str, str]

    def output(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        """What a git command prints. Raises GitError unless it exits with 0."""
        return _output(self.top, self.environ, arguments, stdin)

    def config(self) -> dict[str, list[str]]:
        """The repository's own configuration, work tree's included: every value of every key, in order."""
        settings: dict[str, list[str]] = {}
        for entry in self.output("config", "--list", "--includes", "-z").split(b"\0"):
            key, _, value = entry.decode("utf-8", "surrogateescape").partition("\n")
            if key:
                settings.setdefault(key, []).append(value)
        return settings

    def without_filters(self, settings: Iterable[str]) -> Git:
        """The same repository; no filter command that it configures is run when files are compared."""
        drivers = sorted({key[7:].rpartition(".")[0] for key in settings if key.startswith("filter.")})
        off = [(f"filter.{name}.{what}", "") for name in drivers for what in ("clean", "smudge", "process")]
        off += [(f"filter.{name}.required", "false") for name in drivers]
        return replace(self, environ=with_overrides(self.environ, off)) if off else self

    @contextmanager
    def pipeline(self, first: Sequence[str], second: Sequence[str]) -> Iterator[Iterator[bytes]]:
        """The chunks of what ``git first | git second`` prints. Raises GitError unless both exit with 0."""
        with tempfile.TemporaryFile() as said:
            source = _start(self.top, self.environ, first, subprocess.DEVNULL, said)
            try:
                sink = _start(self.top, self.environ, second, source.stdout, said)
            except BaseException:
                _end(source)
                raise
            if source.stdout is not None:
                source.stdout.close()
            try:
                yield _chunks(sink.stdout)
            except BaseException:
                _end(sink)
                _end(source)
                raise
            _finish(sink, second, said)
            _finish(source, first, said)

    @contextmanager
    def fed(self, arguments: Sequence[str], lines: Iterable[bytes]) -> Iterator[IO[bytes]]:
        """What a git command prints while a thread feeds it ``lines``. Raises GitError unless it exits with 0."""
        with tempfile.TemporaryFile() as said:
            process = _start(self.top, self.environ, arguments, subprocess.PIPE, said)
            feeder = Thread(target=_feed, args=(process.stdin, lines), daemon=True)
            feeder.start()
            try:
                if process.stdout is None:
                    raise GitError("no pipe from git")
                yield process.stdout
            except GitError as error:
                _end(process)
                raise GitError(f"{error} {_words(said)}".strip()) from None
            except BaseException:
                _end(process)
                raise
            finally:
                feeder.join(timeout=10)
            _finish(process, arguments, said)


def discover(root: Path, environ: Mapping[str, str]) -> Git:
    """The repository whose work tree holds ``root``.

    Raises NotARepository when there is none or git does not trust its owner, GitMissing when git can't be used.
    """
    folder = Path(os.path.realpath(root))
    clean = _environment(environ)
    _check_version(clean["PATH"])
    top = _top(folder)
    if top is None:
        raise NotARepository(f"{root} lies in no git repository")
    ask = ("rev-parse", "--absolute-git-dir", "--git-common-dir", "--show-object-format")
    bounded = {**clean, "GIT_CEILING_DIRECTORIES": str(top.parent)}
    try:
        try:
            said = _output(top, bounded, ask, None)
        except GitError as error:
            if "safe.directory" not in str(error):
                raise
            said = _output(top, _trusting(bounded, environ), ask, None)
    except GitError as error:
        raise NotARepository(str(error)) from None
    answer = said.decode("utf-8", "surrogateescape").splitlines()
    if len(answer) != 3:
        raise NotARepository(f"git gave no plain answer about the repository of {root}; its path may hold a line break")
    settled = with_overrides({**clean, "GIT_DIR": answer[0], "GIT_WORK_TREE": str(top)}, _OVERRIDES)
    git = Git(
        top=top,
        prefix=_below(top, folder),
        directory=Path(answer[0]),
        common=Path(os.path.realpath(top / answer[1])),
        object_format=answer[2],
        head=None,
        environ=settled,
    )
    return replace(git, head=_head(git))


def prefix_of(root: Path) -> str:
    """What ``Git.prefix`` would be, without asking git; empty too where ``root`` lies in no repository."""
    folder = Path(os.path.realpath(root))
    top = _top(folder)
    return _below(top, folder) if top else ""


def _top(folder: Path) -> Path | None:
    return next((one for one in (folder, *folder.parents) if os.path.lexists(one / ".git")), None)


def _below(top: Path, folder: Path) -> str:
    inside = folder.relative_to(top).as_posix()
    return "" if inside == "." else inside + "/"


def _head(git: Git) -> str | None:
    try:
        return git.output("rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode("ascii").strip()
    except GitError:
        branch = git.output("symbolic-ref", "--quiet", "HEAD").decode("utf-8", "surrogateescape").strip()
        if git.output("for-each-ref", "--count=1", "--format=%(refname)", branch):
            raise
        return None


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM": "1",
    }


def _trusting(clean: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The clean environment, but with the configuration that the caller's git would read for safe.directory."""
    numbered = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
    asked = {name: value for name, value in clean.items() if name not in _TRUST}
    asked.update({name: text for name, text in environ.items() if name in _TRUST or name.startswith(numbered)})
    return asked


def with_overrides(environ: Mapping[str, str], settings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """An environment in which git takes these settings whatever any configuration file says; later ones win."""
    overridden = dict(environ)
    count = int(overridden.get("GIT_CONFIG_COUNT", "0"))
    for key, value in settings:
        overridden[f"GIT_CONFIG_KEY_{count}"] = key
        overridden[f"GIT_CONFIG_VALUE_{count}"] = value
        count += 1
    overridden["GIT_CONFIG_COUNT"] = str(count)
    return overridden


def run(folder: Path, environ: Mapping[str, str], arguments: Sequence[str]) -> bytes:
    """What a git command prints in an environment of the caller's making. Raises GitError unless it exits with 0."""
    return _output(folder, environ, arguments, None)


@lru_cache(maxsize=8)
def _check_version(path: str) -> None:
    said = _output(Path("/"), {"PATH": path, "LC_ALL": "C"}, ("version",), None).decode("ascii", "replace").strip()
    found = re.match(r"git version (\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        raise GitMissing(f"{said!r} is too old: git {OLDEST[0]}.{OLDEST[1]} or later is needed")


def _output(folder: Path, environ: Mapping[str, str], arguments: Sequence[str], stdin: bytes | None) -> bytes:
    try:
        done = subprocess.run(  # a fixed program; the arguments are this package's own
            ["git", *arguments],
            cwd=folder,
            env=environ,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise _not_started(error) from None
    if done.returncode:
        raise _failed(arguments, done.returncode, BytesIO(done.stderr))
    return done.stdout


def _start(
    folder: Path, environ: Mapping[str, str], arguments: Sequence[str], stdin: IO[bytes] | int | None, said: IO[bytes]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            ["git", *arguments], cwd=folder, env=environ, stdin=stdin, stdout=subprocess.PIPE, stderr=said
        )
    except OSError as error:
        raise _not_started(error) from None


def _finish(process: subprocess.Popen[bytes], arguments: Sequence[str], said: IO[bytes]) -> None:
    if process.stdout is not None:
        process.stdout.close()
    status = process.wait()
    if status:
        raise _failed(arguments, status, said)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is not None:
        process.stdout.close()
    process.kill()
    process.wait()


def _feed(pipe: IO[bytes] | None, lines: Iterable[bytes]) -> None:
    # A git that ends early closes the pipe; its exit status tells why.
    if pipe is not None:
        with suppress(OSError):
            pipe.writelines(lines)
        with suppress(OSError):
            pipe.close()


def _chunks(pipe: IO[bytes] | None) -> Iterator[bytes]:
    if pipe is not None:
        while chunk := pipe.read(_CHUNK):
            yield chunk


def _not_started(error: OSError) -> GitError:
    return GitMissing(f"git could not be started ({error.strerror}); install git {OLDEST[0]}.{OLDEST[1]} or later")


def _failed(arguments: Sequence[str], status: int, said: IO[bytes]) -> GitError:
    return GitError(f"'git {arguments[0]}' ended with status {status}: {_words(said) or 'no message'}")


def _words(said: IO[bytes]) -> str:
    said.seek(0)
    text = said.read(4096).decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
