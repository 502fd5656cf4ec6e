"""``aws:keyctl/hedger``: a secret ``keyctl/hedger/<parcel name>`` in AWS Secrets Manager, as JSON.

Its role needs ``secretsmanager:CreateSecret`` on ``keyctl/hedger/*`` and nothing else: with ``DescribeSecret`` keyctl
sees what has arrived, without it that is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from keyctl.secrets.sinks.destination import Destination
from keyctl.secrets.sinks.document import text
from keyctl.secrets.sinks.sink import Parcel, SinkError
from keyctl.secrets.sinks.stored import stored
from keyctl.secrets.stores.secrets_manager import SecretsManager

LONGEST = 512
"""Characters of a name: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"""


@dataclass(frozen=True, slots=True)
class AwsSink:
    """Recipients are not used. A secret is only ever created, never given another value."""

    where: Destination
    aws: SecretsManager

    def check(self, recipients: tuple[str, ...]) -> None:  # noqa: ARG002 - for sinks that encrypt
        stored(self.where, lambda: self.aws.check(self._named("some-key.0123456789abcdef")))

    def deliver(self, parcel: Parcel) -> None:
        name, content = self._named(parcel.name), text(parcel)
        token = sha256(f"{name} {parcel.identifier.fingerprint}".encode()).hexdigest()
        stored(self.where, lambda: self.aws.create(name, content, token))
        if self.holds(parcel.name) is False:
            raise SinkError(f"{self.where}: AWS took {parcel.name} and does not hold it", "see CloudTrail")

    def holds(self, name: str) -> bool | None:
        return stored(self.where, lambda: self.aws.exists(self._named(name)))

    def _named(self, name: str) -> str:
        whole = f"{self.where.address.path}/{name}"
        if len(whole) > LONGEST:
            raise SinkError(f"{self.where}: the name of {name} there would be too long", "shorten the key's name")
        return whole


def open_sink(destination: Destination) -> AwsSink:
    """Raises SinkError where the environment says too little."""
    if destination.address.rooted:
        raise SinkError(
            f"{destination} is no prefix in AWS", "write aws: and a prefix that does not begin with a slash"
        )
    return AwsSink(destination, stored(destination, lambda: SecretsManager(destination.environ)))
