"""``vault:kv/hedger``: a secret of a KV engine of version 2, at ``kv``, path ``hedger/<parcel name>``.

Its policy needs ``create`` on ``kv/data/hedger/*`` and nothing else: with ``read`` on ``kv/metadata/hedger/*`` keyctl
sees what has arrived, without it that is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

from keyctl.secrets.sinks.destination import Destination
from keyctl.secrets.sinks.document import document
from keyctl.secrets.sinks.sink import Parcel, SinkError
from keyctl.secrets.sinks.stored import stored
from keyctl.secrets.stores.vault import Vault

_SOME_NAME = "some-key.0123456789abcdef"


@dataclass(frozen=True, slots=True)
class VaultSink:
    """Recipients are not used. A path that was ever written to, and deleted since, takes nothing new."""

    where: Destination
    vault: Vault

    def check(self, recipients: tuple[str, ...]) -> None:  # noqa: ARG002 - for sinks that encrypt
        stored(self.where, lambda: self.vault.check(*self._at(_SOME_NAME)))

    def deliver(self, parcel: Parcel) -> None:
        values = document(parcel)
        stored(self.where, lambda: self.vault.create(*self._at(parcel.name), values))
        if self.holds(parcel.name) is False:
            raise SinkError(f"{self.where}: Vault took {parcel.name} and does not hold it", "see Vault's own log")

    def holds(self, name: str) -> bool | None:
        return stored(self.where, lambda: self.vault.exists(*self._at(name)))

    def _at(self, name: str) -> tuple[str, str]:
        mount, *path = self.where.address.segments
        return mount, "/".join([*path, name])


def open_sink(destination: Destination) -> VaultSink:
    """Raises SinkError where the environment says too little."""
    if destination.address.rooted or len(destination.address.segments) < 2:
        raise SinkError(f"{destination} is no place in Vault", "write vault:, the mount, a slash and a path")
    return VaultSink(destination, stored(destination, lambda: Vault(destination.environ)))
