"""``vault:kv/keyctl/bybit#secret``: a field of a secret of a KV engine of version 2, at ``kv``, path ``keyctl/bybit``.
Its policy needs ``read`` on ``kv/data/keyctl/*``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keyctl.secrets.failure import StoreError
from keyctl.secrets.sources.source import split_field
from keyctl.secrets.stores.vault import Vault


@dataclass(frozen=True, slots=True)
class VaultSource:
    """A server that is silent is given up, so that it costs a run no more than two timeouts."""

    vault: Vault

    def fetch(self, rest: str) -> str:
        place, field = split_field(rest)
        mount, _slash, path = place.partition("/")
        if not mount or not path or not field or {"", ".", ".."} & set(path.split("/")):
            raise StoreError("it is no place in Vault", "write vault:, the mount, a slash, a path, # and a field")
        found = self.vault.read(mount, path).get(field)
        if not isinstance(found, str):
            raise StoreError("the secret in Vault has no text of that field", "see what follows the #")
        return found


def open_source(environ: Mapping[str, str]) -> VaultSource:
    return VaultSource(Vault(environ))
