"""Where a reference such as ``vault:kv/hedger`` leads, and whether the deployment lets anything be delivered there.

The registry's author writes the reference, and is not trusted with it (law 6): it must lie under one of the prefixes in
``KEYCTL_SINKS``, segment by segment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from keyctl.secrets.sinks.sink import SinkError

SINKS = "KEYCTL_SINKS"
"""The prefixes that may be delivered to, separated by white space or commas, such as
``vault:kv/ age:/var/secrets/``."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_SEGMENT = re.compile(r"[A-Za-z0-9_.+=@-]+")


@dataclass(frozen=True, slots=True)
class Address:
    """``scheme:a/b`` or, ``rooted``, ``scheme:/a/b``. No segment is empty, ``.`` or ``..``, or has any character but
    ASCII letters, digits and ``_.+=@-``, so none means anything but a name to a file system or in a URL."""

    scheme: str
    rooted: bool
    segments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.scheme}:{'/' if self.rooted else ''}{'/'.join(self.segments)}"

    @property
    def path(self) -> str:
        """What follows the scheme."""
        return str(self).partition(":")[2]

    def contains(self, other: Address) -> bool:
        """Whether another one is this one or lies below it."""
        return (self.scheme, self.rooted) == (other.scheme, other.rooted) and (
            other.segments[: len(self.segments)] == self.segments
        )


@dataclass(frozen=True, slots=True)
class Destination:
    """An address that may be delivered to. ``prefix`` is the deployment's word for that, the longest one;
    ``work_tree`` is the top of the git work tree that holds the registry, None where none does."""

    address: Address
    prefix: Address
    environ: Mapping[str, str] = field(repr=False)
    work_tree: Path | None

    def __str__(self) -> str:
        return str(self.address)


def destination(reference: str, environ: Mapping[str, str], work_tree: Path | None) -> Destination:
    """Where the reference leads. Raises SinkError, which names KEYCTL_SINKS, where nothing may be delivered there."""
    allowed = _prefixes(environ.get(SINKS, ""))
    if not allowed:
        raise SinkError(
            f"nothing may be delivered to {shown(reference)}: {SINKS} is not set",
            f"set {SINKS} in the deployment's environment to the prefixes that secrets may go to",
        )
    address = parse(reference)
    if address is None:
        raise SinkError(
            f"{shown(reference)} is no place for a secret: it must be a scheme, a colon and a path without empty "
            "segments, dots alone, and other characters than letters, digits and _.+=@-",
            f"correct it to a place under a prefix in {SINKS}",
        )
    matching = [prefix for prefix in allowed if prefix.contains(address)]
    if not matching:
        raise SinkError(
            f"nothing may be delivered to {address}: no prefix in {SINKS} covers it",
            f"name another place, or have whoever runs keyctl add it to {SINKS}",
        )
    return Destination(address, max(matching, key=lambda prefix: len(prefix.segments)), environ, work_tree)


def parse(text: str) -> Address | None:
    """The address; None for what is none."""
    scheme, colon, rest = text.partition(":")
    segments = tuple(rest.removeprefix("/").split("/"))
    proper = all(_SEGMENT.fullmatch(one) and one.strip(".") for one in segments)
    if not colon or not _SCHEME.fullmatch(scheme) or not proper:
        return None
    return Address(scheme, rest.startswith("/"), segments)


def shown(reference: str) -> str:
    """A reference as messages show it: quoted, control characters escaped, and not endless."""
    return ascii(reference if len(reference) <= 100 else reference[:100] + "…")


def _prefixes(given: str) -> list[Address]:
    found = []
    for word in given.replace(",", " ").split():
        prefix = parse(word.removesuffix("/"))
        if prefix is None:
            raise SinkError(
                f"{shown(word)} in {SINKS} is no prefix",
                f"write each prefix in {SINKS} as a scheme, a colon and at least one segment, such as vault:kv/",
            )
        found.append(prefix)
    return found
