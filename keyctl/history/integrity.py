"""What makes a clone's history unfit to rest on: what is cut off, left out or put in another's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keyctl.history.git import Git
from keyctl.history.walk import shown
from keyctl.model.finding import Finding
from keyctl.model.rules import found

_YES = frozenset({"true", "yes", "on", "1", ""})


def unverified(message: str, remedy: str) -> Finding:
    """A finding that nothing may rest on this history."""
    return found("history-unverified", f"the history can't be verified: {message}", remedy)


def check_clone(git: Git, settings: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Shallow and partial clones, grafts and replacements."""
    findings: list[Finding] = []
    if _holds(git, "shallow"):
        findings.append(
            unverified(
                "this clone is shallow, older commits are missing",
                "run 'git fetch --unshallow' (in CI set GIT_DEPTH: 0, or fetch-depth: 0)",
            )
        )
    promised = [
        key
        for key, values in settings.items()
        if key == "extensions.partialclone"
        or (key.startswith("remote.") and key.endswith(".promisor") and values[-1].lower() in _YES)
        or (key.startswith("remote.") and key.endswith(".partialclonefilter"))
    ]
    if promised or any(git.common.glob("objects/pack/*.promisor")):
        findings.append(
            unverified(
                "this is a partial clone, objects may be missing",
                "make a full clone: 'git clone' without --filter",
            )
        )
    if _holds(git, "info/grafts"):
        findings.append(
            unverified(
                f"{git.common / 'info' / 'grafts'} changes what commits descend from",
                "find out who wrote it, then remove the file",
            )
        )
    replaced = git.output("for-each-ref", "--format=%(refname)", "refs/replace/").decode("utf-8", "replace").split()
    if replaced:
        findings.append(
            unverified(
                f"{len(replaced)} objects are replaced ({replaced[0]})",
                f"find out who did it, then run 'git replace -d {replaced[0].removeprefix('refs/replace/')}' "
                "for each that 'git replace -l' lists",
            )
        )
    return findings


def check_sparse(settings: Mapping[str, Sequence[str]], skipped: Sequence[str]) -> list[Finding]:
    """``skipped`` are registry files that the index leaves out of the work tree."""
    if skipped:
        message = f"the checkout is sparse: the work tree leaves out {shown(skipped[0])}"
        remedy = "run 'git sparse-checkout disable', or 'git update-index --no-skip-worktree' on each such file"
        return [unverified(message, remedy)]
    if settings.get("core.sparsecheckout", ["false"])[-1].lower() in _YES:
        return [unverified("the checkout is sparse: core.sparseCheckout is on", "run 'git sparse-checkout disable'")]
    return []


def check_hidden(hidden: Sequence[str]) -> list[Finding]:
    """``hidden`` are registry files whose changes the index does not look at."""
    return [
        unverified(
            f"git was told to assume that {shown(path)} is unchanged",
            f"run 'git update-index --no-assume-unchanged -- {shown(path)}'",
        )
        for path in hidden
    ]


def check_converted(converted: Sequence[str]) -> list[Finding]:
    """``converted`` are registry files whose checkout may be another text than the commit's."""
    if not converted:
        return []
    message = f"git attributes make the checkout another text than the commit: {', '.join(converted[:5])}"
    remedy = "take registry files out of Git LFS and other filters: remove the attribute from .gitattributes"
    return [unverified(message, remedy)]


def _holds(git: Git, name: str) -> bool:
    try:
        return (git.common / name).stat().st_size > 0
    except OSError:
        return False
