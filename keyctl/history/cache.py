"""Files that spare work: each with a digest, none trusted beyond it, all rebuilt when anything about them is odd."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from keyctl import __version__
from keyctl.registry.reader import READER_VERSION
from keyctl.registry.saving import replace

FORMAT = 1


def cache_directory(root: Path, environ: Mapping[str, str] | None = None) -> Path | None:
    """``KEYCTL_CACHE``, else ``keyctl`` in the git directory that all work trees of the repository share.

    None outside git. Nothing is created, and no process is started.
    """
    named = (os.environ if environ is None else environ).get("KEYCTL_CACHE")
    if named:
        return Path(named).absolute()
    folder = Path(os.path.realpath(root))
    marker = next((one / ".git" for one in (folder, *folder.parents) if os.path.lexists(one / ".git")), None)
    if marker is None:
        return None
    try:
        if not marker.is_dir():
            pointer = marker.read_text("utf-8").removeprefix("gitdir:").strip()
            marker = (marker.parent / pointer).resolve()
        shared = marker / "commondir"
        if shared.is_file():
            marker = (marker / shared.read_text("utf-8").strip()).resolve()
        return marker / "keyctl" if (marker / "HEAD").is_file() else None
    except (OSError, UnicodeDecodeError):
        return None


def document_cache(root: Path, environ: Mapping[str, str]) -> Path | None:
    """Where documents that were read may be kept: the cache's folder unless it lies in a work tree.

    Whatever lies in one may have been committed by the author of the very change that is judged.
    """
    folder = cache_directory(root, environ)
    if folder is None:
        return None
    inside = Path(os.path.realpath(folder))
    above = [one for one in (inside, *inside.parents) if os.path.lexists(one / ".git")]
    return None if above and not inside.is_relative_to(above[0] / ".git") else folder


@dataclass(frozen=True, slots=True)
class Store:
    """The cache files of one registry. Without a directory it forgets everything."""

    directory: Path | None
    registry: str
    object_format: str

    def path(self, name: str) -> Path | None:
        """Where the file of this name lies, for people."""
        if self.directory is None:
            return None
        return self.directory / f"{name}-{sha256(self.registry.encode('utf-8')).hexdigest()[:16]}.json"

    def load(self, name: str) -> Any:
        """What was saved under this name; None when there is nothing, or nothing that can be trusted."""
        path = self.path(name)
        if path is None:
            return None
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            if head == self._head(name, body):
                return json.loads(body)
        except (OSError, ValueError, RecursionError):
            pass
        return None

    def save(self, name: str, document: Any) -> None:
        """Replaces the file at once or not at all; a directory that can't be written is no error."""
        path = self.path(name)
        if path is None:
            return
        body = json.dumps(document, separators=(",", ":")).encode("ascii")
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace(path, self._head(name, body) + b"\n" + body)

    def _head(self, name: str, body: bytes) -> bytes:
        return json.dumps(
            {
                "format": FORMAT,
                "kind": name,
                "tool_version": __version__,
                "reader": READER_VERSION,
                "registry": self.registry,
                "object_format": self.object_format,
                "digest": "sha256:" + sha256(body).hexdigest(),
            }
        ).encode("ascii")
