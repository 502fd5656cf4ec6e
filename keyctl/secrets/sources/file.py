"""``file:/run/secrets/bybit``: a file with one secret, as container engines mount them. One final newline is not part
of it. With ``#field``, a field of the JSON in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keyctl.secrets.failure import StoreError
from keyctl.secrets.folders import work_tree_of
from keyctl.secrets.sources.source import field_of, split_field
from keyctl.secrets.stores.files import private


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file that everybody may read, or others may write to, or that lies in a git work tree, holds no secret."""

    def fetch(self, rest: str) -> str:
        place, field = split_field(rest)
        found = private(Path(place), "the file")
        if work_tree_of(Path(place).resolve()) is not None:
            raise StoreError("the file lies in a git work tree, and no secret belongs there", "keep it elsewhere")
        return field_of(text(found), field)


def text(found: bytes) -> str:
    """The content as text, without one final newline. Raises StoreError."""
    try:
        return found.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        pass
    raise StoreError("the file is no UTF-8 text", "see what is in it")


def open_source(environ: Mapping[str, str]) -> FileSource:  # noqa: ARG001 - it needs nothing of it
    return FileSource()
