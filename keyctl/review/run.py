"""A range of commits → what it means for keys: read, compare, judge. Offline; nothing is written but keyctl's caches.

Commits and authors are read by the hardened plumbing of ``keyctl.history`` too, not by GitPython: that starts git with
the caller's environment and obeys the repository's configuration, and a mail map, a log format or a signature program
that a merge request's author planted would then choose whose name a reviewer sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from keyctl.history.blobs import contents, registry_id
from keyctl.history.cache import document_cache
from keyctl.history.examine import History, Standing, examine
from keyctl.history.git import Git, GitError, discover
from keyctl.history.protected import Protected, ProtectedBranchError, resolve
from keyctl.history.revisions import commit_named, merge_base
from keyctl.history.span import identifiers, span
from keyctl.history.walk import REGISTRY, Progress
from keyctl.history.worktree import look
from keyctl.model.finding import Finding, Severity, exit_reasons, in_order
from keyctl.model.place import Place
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.review import Review
from keyctl.model.rules import found
from keyctl.policy.judge import judge as judge_registry
from keyctl.policy.judge import judge_laws
from keyctl.policy.world import World, known_venue
from keyctl.registry.policy_file import POLICY, WAIVERS
from keyctl.registry.remembered import Remembered
from keyctl.review.concealing import concealed
from keyctl.review.lines import Lines
from keyctl.review.provenance import check_signatures
from keyctl.review.shared import ENTRIES
from keyctl.review.side import Side, base_side, head_side, judging_side
from keyctl.review.story import Story, Told, told
from keyctl.review.voices import Voices

_NO_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The result, and what the registry is at the head as far as it could be read."""

    review: Review
    registry: Registry


@dataclass(frozen=True, slots=True)
class _Range:
    """``excluded`` are commits whose history is not part of the range. ``judged_by`` is the base side where it is not
    the protected branch's tip."""

    git: Git
    protected: Protected | None
    base: str
    head: str
    excluded: tuple[str, ...]
    judged_by: str | None = None


def review(
    root: Path,
    *,
    environ: Mapping[str, str],
    now: datetime,
    base: str | None = None,
    head: str | None = None,
    protected: str | None = None,
    anchor: Path | None = None,
    require_signed: bool = False,
    fail_on: Severity = Severity.ERROR,
    progress: Progress | None = None,
    judged_by: str | None = None,
) -> Reviewed:
    """Everything that the commits from ``base`` to ``head`` mean for the registry whose folder is ``root``.

    ``head`` is by default the commit that is checked out, ``base`` the one at which that left the protected branch.
    ``judged_by`` is the base side where it is not that branch's tip: a commit that was its tip before.
    Raises Refusal where the two can't be had; whatever else is wrong comes as findings.
    """
    try:
        between = _range(root, environ, base, head, protected)
        if judged_by is not None and between.protected is not None:
            then = replace(between.protected, tip=judged_by)
            between = replace(between, protected=then, judged_by=judged_by)
        return _review(root, between, environ, now, protected, anchor, require_signed, fail_on, progress, head is None)
    except GitError as error:
        raise Refusal(str(error), "run it in a whole clone of the repository that holds the registry") from None


def _range(root: Path, environ: Mapping[str, str], base: str | None, head: str | None, protected: str | None) -> _Range:
    git = discover(root, environ)
    if git.head is None:
        raise Refusal("there is no commit yet", "commit the registry: git add registry keys.d && git commit")
    branch: Protected | None = None
    try:
        branch = resolve(git, protected, environ)
    except ProtectedBranchError as error:
        if base is None:
            raise Refusal(str(error), error.remedy + "; or name BASE") from None
    to = commit_named(git, head) if head is not None else git.head
    if base is not None:
        start = commit_named(git, base)
        return _Range(git, branch, start, to, (start,))
    assert branch is not None
    start = merge_base(git, branch.tip, to, branch.ref)
    return _Range(git, branch, start, to, (start, branch.tip))


