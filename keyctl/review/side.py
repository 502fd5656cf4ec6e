"""One side of a review: the registry as a commit holds it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from keyctl.history.git import Git
from keyctl.history.tree import Tree, read_files, tree_of
from keyctl.model.finding import Finding
from keyctl.model.registry import Registry
from keyctl.registry.files import KEYS
from keyctl.registry.load import Loaded, load_documents
from keyctl.registry.policy_file import WAIVERS
from keyctl.registry.remembered import Remembered

SHARED = ("registry/networks.yaml", "registry/accounts.yaml", "registry/apps.yaml", WAIVERS)
"""Files whose edits reach keys that have files of their own."""
SIGNERS = "registry/allowed_signers"


@dataclass(frozen=True, slots=True)
class Side:
    """``place`` is None where the commit holds no such registry; everything is empty then.

    ``files`` holds the object id of each file by its path in the registry's folder, ``content`` the bytes of those that
    were read. ``registry`` is what could be read; ``refused`` are files whose content is missing from it.
    """

    tree: Tree
    place: str | None
    files: Mapping[str, str]
    content: Mapping[str, bytes]
    registry: Registry
    refused: frozenset[str]
    findings: tuple[Finding, ...]
    loaded: Loaded | None

    @property
    def commit(self) -> str:
        """The commit's id."""
        return self.tree.commit


def head_side(git: Git, commit: str, wanted: str, remembered: Remembered) -> Side:
    """The whole registry at a commit, which laws are held against."""
    tree = tree_of(git, commit, wanted)
    return _side(git, tree, tree.place(wanted, (git.prefix,)), None, wanted, remembered)


def base_side(git: Git, commit: str, head: Side, wanted: str, remembered: Remembered) -> Side:
    """The registry at the base as far as it differs: keys whose files are the same, and which nothing else that changed
    could touch, are left out."""
    tree = head.tree if commit == head.commit else tree_of(git, commit, wanted)
    place = tree.place(wanted, () if head.place is None else (head.place, git.prefix))
    files = {} if place is None else tree.files(place)
    whole = any(files.get(path) != head.files.get(path) for path in SHARED)
    same = set() if whole else {path for path in files if path.startswith(KEYS) and files[path] == head.files.get(path)}
    return _side(git, tree, place, files.keys() - same, wanted, remembered)


def judging_side(git: Git, commit: str, known: Collection[Side], wanted: str, remembered: Remembered) -> Side:
    """The protected branch's tip: policy, waivers and what it says of the keys that the range changes or drops."""
    alike = next((side for side in known if side.commit == commit and side.place is not None), None)
    if alike is not None:
        return alike
    tree = tree_of(git, commit, wanted)
    place = tree.place(wanted, [side.place for side in known if side.place is not None])
    files = {} if place is None else tree.files(place)
    heads = [side.files for side in known]
    kept = {path for path in files if path.startswith(KEYS) and all(files[path] == of.get(path) for of in heads)}
    return _side(git, tree, place, files.keys() - kept, wanted, remembered)


def _side(
    git: Git, tree: Tree, place: str | None, paths: Collection[str] | None, wanted: str, remembered: Remembered
) -> Side:
    if place is None:
        return Side(tree, None, {}, {}, Registry(wanted, {}, {}, {}, {}, (), ""), frozenset(), (), None)
    files = tree.files(place)
    content = read_files(git, files, sorted(files if paths is None else paths))
    loaded = load_documents(content, remembered)
    findings = (*tree.odd(place), *loaded.findings)
    return Side(tree, place, files, content, loaded.readable, loaded.refused, findings, loaded)
