"""Who signed, by real ssh keys: only the base side's list counts, and only what git verifies."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keyctl.model.finding import ExitReason
from keyctl.model.review import Review
from keyctl.review.run import review
from tests.history.repository import ENVIRONMENT, Repository
from tests.review.conftest import NOW, Look
from tests.review.corpus import FILES

QUOTES, SIGNERS = "keys.d/hedger/quotes.yaml", "registry/allowed_signers"
WIDER = FILES[QUOTES].replace("trade.spot]", "trade.spot, trade.futures]")

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs OpenSSH's ssh-keygen")


def key(folder: Path, who: str) -> Path:
    """A fresh key pair; the path of its private half."""
    path = folder / who
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", str(path)], check=True)
    return path


def line(private: Path, options: str = 'namespaces="git" ') -> str:
    """The line of ``allowed_signers`` for a key."""
    kind, blob, who = private.with_suffix(".pub").read_text().split()
    return f"{who}@desk.example {options}{kind} {blob}\n"


def sign(repository: Repository, private: Path, files: dict[str, str | None], when: str | None = None) -> str:
    """A commit of some files, signed; ``when`` is what its committer claims."""
    repository.write(files)
    repository.git("add", "-A")
    dates = {"GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when} if when else {}
    subprocess.run(
        ["git", "-c", "gpg.format=ssh", "-c", f"user.signingkey={private}", "commit", "-q", "-S", "-m", "signed"],
        cwd=repository.path,
        env={**repository.environ, **dates},
        check=True,
    )
    return repository.head()


@pytest.fixture
def signed(desk: Repository, tmp_path: Path) -> tuple[Repository, Path, Path]:
    """The desk whose protected branch lists Ann, and the keys of Ann and of Mal."""
    ann, mal = key(tmp_path, "ann"), key(tmp_path, "mal")
    desk.checkout("main")
    desk.commit({SIGNERS: "# who may\n" + line(ann)})
    desk.branch("work")
    return desk, ann, mal


def problems(result: Review) -> list[str]:
    return [finding.message for finding in result.findings if finding.rule in ("unsigned", "signers-missing")]


def test_commits_by_a_listed_signer_pass(signed: tuple[Repository, Path, Path], look: Look) -> None:
    repository, ann, _ = signed
    sign(repository, ann, {QUOTES: WIDER})
    result = look(repository, require_signed=True)
    assert (problems(result), result.exit_reasons) == ([], ())


@pytest.mark.parametrize("how", ["unsigned", "a stranger's"])
def test_a_commit_that_nobody_listed_signed_fails(signed: tuple[Repository, Path, Path], look: Look, how: str) -> None:
    repository, ann, mal = signed
    sign(repository, ann, {QUOTES: WIDER})
    bad = (
        repository.commit({QUOTES: FILES[QUOTES]})
        if how == "unsigned"
        else sign(repository, mal, {QUOTES: FILES[QUOTES]})
    )
    result = look(repository, require_signed=True)
    assert len(problems(result)) == 1
    assert bad[:12] in problems(result)[0] and "Tester <tester@desk.example>" in problems(result)[0]
    assert result.exit_reasons == (ExitReason.FAILED,)
    assert problems(look(repository)) == [], "only when it is asked for"


def test_commits_elsewhere_in_the_repository_need_no_signature(
    signed: tuple[Repository, Path, Path], look: Look
) -> None:
    repository, ann, _ = signed
    repository.commit({"docs/words.md": "words\n"})
    sign(repository, ann, {QUOTES: WIDER})
    assert problems(look(repository, require_signed=True)) == []


def test_a_merge_request_can_not_list_its_own_signer(signed: tuple[Repository, Path, Path], look: Look) -> None:
    repository, _, mal = signed
    sign(repository, mal, {SIGNERS: line(mal), QUOTES: WIDER})
    result = look(repository, require_signed=True)
    assert len(problems(result)) == 1
    assert any("allowed_signers gains lines" in finding.message for finding in result.findings)


def test_a_changed_commit_keeps_no_good_signature(signed: tuple[Repository, Path, Path], look: Look) -> None:
    repository, ann, _ = signed
    sign(repository, ann, {QUOTES: WIDER})
    raw = subprocess.run(
        ["git", "cat-file", "commit", "HEAD"],
        cwd=repository.path,
        env=repository.environ,
        capture_output=True,
        check=True,
    ).stdout
    forged = (
        subprocess.run(
            ["git", "hash-object", "-w", "-t", "commit", "--stdin"],
            cwd=repository.path,
            env=repository.environ,
            input=raw.replace(b"\n\nsigned", b"\n\nforged"),
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .strip()
    )
    repository.git("reset", "-q", "--hard", forged)
    assert "bad signature" in problems(look(repository, require_signed=True))[0]


def test_an_expired_signer_counts_no_more_also_when_the_commit_claims_an_older_date(
    signed: tuple[Repository, Path, Path], look: Look
) -> None:
    repository, ann, _ = signed
    repository.checkout("main")
    repository.commit({SIGNERS: line(ann, 'namespaces="git",valid-before="20261101Z" ')})
    repository.branch("late")
    sign(repository, ann, {QUOTES: WIDER}, when="2026-10-01T12:00:00Z")
    assert len(problems(look(repository, require_signed=True))) == 1
    assert problems(look(repository, require_signed=True, now=datetime(2026, 10, 2, tzinfo=UTC))) == []


def test_a_signature_for_another_purpose_does_not_count(signed: tuple[Repository, Path, Path], look: Look) -> None:
    repository, ann, _ = signed
    repository.checkout("main")
    repository.commit({SIGNERS: line(ann, 'namespaces="file" ')})
    repository.branch("other")
    sign(repository, ann, {QUOTES: WIDER})
    assert len(problems(look(repository, require_signed=True))) == 1


def test_the_repository_s_configuration_has_no_part_in_it(
    signed: tuple[Repository, Path, Path], look: Look, tmp_path: Path
) -> None:
    repository, _, mal = signed
    sign(repository, mal, {QUOTES: WIDER})
    ran = tmp_path / "ran"
    obliging = tmp_path / "obliging"
    obliging.write_text(f"#!/bin/sh\ntouch {ran}\necho 'Good \"git\" signature for ann with ED25519 key SHA256:x'\n")
    obliging.chmod(0o755)
    mine = tmp_path / "mine"
    mine.write_text(line(mal))
    for name, value in (
        ("gpg.ssh.program", str(obliging)),
        ("gpg.program", str(obliging)),
        ("gpg.ssh.allowedSignersFile", str(mine)),
        ("gpg.ssh.defaultKeyCommand", str(obliging)),
        ("gpg.minTrustLevel", "undefined"),
        ("log.showSignature", "true"),
    ):
        repository.git("config", name, value)
    assert len(problems(look(repository, require_signed=True))) == 1
    assert not ran.exists()


def test_a_merge_that_drops_what_was_signed_needs_a_signature_too(
    signed: tuple[Repository, Path, Path], look: Look
) -> None:
    repository, ann, _ = signed
    sign(repository, ann, {QUOTES: WIDER})
    repository.branch("side", "main")
    sign(repository, ann, {"keys.d/ledger/books.yaml": FILES["keys.d/ledger/books.yaml"] + "# checked\n"})
    repository.checkout("work")
    merge = repository.merge("side", "-s", "ours")
    assert [merge[:12] in message for message in problems(look(repository, require_signed=True))] == [True]


def test_without_a_list_on_the_base_side_nobody_counts(desk: Repository, tmp_path: Path, look: Look) -> None:
    ann = key(tmp_path, "ann")
    sign(desk, ann, {QUOTES: WIDER, SIGNERS: line(ann)})
    result = look(desk, require_signed=True)
    assert "has no registry/allowed_signers" in problems(result)[0]
    assert result.exit_reasons[0] is ExitReason.FAILED


def test_without_ssh_keygen_it_says_so(signed: tuple[Repository, Path, Path], tmp_path: Path) -> None:
    repository, ann, _ = signed
    sign(repository, ann, {QUOTES: WIDER})
    only_git = tmp_path / "bin"
    only_git.mkdir()
    found = shutil.which("git")
    assert found is not None
    (only_git / "git").symlink_to(found)
    environ = {**ENVIRONMENT, "PATH": str(only_git)}
    result = review(repository.root, environ=environ, now=NOW, protected="main", require_signed=True).review
    assert "no ssh-keygen" in problems(result)[0]
    assert result.exit_reasons == (ExitReason.FAILED,)
