"""What a source of secrets offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from keyctl.secrets.failure import StoreError


class Source(Protocol):
    """One kind of place where a deployment keeps secrets, such as Vault, opened for one run with its environment. It
    may be asked from several threads at once."""

    def fetch(self, rest: str) -> str:
        """The value at what follows the scheme in ``KEYCTL_CREDENTIALS``. Raises StoreError, which holds no secret."""


class Opener(Protocol):
    """What a module or an entry point gives."""

    def __call__(self, environ: Mapping[str, str]) -> Source:
        """Raises StoreError where the environment says too little."""


def field_of(text: str, field: str) -> str:
    """One field of a JSON object; the whole text for no field. Raises StoreError."""
    import json

    if not field:
        return text
    found: object = None
    try:
        document = json.loads(text)
        found = document.get(field) if isinstance(document, dict) else None
    except ValueError:
        pass
    if not isinstance(found, str):
        raise StoreError("there is no text of that field in what is kept there", "see what follows the #")
    return found


def split_field(rest: str) -> tuple[str, str]:
    """What stands before and after the last ``#``; the field is empty where there is none."""
    place, mark, field = rest.rpartition("#")
    return (place, field) if mark else (rest, "")
