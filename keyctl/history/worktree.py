"""What lies in the work tree and the index beside what HEAD holds."""

from __future__ import annotations

import os
from dataclasses import dataclass

from keyctl.history.blobs import contents, registry_id
from keyctl.history.git import Git
from keyctl.history.ledger import place_of
from keyctl.history.walk import KEYS, REGISTRY, shown

_CLEAN = frozenset("HhSs")
_CONVERTING = ("filter", "working-tree-encoding", "ident")
_HARMLESS = frozenset({"unset", "unspecified"})


@dataclass(frozen=True, slots=True)
class Worktree:
    """``skipped`` and ``hidden`` are registry files that the index leaves out, or does not look at for changes;
    ``converted`` are those that git attributes let differ from what git holds. ``registries`` is the id of every
    registry in both index and work tree, by its folder."""

    dirty: bool
    skipped: tuple[str, ...]
    hidden: tuple[str, ...]
    converted: tuple[str, ...]
    registries: dict[str, str]


def look(git: Git, wanted: str) -> Worktree:
    """Compares the registry's paths with the index and HEAD. Ignored files count: the registry holds them too."""
    paths = tuple(f":(top,literal){git.prefix}{part}" for part in (KEYS, "registry"))
    listing = _texts(
        git.output("ls-files", "-z", "-v", "--cached", "--others", "--modified", "--deleted", "--", *paths)
    )
    odd = [(entry[0], entry[2:]) for entry in listing if entry and not entry.startswith("H ")]
    staged = git.output(
        "diff-index", "--cached", "--raw", "-z", "--no-renames", "--ignore-submodules=none", "HEAD", "--", *paths
    )
    return Worktree(
        dirty=bool(staged) or any(tag not in _CLEAN for tag, _ in odd),
        skipped=tuple(path for tag, path in odd if tag in "Ss"),
        hidden=tuple(path for tag, path in odd if tag == "h"),
        converted=_converted(git, paths),
        registries=_registries(git, wanted),
    )


def _converted(git: Git, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Files with attributes that make the checkout another text than the commit, ``<path> (<attribute>=<value>)``."""
    plain = ":(top,exclude,attr:" + " ".join(f"!{name}" for name in _CONVERTING) + ")"
    touched = [path for path in _texts(git.output("ls-files", "-z", "--", *paths, plain)) if path]
    if not touched:
        return ()
    listed = "".join(path + "\0" for path in touched).encode("utf-8", "surrogateescape")
    rows = _texts(git.output("check-attr", "-z", "--stdin", *_CONVERTING, stdin=listed))
    triples = zip(rows[0::3], rows[1::3], rows[2::3], strict=False)
    return tuple(f"{shown(path)} ({name}={value})" for path, name, value in triples if value not in _HARMLESS)


def _registries(git: Git, wanted: str) -> dict[str, str]:
    blobs: dict[str, str] = {}
    for entry in _texts(git.output("ls-files", "-z", "--stage", "--", f":(top,glob)**/{REGISTRY}")):
        described, _, path = entry.partition("\t")
        place = place_of(path)
        # What the work tree has lost or moved already is on its way out of the index.
        if place is not None and not described.startswith("160000") and os.path.lexists(git.top / path):
            blobs[place] = described.split(" ")[1]
    ids = {blob: registry_id(data, wanted) for blob, data in contents(git, set(blobs.values()))}
    found = ((place, ids.get(blob)) for place, blob in blobs.items())
    return {place: of for place, of in found if of is not None}


def _texts(output: bytes) -> list[str]:
    return output.decode("utf-8", "surrogateescape").split("\0")
