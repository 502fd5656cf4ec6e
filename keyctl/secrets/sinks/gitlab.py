"""``gitlab:desk/hedger``: variables for the CI/CD jobs of a project, ``<NAME>_KEY``, ``<NAME>_PASSPHRASE`` where there
is one, and ``<NAME>_SECRET``, where NAME is the parcel's name in upper case with every other character as ``_``.

They are protected and raw; the secret and the passphrase are masked, and hidden where the server can do that. The
secret is written last, so that what is there with it is whole. The server is ``KEYCTL_GITLAB_URL``, else
``CI_SERVER_URL``; the token is in ``KEYCTL_SINK_GITLAB_TOKEN``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from keyctl.secrets.failure import StoreError, Trouble
from keyctl.secrets.sinks.destination import Destination
from keyctl.secrets.sinks.document import api_key
from keyctl.secrets.sinks.sink import Parcel, SinkError
from keyctl.secrets.sinks.stored import stored
from keyctl.secrets.sources.secret import Secret
from keyctl.secrets.stores.gitlab import LONGEST_NAME, Variables, maskable

_OTHER = re.compile(r"[^A-Z0-9_]")


@dataclass(frozen=True, slots=True)
class GitLabSink:
    """Recipients are not used. Everybody who may change what runs on the project's protected branches can read what
    lies there."""

    where: Destination
    variables: Variables

    def check(self, recipients: tuple[str, ...]) -> None:  # noqa: ARG002 - for sinks that encrypt
        stored(self.where, self.variables.check)

    def deliver(self, parcel: Parcel) -> None:
        parts = self._parts(parcel)
        for name in parts:
            if self._exists(name):
                raise SinkError(f"{self.where}: {name} is there already, and is left as it is", "see what it is")
        made: list[str] = []
        failure: StoreError | None = None
        for name, (value, masked) in parts.items():
            try:
                self.variables.create(name, value.reveal(), masked=masked)
                made.append(name)
            except StoreError as error:
                failure = error
                made += [name] if error.trouble is Trouble.UNREACHABLE else []
                break
        if failure is not None:
            left = self._taken_back(made)
            also = f"; {' and '.join(left)} may be left there: delete what is" if left else ""
            raise SinkError(f"{self.where}: {failure.message}", failure.remedy + also)
        if not self.holds(parcel.name):
            raise SinkError(
                f"{self.where}: GitLab took {parcel.name} and does not hold it", "see the project's audit log"
            )

    def holds(self, name: str) -> bool:
        return all(self._exists(_variable(name, part)) for part in ("SECRET", "KEY"))

    def _exists(self, variable: str) -> bool:
        return stored(self.where, lambda: self.variables.exists(variable))

    def _parts(self, parcel: Parcel) -> dict[str, tuple[Secret, bool]]:
        """Value and whether it is masked, by name, in the order of writing. Raises SinkError for what GitLab would not
        take or not mask."""
        parts = {_variable(parcel.name, "KEY"): (Secret(api_key(parcel)), False)}
        if parcel.passphrase is not None:
            parts[_variable(parcel.name, "PASSPHRASE")] = (parcel.passphrase, True)
        parts[_variable(parcel.name, "SECRET")] = (parcel.secret, True)
        for name, (value, masked) in parts.items():
            if len(name) > LONGEST_NAME:
                raise SinkError(f"{self.where}: {name} is longer than GitLab takes", "shorten the key's name")
            if masked and not maskable(value.reveal()):
                raise SinkError(
                    f"{self.where}: {name} can't be masked: GitLab masks one line of at least 8 characters without "
                    "spaces",
                    "deliver it to another sink",
                )
        return parts

    def _taken_back(self, made: list[str]) -> list[str]:
        """Deletes what this delivery made or may have made, the secret first; gives what could not be deleted."""
        left = []
        for name in reversed(made):
            try:
                self.variables.delete(name)
            except StoreError:
                left.append(name)
        return left


def open_sink(destination: Destination) -> GitLabSink:
    """Raises SinkError where the environment says too little."""
    address = destination.address
    if address.rooted or len(address.segments) < 2:
        raise SinkError(
            f"{destination} is no project in GitLab", "write gitlab: and the project's path, with its group"
        )
    return GitLabSink(destination, stored(destination, lambda: Variables(address.path, destination.environ)))


def _variable(name: str, part: str) -> str:
    """A shell can't name a variable that begins with a digit, so such a one gets a ``_`` in front."""
    whole = f"{_OTHER.sub('_', name.upper())}_{part}"
    return f"_{whole}" if whole[0].isdigit() else whole
