"""Whether every commit that touches the registry is signed by somebody whom the base side lists."""

from __future__ import annotations

from datetime import datetime

from keyctl.history.commits import commits
from keyctl.history.git import Git
from keyctl.history.signatures import NoVerifier, verified
from keyctl.history.span import Span
from keyctl.model.finding import Finding
from keyctl.model.rules import found
from keyctl.review.side import SIGNERS, Side
from keyctl.review.words import author


def check_signatures(git: Git, walked: Span, judge: Side | None, now: datetime) -> list[Finding]:
    """A finding for each commit that is not signed as it must be. A merge counts when it differs from any parent: what
    it drops is a change too. Raises GitError."""
    touching = [one for one in walked.commits if one in walked.touched]
    if not touching:
        return []
    signers = judge.content.get(SIGNERS) if judge is not None else None
    if signers is None:
        where = f"commit {judge.commit[:12]}" if judge is not None else "the base side"
        return [
            found(
                "signers-missing",
                f"{where} of the protected branch has no {SIGNERS}, so nobody's signature counts",
                f"put the signers' public keys into {SIGNERS} on the protected branch (ssh-keygen's format: "
                '`<e-mail> namespaces="git" ssh-ed25519 AAAA…`), in a merge request of its own',
            )
        ]
    try:
        signed = verified(git, touching, signers, now)
    except NoVerifier:
        return [
            found(
                "signers-missing",
                "signatures can't be verified: there is no ssh-keygen on the PATH",
                "install OpenSSH's client programs (Debian: openssh-client)",
            )
        ]
    written = commits(git, touching)
    return [
        found(
            "unsigned",
            f"commit {one.commit[:12]} by {author(written[one.commit])} touches the registry and {one.problem}",
            "sign it with a listed ssh key: git -c gpg.format=ssh -c user.signingkey=<public key file> rebase --exec "
            "'git commit --amend --no-edit -S' <base>",
        )
        for one in signed
        if one.problem is not None
    ]
