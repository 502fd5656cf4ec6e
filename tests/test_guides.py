"""The guides can be followed: their commands are run one after the other, as somebody would who reads them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.history.repository import ENVIRONMENT, Repository
from tests.packaging.checkout import ROOT

GUIDE = (ROOT / "docs" / "gitlab.md").read_text("utf-8")


def blocks() -> list[str]:
    return re.findall(r"(?ms)^```sh\n(.*?)^```$", GUIDE)


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    """A clone of a repository that exists and has nothing to do with keys yet."""
    origin = Repository(tmp_path / "origin.git")
    origin.path.mkdir()
    origin.git("init", "-q", "--bare", "-b", "main")
    origin.git("config", "receive.advertisePushOptions", "true")
    cloned = Repository(tmp_path / "clone")
    origin.git("clone", "-q", str(origin.path), str(cloned.path))
    cloned.git("checkout", "-q", "-b", "main")
    cloned.commit({"README.md": "# The desk's infrastructure\n"}, "begin")
    cloned.git("push", "-q", "origin", "main")
    cloned.git("remote", "set-head", "origin", "main")
    return cloned


def test_the_gitlab_guide_leads_from_a_repository_to_a_reviewed_key(clone: Repository) -> None:
    environment = {
        **ENVIRONMENT,
        "PATH": f"{Path(sys.executable).parent}:{ENVIRONMENT['PATH']}",
        "HOME": str(clone.path.parent),
        "LC_ALL": "C.UTF-8",
    }
    script = "\n".join(["set -x", *blocks()])
    done = subprocess.run(
        ["bash", "-eu", "-c", script], cwd=clone.path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert "keys.d/hedger/hedger-quotes.yaml\n" in said
    assert "clean (" in said and "ERROR" not in said
    assert re.search(r"hedger-quotes: \d{4}-\d\d-\d\d → \d{4}-\d\d-\d\d", said)
    key = (clone.path / "keys.d" / "hedger" / "hedger-quotes.yaml").read_text("utf-8")
    fields = re.findall(r"(?m)^([a-z]+):", key)
    assert fields == ["account", "owner", "purpose", "id", "scopes", "ips", "issued", "expires"]
    assert "/keys.d/hedger/ @market-making" in (clone.path / ".gitlab" / "CODEOWNERS").read_text("utf-8")
    pushed = clone.git("ls-remote", "--heads", "origin")
    assert pushed.count("refs/heads/") == 4


def test_every_command_of_keyctl_in_the_guide_is_run() -> None:
    run = "".join(blocks())
    named = set(re.findall(r"exchange-keyctl ([a-z]+)", GUIDE))
    assert named == set(re.findall(r"^exchange-keyctl ([a-z]+)", run, re.M)) == {
        "init", "new", "renew", "fmt", "validate", "review",
    }  # fmt: skip
