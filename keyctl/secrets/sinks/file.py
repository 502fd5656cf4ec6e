"""``file:/var/keys/hedger``: plain JSON, for an app that runs as the same user on the same machine.

The file ``<parcel name>.json`` has mode 0600. Its folder lies outside every git work tree, and nobody but root and the
user that runs keyctl may write to it or to any folder above.
"""

from __future__ import annotations

from dataclasses import dataclass

from keyctl.secrets.sinks.destination import Destination
from keyctl.secrets.sinks.document import text
from keyctl.secrets.sinks.folder import Folder
from keyctl.secrets.sinks.sink import Parcel


@dataclass(frozen=True, slots=True)
class FileSink:
    """Recipients are not used."""

    folder: Folder

    def check(self, recipients: tuple[str, ...]) -> None:  # noqa: ARG002 - for sinks that encrypt
        self.folder.check()

    def deliver(self, parcel: Parcel) -> None:
        self.folder.create(_file(parcel.name), text(parcel).encode())

    def holds(self, name: str) -> bool:
        return self.folder.holds(_file(name))


def open_sink(destination: Destination) -> FileSink:
    return FileSink(Folder(destination, encrypted=False))


def _file(name: str) -> str:
    return f"{name}.json"
