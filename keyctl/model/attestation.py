"""What a person vouches for because no API shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

EXISTS = "exists"
FIELDS = (EXISTS, "scopes", "ips", "enabled", "expires")
"""What can be attested of a key, in the order in which it is told; ``exists`` is that the key is there."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """Somebody looked on a day and says what for.

    ``fields`` are what the person looked at of a key, in the order of FIELDS; empty for all. ``state`` is the
    fingerprint of what the file said of them then, None where nobody wrote it down.
    """

    on: date
    by: str
    evidence: str
    fields: tuple[str, ...] = ()
    state: str | None = None

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The fields of a key that it is about."""
        return self.fields or FIELDS

    def __str__(self) -> str:
        told = f"attested on {self.on} by {self.by}: {self.evidence}"
        return f"{told} ({', '.join(self.fields)})" if self.fields else told
