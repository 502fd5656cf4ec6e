"""What can be said of a place in the file system before a secret is written to it or read from it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def work_tree_of(path: Path, known: Path | None = None) -> Path | None:
    """The top of the innermost git work tree that a resolved path lies in, or is; None outside any. ``known`` is one
    that may have its repository elsewhere, so that nothing in it tells."""
    for folder in (path, *path.parents):
        if folder == known or os.path.lexists(folder / ".git"):
            return folder
    return None


def changeable(path: Path) -> str | None:
    """Who else may change or replace what a resolved path names, in words; None where only its owner, who must be the
    user that runs this, and root may.

    A file that only its owner may write is still anybody's who may write a folder above it, so all of those count. One
    with the sticky bit, such as a folder for temporary files, lets everybody move their own files only.
    """
    trusted = {0, os.geteuid()}
    for part in (path, *path.parents):
        found = part.stat()
        if found.st_uid not in trusted:
            return f"{part} belongs to another user"
        if found.st_mode & _OTHERS_WRITE and not (part != path and found.st_mode & stat.S_ISVTX):
            return f"{part} may be written by others than its owner"
    return None
