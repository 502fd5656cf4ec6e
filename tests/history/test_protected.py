"""Which branch is the protected one, and where its tip is read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.history.repository import ENVIRONMENT, Repository, key_file, new_repository


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    """A clone whose origin has branches main (its HEAD), release and trunk; the local main lags behind."""
    origin = new_repository(tmp_path / "origin")
    for name in ("release", "trunk"):
        origin.git("branch", name)
    made = origin.clone(tmp_path / "clone")
    origin.commit({"keys.d/new.yaml": key_file("NewKey0001")})
    made.git("fetch", "-q")
    made.git("merge", "-q", "--ff-only", "origin/main")
    made.git("checkout", "-q", "--detach")
    made.git("branch", "-f", "main", "HEAD~1")
    return made


@pytest.mark.parametrize(
    ("asked", "environ", "expected"),
    [
        (None, {}, "refs/remotes/origin/main"),
        ("release", {"KEYCTL_PROTECTED_BRANCH": "trunk"}, "refs/remotes/origin/release"),
        (None, {"KEYCTL_PROTECTED_BRANCH": "trunk", "CI_DEFAULT_BRANCH": "release"}, "refs/remotes/origin/trunk"),
        (None, {"KEYCTL_PROTECTED_BRANCH": "", "CI_DEFAULT_BRANCH": "release"}, "refs/remotes/origin/release"),
        ("origin/release", {}, "refs/remotes/origin/release"),
        ("refs/remotes/origin/release", {}, "refs/remotes/origin/release"),
        ("refs/heads/main", {}, "refs/remotes/origin/main"),
    ],
)
def test_who_says_it_first(clone: Repository, asked: str | None, environ: Mapping[str, str], expected: str) -> None:
    history = clone.examine(protected=asked, environ={**ENVIRONMENT, **environ})
    assert history.protected_ref == expected
    assert history.protected_tip == clone.git("rev-parse", expected)
    assert history.verified


def test_the_remote_s_head_says_it_where_nobody_else_does(clone: Repository) -> None:
    clone.git("remote", "set-head", "origin", "trunk")
    assert clone.examine().protected_ref == "refs/remotes/origin/trunk"


def test_main_is_meant_without_a_remote_s_head(clone: Repository) -> None:
    clone.git("remote", "set-head", "origin", "--delete")
    assert clone.examine().protected_ref == "refs/remotes/origin/main"


def test_a_remote_of_another_name_will_do_if_it_is_the_only_one(clone: Repository) -> None:
    clone.git("remote", "rename", "origin", "upstream")
    assert clone.examine().protected_ref == "refs/remotes/upstream/main"


def test_a_local_branch_will_do_where_there_is_no_remote_one(clone: Repository) -> None:
    clone.git("branch", "mine")
    assert clone.examine(protected="mine").protected_ref == "refs/heads/mine"


def test_nothing_in_the_checkout_says_it(clone: Repository) -> None:
    clone.commit({".env": "KEYCTL_PROTECTED_BRANCH=release\n"})
    assert clone.examine().protected_ref == "refs/remotes/origin/main"


def test_a_tag_is_no_branch(clone: Repository) -> None:
    clone.git("tag", "v1")
    for name in ("v1", "refs/tags/v1"):
        history = clone.examine(protected=name)
        assert history.protected_ref is None
        assert not history.verified
