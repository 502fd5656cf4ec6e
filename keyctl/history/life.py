"""A key's life out of git: every commit that touched its file, wherever that lay and whatever its name.

GitPython, which serves porcelain elsewhere, is not used here: it starts the git of the caller's configuration for each
object or object list, and takes 74 s for what two plumbing processes do in 2 (10,000 commits); what hostile
configuration could do to the plumbing is overridden in ``git``.

What changes a key's reach without touching its file (a named network, an account, an owner's sink) is not part of its
life here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from keyctl.history.blobs import contents, registry_id
from keyctl.history.commits import commits
from keyctl.history.events import events_of
from keyctl.history.git import Git, GitError, discover
from keyctl.history.holdings import holdings
from keyctl.history.integrity import check_clone, unverified
from keyctl.history.ledger import place_of
from keyctl.history.merging import Arrival, arrivals
from keyctl.history.namesakes import names_of, search
from keyctl.history.protected import Protected, ProtectedBranchError, resolve
from keyctl.history.texts import Texts
from keyctl.history.trace import Trace, trace
from keyctl.history.walk import REGISTRY, REVOKED, Progress, shown
from keyctl.model.finding import Finding, Severity, exit_reasons, in_order
from keyctl.model.identifier import Identifier
from keyctl.model.life import Commit, Life, LifeEvent
from keyctl.model.names import KeyName
from keyctl.model.refusal import Refusal
from keyctl.registry.files import FileRefused, read_file
from keyctl.registry.reader import YamlError, read


@dataclass(frozen=True, slots=True)
class Repository:
    """A registry's whole history, walked once. ``places`` are the folders in which the registry ever stood."""

    git: Git
    head: str
    protected: Protected | None
    trace: Trace
    places: frozenset[str]
    texts: Texts
    findings: tuple[Finding, ...]


def key_life(
    root: Path,
    name: KeyName,
    *,
    protected: str | None,
    environ: Mapping[str, str],
    progress: Progress | None = None,
) -> Life | None:
    """The life of the key that has, or ever had, this name; None where no commit knows one.

    Raises Refusal when there is no repository, no commit, or git can't read it.
    """
    return _told(root, protected, environ, progress, lambda repository: _of_key(repository, name))


def id_life(
    root: Path,
    identifier: Identifier,
    *,
    protected: str | None,
    environ: Mapping[str, str],
    progress: Progress | None = None,
) -> Life | None:
    """The life of whichever keys ever held an id, by text or fingerprint, letter case apart; None where no commit knows
    it. An id that no key file ever held is told from the list of revoked ones. Raises as ``key_life``."""
    return _told(root, protected, environ, progress, lambda repository: _of_id(repository, identifier))


def _told(
    root: Path,
    protected: str | None,
    environ: Mapping[str, str],
    progress: Progress | None,
    tell: Callable[[Repository], Life | None],
) -> Life | None:
    why: str
    try:
        return tell(_open(root, protected, environ, progress))
    except GitError as error:
        why = str(error)
    raise Refusal(f"the history can't be read: {why}", "run this in a full clone that git can read (git fsck)")


def _open(root: Path, asked: str | None, environ: Mapping[str, str], progress: Progress | None) -> Repository:
    git = discover(root, environ)
    if git.head is None:
        raise Refusal("there is no commit yet", "commit the registry: git add registry keys.d && git commit")
    findings = check_clone(git, git.config())
    protected: Protected | None = None
    try:
        protected = resolve(git, asked, environ)
    except ProtectedBranchError as error:
        findings.append(unverified(str(error), error.remedy))
    walked = trace(git, dict.fromkeys((git.head, *(protected.tips if protected else ()))), progress)
    places = _places(git, walked, _registry(root))
    return Repository(git, git.head, protected, walked, places, Texts(git), tuple(findings))


def _registry(root: Path) -> str:
    try:
        document = read(read_file(root, REGISTRY))
    except (FileRefused, YamlError) as error:
        raise Refusal(
            f"{REGISTRY} can't be read: {error}", "restore the file; the registry is known by its id"
        ) from None
    found = document.get("id") if isinstance(document, dict) else None
    if not isinstance(found, str) or not found:
        raise Refusal(f"{REGISTRY} holds no id", "restore the file; the registry is known by its id")
    return found


def _places(git: Git, walked: Trace, wanted: str) -> frozenset[str]:
    blobs: dict[str, set[str]] = {}
    for transitions in walked.transitions.values():
        for transition in transitions:
            place = place_of(transition.path)
            if place is not None and transition.new is not None and not transition.new.link:
                blobs.setdefault(transition.new.blob, set()).add(place)
    found: set[str] = set()
    for blob, data in contents(git, blobs):
        if registry_id(data, wanted) == wanted:
            found |= blobs[blob]
    return frozenset(found)


def _of_key(repository: Repository, name: KeyName) -> Life | None:
    names = names_of(repository.trace, repository.places, repository.texts, {name})
    return _life(repository, name, names, ()) if names else None


def _of_id(repository: Repository, identifier: Identifier) -> Life | None:
    found = search(repository.trace, repository.places, repository.texts, identifier)
    if not found.identifiers:
        return None
    names = names_of(repository.trace, repository.places, repository.texts, found.names)
    return _life(repository, identifier, names, found.identifiers)


def _life(
    repository: Repository, asked: KeyName | Identifier, names: frozenset[KeyName], extra: Collection[Identifier]
) -> Life:
    walked, texts, places = repository.trace, repository.texts, repository.places
    events, drafts = events_of(walked, places, texts, names, extra)
    came = arrivals(walked, repository.protected.tip if repository.protected else None, events, drafts)
    merges = {arrival.merge for arrival in came if arrival.merge is not None}
    told = commits(repository.git, {arrival.draft.commit for arrival in came} | merges)
    paths = {path for arrival in came for path in arrival.draft.paths} | {f"{place}{REVOKED}" for place in places}
    findings = in_order(list(repository.findings))
    return Life(
        asked=asked,
        names=tuple(sorted(names)),
        ids=holdings(repository.head, sorted(paths), texts, (one.draft for one in came), told, events.ids),
        events=tuple(_event(arrival, told) for arrival in came),
        commits=len(walked.commits),
        commit=repository.head,
        protected_ref=repository.protected.ref if repository.protected else None,
        findings=findings,
        exit_reasons=exit_reasons(findings, Severity.ERROR),
    )


def _event(arrival: Arrival, told: Mapping[str, Commit]) -> LifeEvent:
    draft = arrival.draft
    return LifeEvent(
        deeds=draft.deeds,
        commit=told[draft.commit],
        on_protected=arrival.on_protected,
        brought_by=told[arrival.merge] if arrival.merge is not None else None,
        key=draft.key,
        path=shown(draft.path),
        came_from=shown(draft.came_from) if draft.came_from is not None else None,
        changes=draft.changes,
        problem=draft.problem,
    )
