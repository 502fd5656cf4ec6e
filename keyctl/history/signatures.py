"""Who signed commits, by git's ssh signatures and a list of signers that the commits' author can't have written.

git verifies; which program it starts for that is fixed here, and so is the list: what the repository's configuration
says of ``gpg.*`` has no part in it. OpenPGP and X.509 signatures count as unverifiable, since nothing says whose they
are. https://git-scm.com/docs/git-config#Documentation/git-config.txt-gpgsshallowedSignersFile
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from keyctl.history.git import Git, with_overrides

# rev-list prints the same placeholders, and reads none of the settings of signatures.
_LOG = (
    "log",
    "--no-walk=unsorted",
    "--stdin",
    "--no-patch",
    "--no-notes",
    "--no-decorate",
    "--no-color",
    "--no-mailmap",
    "--no-show-signature",
    "--format=%H%x00%G?%x00%GS%x00",
)
_UNTIL = re.compile(rb'valid-before="?([0-9]{8}(?:[0-9]{4}(?:[0-9]{2})?)?)(Z?)"?', re.IGNORECASE)
_STATES = {
    "N": "is not signed",
    "B": "has a bad signature",
    "U": "is signed by nobody whom the base side's registry/allowed_signers lists as valid today",
    "X": "is signed with a key that had expired",
    "Y": "is signed with a key that had expired",
    "R": "is signed with a revoked key",
}


class NoVerifier(Exception):
    """There is no ssh-keygen here, so no signature can be verified."""


@dataclass(frozen=True, slots=True)
class Signature:
    """``problem`` is None for a good signature by a listed signer, then named by ``signer``; else a sentence
    fragment."""

    commit: str
    signer: str | None
    problem: str | None


def verified(git: Git, commits: Sequence[str], signers: bytes, now: datetime) -> tuple[Signature, ...]:
    """The signature of each commit. ``signers`` is the content of an ``allowed_signers`` file. Raises NoVerifier, and
    GitError.

    A signer's ``valid-before`` is held against ``now`` as well as against the commit's own date, which is only what the
    committer says that it is.
    """
    program = shutil.which("ssh-keygen", path=git.environ["PATH"])
    if program is None:
        raise NoVerifier
    if not commits:
        return ()
    with tempfile.TemporaryDirectory(prefix="keyctl-signers-") as folder:
        listed = Path(folder) / "allowed_signers"
        listed.write_bytes(b"\n".join(line for line in signers.splitlines() if not _over(line, now)) + b"\n")
        pinned = (
            ("gpg.format", "ssh"),
            ("gpg.program", "/bin/false"),
            ("gpg.openpgp.program", "/bin/false"),
            ("gpg.x509.program", "/bin/false"),
            ("gpg.ssh.program", program),
            ("gpg.ssh.allowedSignersFile", str(listed)),
            ("gpg.ssh.revocationFile", ""),
            ("gpg.minTrustLevel", "fully"),
        )
        asking = replace(git, environ=with_overrides(git.environ, pinned))
        asked = "".join(f"{commit}\n" for commit in commits).encode("ascii")
        said = asking.output(*_LOG, stdin=asked).decode("utf-8", "replace")
    found: dict[str, Signature] = {}
    for line in said.splitlines():
        commit, *rest = line.split("\0")
        if len(rest) == 3:
            state, signer, _ = rest
            good = state == "G" and bool(signer)
            problem = None if good else _STATES.get(state, "has a signature that can't be verified")
            found[commit] = Signature(commit, signer if good else None, problem)
    unsaid = "has a signature that git said nothing about"
    return tuple(found.get(commit, Signature(commit, None, unsaid)) for commit in commits)


def _over(line: bytes, now: datetime) -> bool:
    """Whether an entry's ``valid-before`` has passed: its moment is UTC with a ``Z``, else this machine's time."""
    match = _UNTIL.search(line)
    if match is None:
        return False
    text = match[1].decode("ascii").ljust(14, "0")
    try:
        moment = datetime.strptime(text, "%Y%m%d%H%M%S")
    except ValueError:
        return True
    return (moment.replace(tzinfo=UTC) if match[2] else moment.astimezone()) <= now
