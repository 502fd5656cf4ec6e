"""Registry files as texts: what in them looks like a secret, and in which line it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

from keyctl.policy.secrets import Hit, find, find_in_name

_TOGETHER = 64
_APART = "\n\0\n"
"""Between two files: no row of words and no value of a field goes on over it."""

_OPEN = "-----BEGIN "
"""A block that is public ends in a line of its own kind, be it in another file: what has one is searched alone."""

_ID = re.compile(r"""(?:^|[\s{,\-])id:\s*(?:"([^"]*)"|'([^']*)'|([^\s,}\]#]+))""", re.MULTILINE)
_IDS = re.compile(r"\bids:\s*\[([^\]]*)\]")


def text_of(data: bytes) -> str:
    """A file as text; what is no UTF-8 becomes replacement characters, one for each byte or so."""
    return data.decode("utf-8", "replace")


def hits_by_file(texts: Mapping[str, bytes]) -> dict[str, tuple[Hit, ...]]:
    """What looks like a secret, by file, in the order of the files; files without are left out.

    Files are searched many at a time first, since most hold nothing: what a file holds, a text that contains the file
    holds too, if nothing of the one file goes on in the next.
    """
    found: dict[str, tuple[Hit, ...]] = {}
    paths = list(texts)
    for start in range(0, len(paths), _TOGETHER):
        some = paths[start : start + _TOGETHER]
        together = {path: text for path in some if _OPEN not in (text := text_of(texts[path]))}
        quiet = not find(_APART.join(together.values()))
        for path in some:
            hits = hits_in(path, b"" if quiet and path in together else texts[path])
            if hits:
                found[path] = hits
    return found


def hits_in(path: str, data: bytes) -> tuple[Hit, ...]:
    """What looks like a secret in a file, and the file itself if its name says so. Values of ``id:`` are taken for
    the public ids that belong there, also where the file is too wrong to be read."""
    named = None if path.endswith(".yaml") else find_in_name(path)
    if not data:
        return () if named is None else (named,)
    text = text_of(data)
    hits = find(text)
    if hits:
        hits = find(text, identifiers=_identifiers(text))
    return (named, *hits) if named is not None else hits


def _identifiers(text: str) -> frozenset[str]:
    single = {value for groups in _ID.findall(text) for value in groups}
    lists = {value.strip(" \"'") for inner in _IDS.findall(text) for value in inner.split(",")}
    return frozenset(single | lists)


class Lines:
    """The lines of one text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(end.end() for end in re.finditer("\n", text))]

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
