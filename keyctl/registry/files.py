"""The files of a registry: finding its folder, walking it in a stable order, reading bytes; what is odd is refused."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from keyctl.model.finding import Finding
from keyctl.model.place import Place
from keyctl.model.rules import found
from keyctl.registry.reader import LARGEST_FILE

DOCUMENTS = {
    "registry/registry.yaml": "registry",
    "registry/accounts.yaml": "accounts",
    "registry/apps.yaml": "apps",
    "registry/networks.yaml": "networks",
    "registry/policy.yaml": "policy",
    "registry/waivers.yaml": "waivers",
    "registry/revoked.yaml": "revoked",
}
"""The files with a fixed place, and the schema of each."""
REQUIRED = ("registry/registry.yaml", "registry/accounts.yaml", "registry/apps.yaml")
KEYS = "keys.d/"

_BESIDE = frozenset({"README.md", ".gitkeep"})
_BESIDE_DOCUMENTS = frozenset({*_BESIDE, "allowed_signers"})
_KEY_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_FOLDER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0)
_CHUNK = 16384


class RegistryNotFound(Exception):
    """No registry was found; the message says how to name or to make one."""


class FileRefused(Exception):
    """A file's bytes can't be had; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The YAML files of a registry, sorted by path (relative, ``/`` between), and what was refused on the way.

    ``others`` are the regular files that lie beside them, refused or not.
    """

    paths: tuple[str, ...]
    findings: tuple[Finding, ...]
    others: tuple[str, ...] = ()


def find_root(start: Path) -> Path:
    """The nearest folder from ``start`` upwards that holds ``registry/registry.yaml``; raises RegistryNotFound."""
    start = start.absolute()
    for folder in (start, *start.parents):
        if os.path.lexists(folder / "registry" / "registry.yaml"):
            return folder
    raise RegistryNotFound(
        f"no registry in {start} or above it: expected a folder that holds registry/registry.yaml. "
        "Go into one, name it with --registry DIR or KEYCTL_REGISTRY, or make one with 'exchange-keyctl init DIR'"
    )


def walk(root: Path) -> Walk:
    """Every file below ``registry/`` and ``keys.d/``. Nothing is skipped in silence and nothing is opened."""
    paths: list[str] = []
    findings: list[Finding] = []
    for top in ("keys.d", "registry"):
        _walk_folder(os.path.join(root, top), top, paths, findings)  # noqa: PTH118 - pathlib is slow on many files
    accepted, refused = accept(paths)
    beside = set(paths).difference(accepted)
    return Walk(accepted, (*findings, *refused), tuple(sorted(beside)))


def _walk_folder(folder: str, relative: str, paths: list[str], findings: list[Finding]) -> None:
    try:
        if "/" not in relative and stat.S_ISLNK(os.lstat(folder).st_mode):
            findings.append(_refused(relative, "is a symbolic link", _NO_LINKS))
            return
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        findings.append(_refused(relative, f"can't be listed: {error.strerror}", "make the folder readable"))
        return
    for entry in entries:
        path = f"{relative}/{entry.name}"
        if entry.is_symlink():
            findings.append(_refused(path, "is a symbolic link", _NO_LINKS))
        elif entry.is_dir(follow_symlinks=False):
            if _folder_is_fine(path, findings):
                _walk_folder(entry.path, path, paths, findings)
        elif entry.is_file(follow_symlinks=False):
            paths.append(path)
        else:
            findings.append(_refused(path, "is no regular file (a pipe, socket or device)", "remove it"))


_NO_LINKS = "put the file itself there; links are refused wherever they point, so that nothing outside is read"


def _folder_is_fine(path: str, findings: list[Finding]) -> bool:
    name = path.rpartition("/")[2]
    if path.startswith("registry/"):
        findings.append(_refused(path, "is a folder, and registry/ holds only files", f"move it; keys go to {KEYS}"))
    elif name.startswith("."):
        findings.append(_refused(path, "is a hidden folder", "remove it or rename it without the leading dot"))
    elif not _FOLDER_NAME.fullmatch(name):
        remedy = "rename it: letters, digits, '.', '_' and '-', beginning with a letter or a digit"
        findings.append(_refused(path, "is a folder whose name has other than plain characters", remedy))
    else:
        return True
    return False


def accept(paths: Iterable[str]) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """The paths that are registry files, sorted, and a finding for each path that is not or that collides.

    The paths are relative to the registry's folder and name regular files.
    """
    accepted: list[str] = []
    findings: list[Finding] = []
    spelt: dict[str, str] = {}
    keys: dict[str, str] = {}
    for path in sorted(paths):
        problem = _problem(path)
        if problem is not None:
            if problem[0]:
                findings.append(_refused(path, *problem))
            continue
        clash = _case_clash(path, spelt)
        if clash:
            findings.append(_refused(path, f"differs from {clash} by letter case only", "rename one of them"))
            continue
        if path.startswith(KEYS):
            name = path.rpartition("/")[2][:-5]
            first = keys.setdefault(name, path)
            if first != path:
                message = f"names the key {name!r}, as {first} does; key names are unique in a registry"
                findings.append(_refused(path, message, "rename one of the files"))
                continue
        accepted.append(path)
    return tuple(accepted), tuple(findings)


def _case_clash(path: str, spelt: dict[str, str]) -> str | None:
    """The path, or the folder of it, that was seen in another spelling before."""
    while path:
        first = spelt.setdefault(path.casefold(), path)
        if first != path:
            return first
        path = path.rpartition("/")[0]
    return None


def _problem(path: str) -> tuple[str, str] | None:
    """What is wrong with a path, and the remedy; ``("", "")`` for files that may lie there and hold no registry."""
    folder, _, name = path.rpartition("/")
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return "has a name that is not UTF-8", "rename it"
    if path in DOCUMENTS:
        return None
    if name in (_BESIDE_DOCUMENTS if folder == "registry" else _BESIDE):
        return "", ""
    if name.startswith("."):
        return "is a hidden file", "remove it"
    if not name.endswith(".yaml"):
        if name.lower().endswith((".yml", ".yaml")):
            return "has another ending than .yaml", f"rename it to {name.rpartition('.')[0]}.yaml"
        return "has another ending than .yaml", "remove it; only README.md and .gitkeep may lie beside registry files"
    if folder == "registry":
        return "is no file that a registry has", f"known are {', '.join(sorted(DOCUMENTS))}; keys go to {KEYS}"
    if not path.startswith(KEYS):
        return "lies outside registry/ and keys.d/", "move it"
    if not _KEY_NAME.fullmatch(name[:-5]):
        rule = "1 to 100 of a-z, 0-9, '.', '_' and '-', beginning with a letter or a digit"
        return f"gives no key name: {rule}", "rename it"
    for part in folder.split("/")[1:]:
        if not _FOLDER_NAME.fullmatch(part):
            return "lies in a folder whose name has other than plain characters, or is hidden", "rename the folder"
    return None


def _refused(path: str, what: str, remedy: str) -> Finding:
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in shown)
    return found("file", f"{shown} {what}", remedy, place=Place(shown))


def read_file(root: Path, path: str) -> bytes:
    """The bytes of one file of a registry; raises FileRefused. Links are not followed, pipes never waited for."""
    return read_bytes(os.path.join(root, path))  # noqa: PTH118 - pathlib is slow on many files


def read_bytes(path: str) -> bytes:
    """The bytes of a regular file, at most one more than a registry file may have; raises FileRefused."""
    try:
        handle = os.open(path, _OPEN)
    except (OSError, ValueError) as error:
        raise FileRefused(getattr(error, "strerror", None) or str(error)) from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FileRefused("is no regular file")
        data = os.read(handle, _CHUNK)
        if len(data) < _CHUNK:
            return data
        chunks = [data]
        size = len(data)
        while size <= LARGEST_FILE and (data := os.read(handle, 1 << 18)):
            chunks.append(data)
            size += len(data)
        return b"".join(chunks)
    except OSError as error:
        raise FileRefused(error.strerror or str(error)) from None
    finally:
        os.close(handle)
