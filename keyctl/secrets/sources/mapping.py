"""The file that ``KEYCTL_CREDENTIALS`` names: variables of credentials, and where their values are kept.

A line is ``NAME = scheme:rest``; empty lines and those that begin with ``#`` mean nothing. Nothing of a line but its
number is ever repeated: somebody may have written the secret itself.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from keyctl.model.refusal import Refusal
from keyctl.secrets.folders import changeable, work_tree_of
from keyctl.secrets.sources.catalogue import schemes

CREDENTIALS = "KEYCTL_CREDENTIALS"
LARGEST = 4_000_000
"""Bytes; a file of ten thousand credentials has about two million."""
_NAME = re.compile(r"KEYCTL_(?:READ|WRITE)_[A-Z0-9_]+_(?:KEY|SECRET|PASSPHRASE)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``place`` is its file and number, for messages."""

    name: str
    scheme: str
    rest: str = field(repr=False)
    place: str


def read_mapping(environ: Mapping[str, str]) -> Mapping[str, Entry]:
    """The lines by name; none where KEYCTL_CREDENTIALS is not set. Raises Refusal for a file that can't be read or is
    not as it must be, with all the lines that are wrong."""
    given = environ.get(CREDENTIALS, "")
    if not given:
        return {}
    file = Path(given)
    known, problems = schemes(environ), []
    entries: dict[str, Entry] = {}
    for number, line in enumerate(_text(file).split("\n"), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        name, scheme, rest, problem = _parts(words, known)
        if not problem and name in entries:
            problem = f"there is a line of that name already ({entries[name].place.rpartition(':')[2]})"
        if problem:
            problems.append(f"{file}:{number}: {problem}")
        else:
            entries[name] = Entry(name, scheme, rest, f"{file}:{number}")
    if problems:
        raise Refusal("\n".join(problems), "write each line as NAME = scheme:rest; docs/secrets.md has examples")
    return entries


def _parts(words: str, known: tuple[str, ...]) -> tuple[str, str, str, str]:
    name, equals, reference = (part.strip() for part in words.partition("="))
    scheme, colon, rest = reference.partition(":")
    problem = ""
    if not equals or not _NAME.fullmatch(name):
        problem = "it must begin with the name of a credential's variable and ="
    elif not colon or scheme not in known:
        problem = f"behind = there must be one of {', '.join(known)}, a colon, and what it means there"
    elif not rest or not rest.isprintable():
        problem = "behind the colon there must be text, without control characters"
    return name, scheme, rest, problem


def _text(file: Path) -> str:
    """Raises Refusal for a file that somebody else may have written."""
    problem, content = "", b""
    try:
        real = file.resolve(strict=True)
        if not file.is_absolute():
            problem = "is no absolute path"
        elif not stat.S_ISREG(real.stat().st_mode):
            problem = "is no file"
        elif work_tree_of(real.parent) is not None:
            problem = "lies in a git work tree, where a merge request could change it"
        elif (why := changeable(real)) is not None:
            problem = f"decides which credential is used where, and {why}"
        else:
            with real.open("rb") as opened:
                content = opened.read(LARGEST + 1)
            problem = f"is larger than {LARGEST} bytes" if len(content) > LARGEST else ""
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
    if not problem:
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            problem = "is no UTF-8 text"
    raise Refusal(
        f"{CREDENTIALS}: {file} {problem}",
        "use a file outside any work tree that, like all folders above it, only root and the user that runs keyctl may "
        "write to",
    )
