"""Removing nodes of a registry's files, several at once, and every other byte stays as it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from keyctl.model.place import Pointer
from keyctl.registry.edit import EditRefused, remove
from keyctl.registry.files import FileRefused, read_file
from keyctl.registry.reader import YamlError
from keyctl.registry.saving import save

Removal = tuple[str, Pointer]
"""A file, and the node in it that goes."""


def without(root: Path, removals: Iterable[Removal]) -> tuple[list[Removal], list[tuple[Removal, str]]]:
    """Takes nodes out of the files below ``root``. Returns those that are gone, and those that could not be taken out
    with the reason, both in a fixed order. Raises Refusal for a file that can't be written."""
    by_file: dict[str, set[Pointer]] = {}
    for path, pointer in removals:
        by_file.setdefault(path, set()).add(pointer)
    gone: list[Removal] = []
    kept: list[tuple[Removal, str]] = []
    for path, pointers in sorted(by_file.items()):
        try:
            before = data = read_file(root, path)
        except FileRefused as error:
            kept += [((path, pointer), str(error)) for pointer in sorted(pointers, key=_place)]
            continue
        for pointer in sorted(pointers, key=_place, reverse=True):  # later entries first: earlier ones keep their index
            try:
                data = remove(data, pointer)
                gone.append((path, pointer))
            except (EditRefused, YamlError) as error:
                kept.append(((path, pointer), str(error)))
        if data != before:
            save(root, path, data)
    return sorted(gone, key=lambda one: (one[0], _place(one[1]))), kept


def _place(pointer: Pointer) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in pointer)
