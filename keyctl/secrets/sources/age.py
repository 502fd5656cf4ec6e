"""``age:/var/secrets/bybit.age``: a file that is encrypted for the identity in ``KEYCTL_AGE_IDENTITY``. One final
newline is not part of the secret. With ``#field``, a field of the JSON in it, such as what the sink ``age`` wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from keyctl.secrets.sources.source import field_of, split_field
from keyctl.secrets.stores.age import Age


@dataclass(frozen=True, slots=True)
class AgeSource:
    """It may lie anywhere, in a git work tree too."""

    age: Age

    def fetch(self, rest: str) -> str:
        place, field = split_field(rest)
        return field_of(self.age.decrypt(Path(place)).removesuffix("\n").removesuffix("\r"), field)


def open_source(environ: Mapping[str, str]) -> AgeSource:
    return AgeSource(Age(environ))