def _review(
    root: Path,
    between: _Range,
    environ: Mapping[str, str],
    now: datetime,
    protected: str | None,
    anchor: Path | None,
    require_signed: bool,
    fail_on: Severity,
    progress: Progress | None,
    checked_out: bool,
) -> Reviewed:
    git = between.git
    wanted = _registry(root, between)
    remembered = Remembered(document_cache(root, environ))
    head = head_side(git, between.head, wanted, remembered)
    base = base_side(git, between.base, head, wanted, remembered)
    judge = judging_side(git, between.protected.tip, (base, head), wanted, remembered) if between.protected else None
    if head.place is None and base.place is None:
        raise Refusal(
            f"neither {between.base[:12]} nor {between.head[:12]} holds registry {wanted}",
            "name commits that do, or another registry with --registry DIR",
        )
    findings = [*head.findings, *_unread(base, judge)]
    history = None
    if head.place is None:
        message = (
            f"registry {wanted} stands at {base.place or 'the top of the tree'} in {base.commit[:12]}, and is gone"
        )
        findings.append(found("registry-gone", message, "restore registry/ and keys.d/"))
    elif head.loaded is not None and head.loaded.registry is not None:
        history = _history(root, head, head.place, environ, protected, anchor, progress, between.judged_by)
        findings += [one for one in history.findings if not _said(one, head.findings)]
    else:
        message = "the history was not looked at, since the registry's files are wrong"
        findings.append(found("history-unverified", message, "mend the other findings first", severity=Severity.INFO))
    places = _places(history, base, head)
    walked = span(git, between.head, between.excluded, places)
    voices = Voices.of(git, walked, base.place, head.place)
    findings = [voices.attributed(one, base, head) for one in findings]
    story = told(
        Story(
            git,
            base,
            head,
            judge,
            walked,
            identifiers(git, walked, places),
            history.ledger if history else None,
            voices,
        ),
        now,
    )
    held = World(head.registry, now, known_venue, None, head.loaded.texts if head.loaded else {})
    story = concealed(story, (held, World(base.registry, now, known_venue, None, base.content)))
    findings += story.findings
    if require_signed:
        findings += check_signatures(git, walked, judge, now)
    remembered.save()
    findings = _judged(held, head, base, story, (judge or base).registry, findings)
    ordered = in_order(findings)
    review = Review(
        base=between.base,
        head=between.head,
        protected_ref=between.protected.ref if between.protected else None,
        judged_by=between.protected.tip if between.protected else None,
        commits=len(walked.commits),
        dirty=checked_out and look(git.without_filters(git.config()), wanted).dirty,
        partial=False,
        changes=story.changes,
        shared=story.shared,
        tombstones=story.tombstones,
        findings=ordered,
        exit_reasons=exit_reasons(ordered, fail_on),
    )
    return Reviewed(review, head.registry)


def _judged(
    world: World, head: Side, base: Side, story: Told, judging: Registry, findings: list[Finding]
) -> list[Finding]:
    """The findings, and those of the policy that the range is about: on keys, accounts, apps and networks that it
    touches, and in files that it changes. ``world`` is the head's; ``judging`` is the registry whose policy and waivers
    count: the head can't loosen what it is judged by."""
    if head.loaded is None:
        return findings
    if head.loaded.registry is not None:
        judged = judge_registry(world, judging.policy, judging.waivers, findings)
    else:
        judged = judge_laws(world, findings)
    touched = {change.key for change in story.changes}
    entries = {(ENTRIES[edit.kind], edit.name) for edit in story.shared if edit.kind in ENTRIES}
    changed = {path for path, blob in head.files.items() if blob != base.files.get(path)} - {*ENTRIES.values()}
    lines = Lines(head.content)
    own = [
        lines.located(one)
        for one in judged.own
        if one.key in touched
        or (one.place is not None and (one.place.path in changed or (one.place.path, _entry(one.place)) in entries))
    ]
    return [*judged.before, *(one for one in own if one.place is None or one.place.path not in (POLICY, WAIVERS))]


def _entry(place: Place) -> str:
    return str(place.pointer[0]) if place.pointer else ""


def _registry(root: Path, between: _Range) -> str:
    """The id of the registry that is meant: the one that stands in this folder, at the head if it does there."""
    git = between.git
    tips = (between.head, *([between.protected.tip] if between.protected else []), between.base)
    names = [f"{commit}:{git.prefix}{REGISTRY}" for commit in dict.fromkeys(tips)]
    for _, data in contents(git, [name for name in names if "\n" not in name]):
        of = registry_id(data, _NO_ID)
        if of is not None and of != _NO_ID:
            return of
    try:
        data = (root / REGISTRY).read_bytes()
    except OSError:
        data = None
    of = registry_id(data, _NO_ID)
    if of is None or of == _NO_ID:
        raise Refusal(
            f"no commit of the range holds a {REGISTRY} with an id at {root}",
            "name the folder of the registry with --registry DIR",
        )
    return of


def _history(
    root: Path,
    head: Side,
    place: str,
    environ: Mapping[str, str],
    protected: str | None,
    anchor: Path | None,
    progress: Progress | None,
    tip: str | None,
) -> History:
    assert head.loaded is not None and head.loaded.registry is not None
    return examine(
        root,
        head.loaded.registry,
        protected=protected,
        environ=environ,
        anchor=anchor,
        documents=head.loaded.documents,
        progress=progress,
        standing=Standing(head.commit, place, head.tree.registries, head.content.__getitem__, tip),
    )


def _unread(base: Side, judge: Side | None) -> list[Finding]:
    sides = [base, *([judge] if judge is not None and judge.commit != base.commit else [])]
    return [
        found(
            "base-unread",
            f"{path} can't be read in commit {side.commit[:12]}, so what it says and what changed in it can't be told",
            "mend it on the protected branch first; 'exchange-keyctl validate' there says what is wrong",
        )
        for side in sides
        for path in sorted(side.refused)
    ]


def _said(finding: Finding, before: Iterable[Finding]) -> bool:
    """Whether the files alone told the same already: history repeats it in its own words."""
    return any((finding.rule, finding.place) == (other.rule, other.place) for other in before if other.place)


def _places(history: History | None, base: Side, head: Side) -> frozenset[str]:
    known = history.ledger.places if history is not None and history.ledger is not None else frozenset[str]()
    return known | {side.place for side in (base, head) if side.place is not None}
