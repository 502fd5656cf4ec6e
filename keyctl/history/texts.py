"""Old versions of files, each fetched and read once."""

from __future__ import annotations

from collections.abc import Iterable

from keyctl.history.blobs import contents
from keyctl.history.git import Git
from keyctl.history.trace import Side
from keyctl.history.versions import Document, Networks, Unread, parse
from keyctl.model.ips import IpError, IpSet, parse_network
from keyctl.registry.reader import Node

_NETWORKS = "registry/networks.yaml"


class Texts:
    """The versions that one question needs. ``fetch`` first and together what will be read: each call starts git."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._data: dict[str, bytes | None] = {}
        self._read: dict[str, Document | Unread] = {}

    def fetch(self, names: Iterable[str]) -> None:
        """Get objects by id or as ``<commit>:<path>``; a path that a commit does not have stays unknown."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._data and "\n" not in name]
        self._data.update(contents(self._git, wanted))

    def data(self, name: str) -> bytes | None:
        """The bytes of an object; None for what is too large, or is not there."""
        self.fetch((name,))
        return self._data.get(name)

    def document(self, side: Side | None) -> Document | Unread | None:
        """A version's document, None where there is no file."""
        if side is None:
            return None
        return Unread("it is a symbolic link or a submodule") if side.link else self.named(side.blob)

    def named(self, name: str) -> Document | Unread | None:
        """The document of an object or of a path in a commit; None where the commit does not have it."""
        if name not in self._read:
            data = self.data(name)
            if name not in self._data:
                return None
            self._read[name] = parse(data)
        return self._read[name]

    def networks(self, commit: str, place: str) -> Networks:
        """The named networks as a commit has them; none for a commit that is not there."""
        document = self.named(f"{commit}:{place}{_NETWORKS}") if commit else None
        return lambda name: _network(document.get(name)) if isinstance(document, dict) else None


def _network(node: Node) -> IpSet | None:
    try:
        return IpSet.of([parse_network(str(text)) for text in node]) if isinstance(node, list) else None
    except IpError:
        return None
