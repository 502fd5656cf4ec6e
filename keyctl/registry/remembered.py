"""Documents that were read and found valid before, by the hash of their bytes: a warm run parses nothing twice.

The file is for speed only. Whoever can write it can make keyctl see other documents than the files hold, so it must lie
where only the user writes, and runs that act on an exchange do without.
"""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from keyctl.registry.reader import READER_VERSION, Node
from keyctl.registry.saving import replace
from keyctl.registry.schema import digest

_NAME = "documents.v1"


class Remembered:
    """What is known from before, and what this run adds. Nothing here raises: a bad file is as good as none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._before = _lines(folder / _NAME) if folder is not None else {}
        self._now: dict[bytes, bytes] = {}
        self._new = False

    def recall(self, schema: str, content: str) -> tuple[Node] | None:
        """The document, in a tuple since null is one, of a file whose bytes have this SHA-256."""
        key = f"{schema}:{content}".encode()
        line = self._before.get(key)
        if line is None:
            return None
        self._now[key] = line
        return (json.loads(line),)

    def document(self, content: str) -> Node:
        """The document of a key file or of a list of revoked ids with this SHA-256, if this run has met it."""
        for schema in ("key", "revoked"):
            line = self._now.get(f"{schema}:{content}".encode())
            if line is not None:
                return json.loads(line)  # type: ignore[no-any-return]
        return None

    def keep(self, schema: str, content: str, document: Node) -> None:
        """Remember a document that its schema let pass."""
        if self._folder is not None:
            text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
            self._now[f"{schema}:{content}".encode()] = text.encode("ascii")
            self._new = True

    def save(self) -> None:
        """Write what this run used, when there is anything new; readable by the user only, in one step."""
        if not self._new or self._folder is None:
            return
        body = b"\n".join(key + b" " + line for key, line in sorted(self._now.items()))
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace(self._folder / _NAME, _header(body) + b"\n" + body)


def _header(body: bytes) -> bytes:
    return f"keyctl documents 1 {READER_VERSION} {digest()} {sha256(body).hexdigest()}".encode()


def _lines(path: Path) -> dict[bytes, bytes]:
    try:
        header, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return {}
    if not body or header != _header(body):
        return {}
    known: dict[bytes, bytes] = {}
    for line in body.split(b"\n"):
        key, _, text = line.partition(b" ")
        known[key] = text
    return known
