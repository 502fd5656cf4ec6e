"""Old versions of registry files → the identifiers in them, by a structural walk without schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import IO, NamedTuple

from keyctl.history.git import Git, GitError
from keyctl.history.walk import Progress
from keyctl.model.identifier import Identifier, IdentifierError
from keyctl.registry.reader import LARGEST_FILE, EmptyDocument, Node, YamlError, read

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_STEP = 1000


class RevokedId(NamedTuple):
    """An entry of a ``revoked`` list, as its text stands; days are ISO dates or None."""

    id: str
    on: str | None
    reason: str | None
    confirmed: str | None


@dataclass(frozen=True, slots=True)
class Ids:
    """What one version of a key file, or of ``registry/revoked.yaml``, says. Texts are as written."""

    declared: tuple[str, ...] = ()
    revoked: tuple[RevokedId, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The version can't be read for its ids; ``why`` is a sentence fragment."""

    why: str
    lfs: bool = False


Reading = Ids | Unreadable
_NOTHING = Ids()


class _NoIds(Exception):
    """The document has another shape than a registry file."""


def contents(git: Git, names: Collection[str], progress: Progress | None = None) -> Iterator[tuple[str, bytes | None]]:
    """Each object's name and bytes, in the order asked; None where it is larger than any registry file may be.

    A name is an object id or ``<commit>:<path>``; such that name nothing are left out, an id that is missing raises
    GitError.
    """
    order = list(names)
    if not order:
        return
    lines = (name.encode("utf-8", "surrogateescape") + b"\n" for name in order)
    with git.fed(("cat-file", "--batch", "--buffer"), lines) as out:
        for done, name in enumerate(order):
            header = out.readline()
            fields = header.split()
            if header.endswith(b" missing\n"):
                if ":" in name:
                    continue
                raise GitError(f"object {name} is missing from this clone")
            if len(fields) != 3 or not header.endswith(b"\n"):
                raise GitError(f"'git cat-file' ended before object {name}: the object may be damaged")
            size = int(fields[2])
            data = _exactly(out, size, keep=size <= LARGEST_FILE)
            if fields[1] == b"blob":
                yield name, data
            elif ":" not in name:
                raise GitError(f"object {name} is no blob")
            if progress is not None and done % _STEP == 0:
                progress(done, len(order))


def _exactly(out: IO[bytes], size: int, *, keep: bool) -> bytes | None:
    if keep:
        data = out.read(size + 1)
        if len(data) != size + 1:
            raise GitError("'git cat-file' ended in the middle of an object")
        return data[:-1]
    left = size + 1
    while left:
        passed = len(out.read(min(left, LARGEST_FILE)))
        if not passed:
            raise GitError("'git cat-file' ended in the middle of an object")
        left -= passed
    return None


Documents = Callable[[str], Node]
"""The document of a file that was read already, by the SHA-256 of its bytes, else None: what lies in the checkout too
is parsed once."""


def reading(data: bytes | None, documents: Documents | None) -> Reading:
    """The identifiers in one version of a key file or of ``registry/revoked.yaml``."""
    if data is None:
        return Unreadable(f"it is larger than {LARGEST_FILE} bytes")
    document = documents(sha256(data).hexdigest()) if documents else None
    if document is not None:
        return _ids(document)
    if data.startswith(LFS_POINTER):
        return Unreadable("it is a pointer of Git LFS", lfs=True)
    try:
        return _ids(read(data))
    except EmptyDocument:
        return _NOTHING
    except YamlError as error:
        return Unreadable(f"line {error.line}, column {error.column}: {error.message}")
    except _NoIds as error:
        return Unreadable(str(error))


def registry_id(data: bytes | None, wanted: str) -> str | None:
    """The ``id`` of a ``registry.yaml``; None where it is no such file, as a key file of that name is not.

    One that can't be read passes for the wanted registry's if it holds its id.
    """
    if data is None:
        return None
    try:
        document = read(data)
    except YamlError:
        document = None
    if isinstance(document, dict) and "account" not in document and isinstance(document.get("id"), str):
        return str(document["id"])
    return wanted if wanted.encode("utf-8") in data else None


def _ids(document: Node) -> Ids:
    if not isinstance(document, dict):
        raise _NoIds("it holds no mapping")
    declared = [_id(document, "id")] if "id" in document else []
    retiring = document.get("retiring")
    if isinstance(retiring, dict):
        declared.append(_id(retiring, "retiring.id") if "id" in retiring else "")
    elif retiring:
        raise _NoIds("'retiring' is no mapping")
    listed = document.get("revoked") or []
    if not isinstance(listed, list):
        raise _NoIds("'revoked' is no list")
    return Ids(tuple(text for text in declared if text), tuple(_revoked(entry) for entry in listed))


def _revoked(entry: Node) -> RevokedId:
    text = _id(entry, "revoked[].id") if isinstance(entry, dict) else ""
    if not isinstance(entry, dict) or not text:
        raise _NoIds("an entry of 'revoked' holds no id")
    reason = entry.get("reason")
    return RevokedId(
        text,
        _day(entry.get("on")),
        reason if isinstance(reason, str) else None,
        _day(entry.get("confirmed")),
    )


def _id(mapping: dict[str, Node], where: str) -> str:
    text = mapping.get("id", "")
    if text == "":
        return ""
    if not isinstance(text, str):
        raise _NoIds(f"'{where}' is no text")
    try:
        identifier(text)
    except IdentifierError as error:
        raise _NoIds(f"'{where}': {error}") from None
    return text


@lru_cache(maxsize=1 << 16)
def identifier(text: str) -> Identifier:
    """The identifier that a text names: most stand in many versions. Raises IdentifierError."""
    return Identifier.parse(text)


@lru_cache(maxsize=1 << 12)
def _valid_day(text: str) -> str | None:
    try:
        return text if _DATE.fullmatch(text) and date.fromisoformat(text) else None
    except ValueError:
        return None


def _day(node: Node) -> str | None:
    return _valid_day(node) if isinstance(node, str) else None
