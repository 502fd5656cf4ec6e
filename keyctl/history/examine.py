"""One look at a registry's whole history: what was ever declared and revoked, and whether the laws hold."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from keyctl.history.anchors import check_anchor
from keyctl.history.base import BaseSide, base_side
from keyctl.history.blobs import Documents
from keyctl.history.cache import Store, cache_directory
from keyctl.history.conservation import conservation, tombstones_of
from keyctl.history.gather import Gathered, gather
from keyctl.history.git import Git, GitError, GitMissing, NotARepository, discover
from keyctl.history.integrity import check_clone, check_converted, check_hidden, check_sparse, unverified
from keyctl.history.ledger import Ledger
from keyctl.history.protected import Protected, ProtectedBranchError, resolve
from keyctl.history.registries import check_registries
from keyctl.history.sets import Sets, sets_of
from keyctl.history.tips import check_tip, remember_tip
from keyctl.history.unreadable import check_unreadable
from keyctl.history.walk import Progress, unreached
from keyctl.history.worktree import Worktree, look
from keyctl.model.finding import Finding, in_order
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstone
from keyctl.registry.positions import locate, locate_with

__all__ = ["History", "Standing", "cache_directory", "examine", "examine_for_export"]


@dataclass(frozen=True, slots=True)
class History:
    """What a registry's history says.

    ``tombstones`` is every id that any commit ever revoked, sorted by fingerprint. ``verified`` is False when nothing
    may rest on the history; the findings say why, and the tombstones are then those that could be seen. ``commit`` is
    HEAD. ``dirty`` says that registry files differ from HEAD, also in files that git ignores. ``protected_ref`` is the
    full ref that was taken for the protected branch, ``protected_tip`` its commit: the base side. ``commits`` counts
    all commits of HEAD and the protected branch, cached ones too. ``ledger`` is all that they declared and revoked;
    None where history could not be walked.
    """

    findings: tuple[Finding, ...]
    tombstones: tuple[Tombstone, ...]
    verified: bool
    commit: str | None
    dirty: bool
    protected_ref: str | None
    protected_tip: str | None
    commits: int
    ledger: Ledger | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    """A registry as a commit holds it, to be judged in place of the work tree's.

    ``place`` is its folder in that tree, ``registries`` is every registry there by folder, ``content`` gives the bytes
    of its files by their path in ``place`` (KeyError for others). ``tip`` is where the protected branch stood then,
    None for where it stands now: what was merged later is nothing that this commit could have known.
    """

    commit: str
    place: str
    registries: Mapping[str, str]
    content: Callable[[str], bytes]
    tip: str | None = None


def examine(
    root: Path,
    registry: Registry,
    *,
    protected: str | None,
    environ: Mapping[str, str],
    anchor: Path | None = None,
    cache: bool = True,
    documents: Documents | None = None,
    progress: Progress | None = None,
    standing: Standing | None = None,
) -> History:
    """The history of the registry in the folder ``root``, held against laws 1 and 2.

    ``registry`` is what the checkout says; with ``standing``, what that commit says, which then stands for HEAD:
    neither the work tree nor the index is looked at. ``protected`` is the value of ``--protected``. ``anchor`` is an
    earlier export. Without ``cache`` nothing that an earlier run remembered is used or written. Never raises for what
    is wrong with a repository: whatever can't be verified is a finding.
    """
    return _examined(
        _Examination(root, registry, anchor, documents, progress, False, standing), protected, environ, cache
    ).result()


def examine_for_export(
    root: Path,
    registry: Registry,
    *,
    protected: str | None,
    environ: Mapping[str, str],
    progress: Progress | None = None,
) -> tuple[History, Sets | None]:
    """The same without cache, with the sets that an export is made of; None where history could not be walked."""
    examination = _examined(_Examination(root, registry, None, None, progress, True, None), protected, environ, False)
    return examination.result(), examination.sets


def _examined(
    examination: _Examination, protected: str | None, environ: Mapping[str, str], cache: bool
) -> _Examination:
    collecting = gc.isenabled()
    gc.disable()  # walking makes many small values and no garbage
    try:
        examination.run(protected, environ, cache)
    finally:
        if collecting:
            gc.enable()
    return examination


@dataclass(slots=True)
class _Examination:
    root: Path
    registry: Registry
    anchor: Path | None
    documents: Documents | None
    progress: Progress | None
    sets_wanted: bool
    standing: Standing | None
    findings: list[Finding] = field(default_factory=list)
    git: Git | None = None
    worktree: Worktree | None = None
    protected: Protected | None = None
    tombstones: tuple[Tombstone, ...] = ()
    sets: Sets | None = None
    ledger: Ledger | None = None

    def run(self, protected: str | None, environ: Mapping[str, str], cache: bool) -> None:
        try:
            git = discover(self.root, environ)
            if self.standing is not None:
                git = replace(git, head=self.standing.commit, prefix=self.standing.place)
            self.git = git
            if git.head is None:
                remedy = "commit the registry: git add registry keys.d && git commit"
                self.findings.append(unverified("there is no commit yet", remedy))
                return
            self._look(git, git.head, protected, environ, cache)
        except NotARepository as error:
            self.findings.append(unverified(str(error), "run this inside the git repository that holds the registry"))
        except GitMissing as error:
            self.findings.append(unverified(str(error), "install a newer git, so that 'git version' runs"))
        except GitError as error:
            self.findings.append(unverified(str(error), "repair the repository (git fsck) or make a fresh, full clone"))

    def _look(self, git: Git, head: str, asked: str | None, environ: Mapping[str, str], cache: bool) -> None:
        settings = git.config()
        self.findings += check_clone(git, settings)
        try:
            self.protected = resolve(git, asked, environ)
            if self.standing is not None and self.standing.tip is not None:
                self.protected = replace(self.protected, tip=self.standing.tip, tips=(self.standing.tip,))
        except ProtectedBranchError as error:
            self.findings.append(unverified(str(error), error.remedy))
        sparse = self._look_at_checkout(git, settings) if self.standing is None else []
        store = Store(
            _directory(git, self.root, environ) if cache and not self.findings else None,
            self.registry.id,
            git.object_format,
        )
        gathered = gather(
            git,
            self.registry.id,
            self.protected.tips if self.protected else (),
            head,
            store,
            self.documents,
            self.progress,
        )
        ledger = self.ledger = gathered.reachable
        self.tombstones = tombstones_of(ledger)
        base = base_side(git, self.protected.tip if self.protected else None, ledger.places, self.registry.id)
        self.findings += check_unreadable(ledger, base)
        if sparse:
            return  # the checkout lacks files: what it lost can't be told
        self._judge(git, head, gathered, base)
        if self.protected is not None and (self.standing is None or self.standing.tip is None):
            self.findings += check_tip(git, store, self.protected)
            if not any(finding.consequence is not None for finding in self.findings):
                remember_tip(store, self.protected)

    def _look_at_checkout(self, git: Git, settings: Mapping[str, list[str]]) -> list[Finding]:
        """Findings for what the checkout leaves out; it is in ``findings`` already."""
        worktree = self.worktree = look(git.without_filters(settings), self.registry.id)
        self.findings += check_hidden(worktree.hidden)
        self.findings += check_converted(worktree.converted)
        sparse = check_sparse(settings, worktree.skipped)
        self.findings += sparse
        return sparse

    def _judge(self, git: Git, head: str, gathered: Gathered, base: BaseSide) -> None:
        ledger = gathered.reachable
        broken = conservation(self.registry, ledger, self.tombstones, base.unreadable)
        if broken and self.protected is not None and unreached(git, (self.protected.tip,), (head,)):
            broken = [_behind(finding, self.protected.ref) for finding in broken]
        self.findings += broken
        present = self.standing.registries if self.standing else self.worktree.registries if self.worktree else {}
        self.findings += check_registries(git.prefix, self.registry.id, gathered, present, base.closed)
        if self.sets_wanted or self.anchor is not None:
            self.sets = sets_of(self.registry, ledger, self.tombstones, base.unreadable)
        if self.anchor is not None and self.sets is not None:
            self.findings += check_anchor(self.anchor, self.registry.id, self.sets)

    def result(self) -> History:
        unverified_by = {"history-unverified", "unreadable-blob"}
        located = (
            locate_with(self.standing.content, self.findings) if self.standing else locate(self.root, self.findings)
        )
        return History(
            findings=in_order(list(located)),
            tombstones=self.tombstones,
            verified=not any(finding.rule in unverified_by for finding in self.findings),
            commit=self.git.head if self.git else None,
            dirty=self.worktree.dirty if self.worktree else self.standing is None,
            protected_ref=self.protected.ref if self.protected else None,
            protected_tip=self.protected.tip if self.protected else None,
            commits=self.ledger.commits if self.ledger else 0,
            ledger=self.ledger,
        )


def _behind(finding: Finding, ref: str) -> Finding:
    return replace(
        finding, remedy=f"merge {ref} first, this branch lacks commits of it; if that is no cure, " + finding.remedy
    )


def _directory(git: Git, root: Path, environ: Mapping[str, str]) -> Path | None:
    """The cache's folder, unless files of it are in the repository: their author may not say what history holds."""
    folder = cache_directory(root, environ)
    if folder is None:
        return None
    inside = Path(os.path.realpath(folder))
    if inside.is_relative_to(git.top) and not inside.is_relative_to(git.common):
        tracked = f":(top,literal){inside.relative_to(git.top).as_posix()}"
        if git.output("ls-files", "-z", "--", tracked):
            return None
    return folder
