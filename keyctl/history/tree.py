"""The registries in one commit's tree, and the files of one of them, without any work tree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from keyctl.history.blobs import contents, registry_id
from keyctl.history.git import Git, GitError
from keyctl.history.ledger import place_of
from keyctl.history.walk import KEYS, shown
from keyctl.model.finding import Finding
from keyctl.model.place import Place
from keyctl.model.rules import found
from keyctl.registry.reader import LARGEST_FILE

_PARTS = (f"{KEYS}/", "registry/")
_ODD = {"120000": "a symbolic link", "160000": "a submodule"}


@dataclass(frozen=True, slots=True)
class Tree:
    """``registries`` is the id of every registry in the commit's tree by its folder, ``""`` or with ``/`` at the end;
    ``paths`` holds the mode and the object id of everything in the tree."""

    commit: str
    registries: Mapping[str, str]
    paths: Mapping[str, tuple[str, str]]

    def place(self, wanted: str, preferred: Iterable[str] = ()) -> str | None:
        """The folder of the registry with this id, one of the preferred ones if it stands there; None for none."""
        standing = sorted(folder for folder, of in self.registries.items() if of == wanted)
        return next((folder for folder in preferred if folder in standing), standing[0] if standing else None)

    def files(self, place: str) -> dict[str, str]:
        """The object ids of the regular files of the registry in a folder, by their paths in it."""
        return {
            path[len(place) :]: blob
            for path, (mode, blob) in self.paths.items()
            if mode not in _ODD and _lies_in(path, place)
        }

    def odd(self, place: str) -> list[Finding]:
        """A finding for each link and each submodule where files of the registry belong."""
        return [
            found(
                "file",
                f"{shown(path[len(place) :])} is {_ODD[mode]}",
                "put the file itself there; nothing outside the registry is read",
                place=Place(shown(path[len(place) :])),
            )
            for path, (mode, _) in self.paths.items()
            if mode in _ODD and _lies_in(f"{path}/", place)
        ]


def tree_of(git: Git, commit: str, wanted: str) -> Tree:
    """The tree of a commit; ``wanted`` is the id for which an unreadable ``registry.yaml`` that holds it passes."""
    listing = git.output("ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape")
    paths: dict[str, tuple[str, str]] = {}
    for entry in listing.split("\0"):
        described, _, path = entry.partition("\t")
        if path:
            mode, _, blob = described.split(" ")
            paths[path] = (mode, blob)
    standing = {path: place for path in paths if (place := place_of(path)) is not None and paths[path][0] not in _ODD}
    ids = {blob: registry_id(data, wanted) for blob, data in contents(git, {paths[path][1] for path in standing})}
    registries = {place: of for path, place in standing.items() if (of := ids[paths[path][1]]) is not None}
    return Tree(commit, registries, paths)


def read_files(git: Git, files: Mapping[str, str], wanted: Collection[str]) -> dict[str, bytes]:
    """The bytes of some of a registry's files, by path. Raises GitError.

    One that is larger than a registry file may be comes as so many blanks, which the reader refuses.
    """
    blobs = {files[path]: None for path in wanted}
    known = dict(contents(git, blobs))
    if known.keys() != blobs.keys():
        raise GitError("'git cat-file' left out an object")
    too_large = b" " * (LARGEST_FILE + 1)
    return {path: too_large if (data := known[files[path]]) is None else data for path in wanted}


def _lies_in(path: str, place: str) -> bool:
    return path.startswith(place) and path.startswith(_PARTS, len(place))
