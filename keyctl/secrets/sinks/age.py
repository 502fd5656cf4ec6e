"""``age:/var/secrets/hedger``: a file for the app's recipients, encrypted so that keyctl itself can't read it again.

The format is age's, armoured: https://age-encryption.org/v1. Recipients are X25519 keys (``age1…``) and SSH keys
(``ssh-ed25519``, ``ssh-rsa``); those that a plug-in of age's would have to understand are refused. The file
``<parcel name>.age`` has mode 0600.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from keyctl.secrets.failure import StoreError
from keyctl.secrets.installed import installed
from keyctl.secrets.sinks.destination import Destination
from keyctl.secrets.sinks.document import text
from keyctl.secrets.sinks.folder import Folder
from keyctl.secrets.sinks.sink import Parcel, SinkError


@dataclass(frozen=True, slots=True)
class AgeSink:
    """Whoever holds the identity of one recipient can read what is delivered."""

    folder: Folder

    def check(self, recipients: tuple[str, ...]) -> None:
        _recipients(recipients)
        self.folder.check()

    def deliver(self, parcel: Parcel) -> None:
        whose, pyrage = _recipients(parcel.recipients), _pyrage()
        sealed: bytes | None = None
        with suppress(pyrage.EncryptError):
            sealed = pyrage.encrypt(text(parcel).encode(), whose, armored=True)
        if sealed is None:
            raise SinkError(f"{parcel.name} could not be encrypted", "see that the app's recipients belong together")
        self.folder.create(_file(parcel.name), sealed)

    def holds(self, name: str) -> bool:
        return self.folder.holds(_file(name))


def open_sink(destination: Destination) -> AgeSink:
    return AgeSink(Folder(destination, encrypted=True))


def _recipients(given: tuple[str, ...]) -> list[Any]:
    if not given:
        raise SinkError("the app has no recipients, so nobody could read the secret", "give it `recipients`")
    return [_recipient(number, one) for number, one in enumerate(given, 1)]


def _recipient(number: int, given: str) -> Any:
    """Never repeats it: somebody may have taken the secret half for the public one."""
    pyrage = _pyrage()
    kind = pyrage.ssh if given.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(given)
    except pyrage.RecipientError:
        pass
    raise SinkError(
        f"recipient {number} of the app is no age recipient that keyctl can encrypt to",
        "write age1…, ssh-ed25519 … or ssh-rsa …, as age-keygen -y or the .pub file shows it",
    )


def _pyrage() -> Any:
    failure: StoreError
    try:
        return installed("pyrage", "age")
    except StoreError as error:
        failure = error
    raise SinkError(failure.message, failure.remedy)


def _file(name: str) -> str:
    return f"{name}.age"
