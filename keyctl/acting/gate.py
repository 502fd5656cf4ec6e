"""Whether this checkout may act: it is whole, it is what was merged, as the remote says now, and nothing in what was
merged since the last time is what a review refuses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from keyctl.history.git import Git, GitError, discover
from keyctl.history.remote import APPLIED, Remote, remote_of
from keyctl.model.finding import ExitReason
from keyctl.model.refusal import Refusal
from keyctl.reconcile.desired import Desired
from keyctl.review.run import review

_STOPS = (ExitReason.BLOCKED, ExitReason.FAILED)
_SHORTEST = 7
"""The fewest digits that name a commit which was looked at."""


@dataclass(frozen=True, slots=True)
class Passed:
    """``head`` is the commit that acts, ``applied`` the one up to which everything was applied, None for never."""

    git: Git
    remote: Remote
    head: str
    applied: str | None


def check_laws(desired: Desired) -> None:
    """Neither files nor history break a law. Raises Refusal."""
    broken = tuple(one for one in desired.findings if one.consequence in _STOPS)
    if broken or desired.registry is None:
        raise Refusal(
            "the registry breaks its own rules, so nothing was done",
            "mend what 'exchange-keyctl validate' finds; a key that has to die now: 'exchange-keyctl revoke'",
            broken,
        )


def check_merged(root: Path, desired: Desired, environ: Mapping[str, str]) -> Passed:
    """HEAD is the tip of the protected branch, as the remote has it at this moment, and the tree is clean. Raises
    Refusal."""
    history = desired.history
    if history is None or history.commit is None or history.protected_ref is None:
        raise Refusal(
            "nothing says what was merged", "run it in a whole clone of the repository that holds the registry"
        )
    if history.dirty:
        raise Refusal(
            "files of the registry differ from the commit that is checked out",
            "commit them and have them merged, or take the edits back (git restore registry keys.d)",
        )
    git = discover(root, environ)
    remote = remote_of(git, history.protected_ref, environ)
    if remote is None:
        raise Refusal(
            f"no remote of this clone has {history.protected_ref}, so nothing tells whether it is what was merged",
            "name the remote's branch: --protected refs/remotes/<remote>/<branch>",
        )
    try:
        refs = remote.refs()
    except GitError as error:
        raise Refusal(
            f"{remote.name} can't be asked what was merged: {error}", "see that 'git ls-remote' works, and run it again"
        ) from None
    tip = refs.get(f"refs/heads/{remote.branch}")
    if tip != history.commit:
        where = "has no such branch" if tip is None else f"has {tip[:12]}"
        raise Refusal(
            f"{history.commit[:12]} is checked out, and {remote.branch} of {remote.name} {where} by now",
            f"act from what was merged: git fetch {remote.name} && git checkout {remote.name}/{remote.branch}; a job"
            " of an older commit is not to be run again",
        )
    return Passed(git, remote, history.commit, refs.get(APPLIED))


def check_reviewed(
    root: Path,
    passed: Passed,
    environ: Mapping[str, str],
    now: datetime,
    progress: Callable[[str], None],
    protected: str | None,
    accepted: Collection[str] = (),
    *,
    require_signed: bool = False,
) -> None:
    """Review's refusals once more, over each step of the protected branch since the last commit that was applied, each
    judged by the step before it. ``accepted`` are steps, by their commit, that a person has looked at. Raises Refusal,
    also where the branch was rewritten since."""
    if passed.applied is None or passed.applied == passed.head:
        return
    if not passed.remote.has(passed.applied):
        raise Refusal(
            f"{passed.applied[:12]} was applied before, and {passed.head[:12]} does not follow from it: the protected"
            " branch was rewritten, or an older commit is checked out",
            f"find out who did it; if it is as it should be, move {APPLIED} by hand on {passed.remote.name}",
        )
    said = passed.git.output("rev-list", "--first-parent", "--reverse", f"{passed.applied}..{passed.head}")
    steps = said.decode("ascii").split()
    since = passed.applied
    for number, step in enumerate(steps, 1):
        progress(f"review: {number} of {len(steps)} steps since the last apply")
        result = review(
            root,
            environ=environ,
            now=now,
            base=since,
            head=step,
            protected=protected,
            judged_by=since,
            require_signed=require_signed,
        ).review
        refused = tuple(one for one in result.findings if one.consequence in _STOPS)
        if refused and not any(step.startswith(one) for one in accepted if len(one) >= _SHORTEST):
            raise Refusal(
                f"what was merged with {step[:12]} is what a review refuses, so nothing was done",
                f"'exchange-keyctl review {since[:12]} {step[:12]}' tells it all; put it right in a merge request, and"
                f" then say that you looked: --accept {step}",
                refused,
            )
        since = step
