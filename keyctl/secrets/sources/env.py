"""``env:NAME``: another variable of the environment, for deployments that can't choose its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from keyctl.secrets.failure import StoreError, Trouble


@dataclass(frozen=True, slots=True)
class EnvironSource:
    """No variable of a credential can stand for another: what is given for writing is never read with."""

    environ: Mapping[str, str] = field(repr=False)

    def fetch(self, rest: str) -> str:
        if rest.startswith(("KEYCTL_READ_", "KEYCTL_WRITE_")):
            raise StoreError("one credential's variable can't stand for another's", "name another variable")
        if not self.environ.get(rest):
            raise StoreError("the variable behind env: is not set", "set it", Trouble.ABSENT)
        return self.environ[rest]


def open_source(environ: Mapping[str, str]) -> EnvironSource:
    return EnvironSource(environ)
