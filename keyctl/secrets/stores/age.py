"""Reading what was encrypted with age: https://age-encryption.org/v1."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyctl.secrets.failure import StoreError
from keyctl.secrets.installed import installed
from keyctl.secrets.stores.files import content, private

IDENTITY = "KEYCTL_AGE_IDENTITY"
"""A file with identities as age-keygen writes them, or one SSH private key without passphrase."""


class Age:
    """The deployment's identities."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Raises StoreError for an identity that is not there, that others may read, or that is none."""
        self._pyrage: Any = installed("pyrage", "age")
        given = environ.get(IDENTITY, "")
        if not given:
            raise StoreError(f"{IDENTITY} is not set", "set it to the file with the identity")
        self._identities = self._read(private(Path(given), IDENTITY))

    def decrypt(self, file: Path) -> str:
        """The text in a file. Raises StoreError."""
        sealed = content(file, "the file")
        opened: bytes | None = None
        try:
            opened = self._pyrage.decrypt(sealed, self._identities)
            return opened.decode("utf-8")
        except self._pyrage.DecryptError:
            pass
        except UnicodeDecodeError:
            pass
        raise StoreError(
            "the file holds no text that the identity opens" if opened is None else "the file holds no UTF-8 text",
            f"see for whom it was encrypted, and {IDENTITY}",
        )

    def _read(self, text: bytes) -> list[Any]:
        found: list[Any] = []
        errors = (self._pyrage.IdentityError, UnicodeDecodeError)
        try:
            if text.lstrip().startswith(b"-----BEGIN"):
                found = [self._pyrage.ssh.Identity.from_buffer(text)]
            else:
                lines = (line.strip() for line in text.decode("ascii").splitlines())
                words = [line for line in lines if line and not line.startswith("#")]
                found = [self._pyrage.x25519.Identity.from_str(line) for line in words]
        except errors:
            found = []
        if not found:
            raise StoreError(
                f"{IDENTITY} names no file of age identities", "make one with age-keygen, or name an SSH private key"
            )
        return found
