"""Registry files as texts: what in them looks like a secret, and in which line it stands."""

from __future__ import annotations

import re
from bisect import bisect_right

from keyctl.policy.secrets import Hit, find, find_in_name

_ID = re.compile(r"""(?:^|[\s{,\-])id:\s*(?:"([^"]*)"|'([^']*)'|([^\s,}\]#]+))""", re.MULTILINE)
_IDS = re.compile(r"\bids:\s*\[([^\]]*)\]")


def text_of(data: bytes) -> str:
    """A file as text; what is no UTF-8 becomes replacement characters, one for each byte or so."""
    return data.decode("utf-8", "replace")


def hits_in(path: str, data: bytes) -> tuple[Hit, ...]:
    """What looks like a secret in a file, and the file itself if its name says so. Values of ``id:`` are taken for
    the public ids that belong there, also where the file is too wrong to be read."""
    named = find_in_name(path)
    text = text_of(data)
    hits = find(text)
    if hits:
        hits = find(text, identifiers=_identifiers(text))
    return (named, *hits) if named is not None else hits


def _identifiers(text: str) -> frozenset[str]:
    single = {value for groups in _ID.findall(text) for value in groups if value}
    lists = {value.strip(" \"'") for inner in _IDS.findall(text) for value in inner.split(",")}
    return frozenset(single | lists - {""})


class Lines:
    """The lines of one text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(end.end() for end in re.finditer("\n", text))]

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
