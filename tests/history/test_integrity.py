"""A history that may have holes fails closed, and says what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from keyctl.history.examine import History
from tests.history.repository import (
    ENVIRONMENT,
    Repository,
    key_file,
    new_repository,
    revoked_file,
    rules,
    settings_file,
)

FILE = "keys.d/mm/hedger.yaml"
DEAD = "DeadKey0001"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = new_repository(tmp_path / "desk", files={FILE: key_file(DEAD)})
    made.commit({FILE: key_file("LiveKey0002", revoked=[DEAD])})
    return made


def refused(history: History, *words: str) -> None:
    """Asserts that the history is unverified for exactly one reason, in these words."""
    assert not history.verified
    reasons = [finding for finding in history.findings if finding.rule == "history-unverified"]
    assert len(reasons) == 1, reasons
    for word in words:
        assert word in reasons[0].message + " | " + reasons[0].remedy


def test_outside_git(repository: Repository, tmp_path: Path) -> None:
    shutil.copytree(repository.path / "registry", tmp_path / "plain" / "registry")
    plain = Repository(tmp_path / "plain")
    history = plain.examine()
    refused(history, "no git repository")
    assert (history.commit, history.protected_ref, history.commits) == (None, None, 0)


def test_a_broken_git_folder_is_not_passed_over_for_one_above(repository: Repository) -> None:
    inner = repository.path / "inner"
    shutil.copytree(repository.path / "registry", inner / "registry")
    (inner / ".git").mkdir()
    refused(Repository(inner).examine(), "not a git repository")


def test_before_the_first_commit(repository: Repository) -> None:
    shutil.rmtree(repository.path / ".git")
    repository.git("init", "-q", "-b", "main")
    refused(repository.examine(), "no commit yet", "git commit")


def test_without_git_installed(repository: Repository, tmp_path: Path) -> None:
    refused(repository.examine(environ={"PATH": str(tmp_path)}), "could not be started", "install")


def test_with_a_git_that_is_too_old(repository: Repository, tmp_path: Path) -> None:
    old = tmp_path / "old" / "git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho git version 2.17.1\n")
    old.chmod(0o755)
    refused(repository.examine(environ={"PATH": str(old.parent)}), "2.17.1", "too old")


def test_a_shallow_clone(repository: Repository, tmp_path: Path) -> None:
    clone = repository.clone(tmp_path / "clone", "--depth", "1")
    refused(clone.examine(), "shallow", "git fetch --unshallow")


def test_a_shallow_clone_still_shows_the_tombstones_that_it_holds(repository: Repository, tmp_path: Path) -> None:
    clone = repository.clone(tmp_path / "clone", "--depth", "1")
    assert len(clone.examine().tombstones) == 1


def test_a_partial_clone(repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = repository.clone(tmp_path / "clone", "--filter=blob:none")
    history = clone.examine()
    assert not history.verified
    assert any("partial clone" in finding.message for finding in history.findings)


def test_a_partial_clone_is_never_completed_over_the_network(repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = repository.clone(tmp_path / "clone", "--filter=blob:none")
    before = clone.git("count-objects", "-v")
    clone.examine()
    assert clone.git("count-objects", "-v") == before


def test_a_partial_clone_that_hides_it(repository: Repository, tmp_path: Path) -> None:
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = repository.clone(tmp_path / "clone", "--filter=blob:none")
    for key in ("remote.origin.promisor", "remote.origin.partialclonefilter"):
        clone.git("config", "--unset", key)
    clone.git("config", "extensions.partialClone", "origin")
    assert not clone.examine().verified
    clone.git("config", "--unset", "extensions.partialClone")
    for mark in (clone.path / ".git" / "objects" / "pack").glob("*.promisor"):
        mark.unlink()
    history = clone.examine()
    refused(history, "missing")
    assert rules(history) == ["history-unverified"]


def test_a_sparse_checkout_is_no_loss_of_ids(repository: Repository) -> None:
    repository.git("sparse-checkout", "set", "--no-cone", "/registry/")
    history = repository.examine()
    refused(history, "sparse", "git sparse-checkout disable")
    assert rules(history) == ["history-unverified"]


def test_a_sparse_checkout_of_everything(repository: Repository) -> None:
    repository.git("config", "core.sparseCheckout", "true")
    refused(repository.examine(), "core.sparseCheckout is on")


def test_a_registry_file_that_the_index_skips(repository: Repository) -> None:
    repository.git("update-index", "--skip-worktree", FILE)
    (repository.path / FILE).unlink()
    refused(repository.examine(), FILE, "--no-skip-worktree")


def test_a_registry_file_that_is_assumed_to_be_unchanged(repository: Repository) -> None:
    repository.git("update-index", "--assume-unchanged", FILE)
    refused(repository.examine(), FILE, "--no-assume-unchanged")


def test_grafts(repository: Repository) -> None:
    grafts = repository.path / ".git" / "info" / "grafts"
    grafts.parent.mkdir(exist_ok=True)
    grafts.write_text(repository.commit({FILE: key_file("LiveKey0002")}) + "\n")
    history = repository.examine()
    refused(history, "grafts", "remove the file")
    assert "tombstone-removed" in rules(history), "grafts must not be followed either"


def test_replaced_objects(repository: Repository) -> None:
    dropped = repository.commit({FILE: key_file("LiveKey0002")})
    repository.git("replace", "--graft", dropped)
    history = repository.examine()
    refused(history, "replaced", "git replace -d " + dropped)
    assert "tombstone-removed" in rules(history), "replacements must not be followed either"


def test_a_missing_protected_branch(repository: Repository) -> None:
    repository.git("branch", "-m", "work")
    refused(repository.examine(), "'main'", "git fetch origin +refs/heads/main:refs/remotes/origin/main")


def test_a_submodule_under_the_registry_s_paths(repository: Repository) -> None:
    inner = new_repository(repository.path.parent / "inner")
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "keys.d/sub")
    repository.commit()
    repository.git("rm", "-q", "-f", "keys.d/sub")
    repository.commit()
    refused(repository.examine(), "keys.d/sub is a submodule", "unreadable")


def test_a_submodule_elsewhere_is_nobody_s_concern(repository: Repository) -> None:
    inner = new_repository(repository.path.parent / "inner")
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "vendor")
    repository.commit()
    assert repository.examine().verified


def test_a_submodule_that_the_configuration_ignores(repository: Repository) -> None:
    empty = repository.git("commit-tree", "-m", "x", repository.git("mktree", stdin=""))
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{empty},keys.d/sub")
    (repository.path / ".gitmodules").write_text('[submodule "s"]\n\tpath = keys.d/sub\n\turl = .\n\tignore = all\n')
    repository.git("config", "submodule.s.ignore", "all")
    repository.git("config", "submodule.s.path", "keys.d/sub")
    repository.git("add", ".gitmodules")
    repository.git("commit", "-q", "-m", "hidden")
    refused(repository.examine(), "keys.d/sub is a submodule")


def test_a_pointer_of_git_lfs(repository: Repository) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 120\n"
    repository.commit({"keys.d/large.yaml": pointer})
    repository.commit({"keys.d/large.yaml": None})
    refused(repository.examine(), "keys.d/large.yaml", "pointer of Git LFS")


@pytest.mark.parametrize("attribute", ["filter=lfs", "ident", "working-tree-encoding=UTF-7"])
def test_attributes_that_make_the_checkout_another_text(repository: Repository, attribute: str) -> None:
    repository.commit({".gitattributes": f"keys.d/** {attribute}\n"})
    refused(repository.examine(), FILE, attribute.split("=")[0], ".gitattributes")


def test_attributes_that_change_no_text(repository: Repository) -> None:
    repository.commit({".gitattributes": "* text=auto eol=lf diff=x merge=union\nkeys.d/** -filter\n"})
    assert repository.examine().findings == ()


def test_a_missing_object(repository: Repository) -> None:
    blob = repository.git("rev-parse", f"HEAD~1:{FILE}")
    (repository.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    refused(repository.examine(), blob, "missing")


def test_a_missing_commit(repository: Repository) -> None:
    commit = repository.git("rev-parse", "HEAD~1")
    (repository.path / ".git" / "objects" / commit[:2] / commit[2:]).unlink()
    refused(repository.examine(), "rev-list")


def test_alternates_that_lead_nowhere(repository: Repository, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--shared", str(repository.path), str(clone))
    (clone / ".git" / "objects" / "info" / "alternates").write_text(str(tmp_path / "nowhere") + "\n")
    assert not Repository(clone).examine().verified


def test_a_damaged_object(repository: Repository) -> None:
    blob = repository.git("rev-parse", f"HEAD~1:{FILE}")
    file = repository.path / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:20])
    assert not repository.examine().verified


def unreadable_listing(blob: str, ids: str) -> str:
    return settings_file(history=f"{{unreadable: [{{blob: {blob}, ids: [{ids}], reason: typo, approved_by: lead}}]}}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id: [", "did not find"),
        ("id: a\nid: b\n", "second time"),
        ("id: {text: x}\n", "'id' is no text"),
        ("id: 'two words'\n", "white space"),
        ("revoked: [just-text]\n", "holds no id"),
        ("- a list\n", "no mapping"),
        ('id: "caf\\u00e9"\n', "printable ASCII"),
        ("id: x\n# " + "x" * (1 << 20), "larger than"),
    ],
    ids=["syntax", "duplicate", "not text", "white space", "no id", "list", "not ASCII", "too large"],
)
def test_a_version_that_can_t_be_read_is_an_error(repository: Repository, text: str, why: str) -> None:
    commit = repository.commit({"keys.d/odd.yaml": text})
    repository.commit({"keys.d/odd.yaml": None})
    history = repository.examine()
    assert not history.verified
    (finding,) = history.findings
    assert finding.rule == "unreadable-blob"
    blob = repository.git("rev-parse", f"{commit}:keys.d/odd.yaml")
    for word in (why, blob, "keys.d/odd.yaml", commit[:12]):
        assert word in finding.message
    assert f"blob: {blob}" in finding.remedy


def test_an_empty_version_holds_no_id_and_is_no_error(repository: Repository) -> None:
    repository.commit({"keys.d/draft.yaml": "# to be filled in\n"})
    repository.commit({"keys.d/draft.yaml": key_file("")})
    repository.commit({"keys.d/draft.yaml": None})
    assert repository.examine().findings == ()


def test_a_link_is_no_registry_file(repository: Repository) -> None:
    (repository.path / "keys.d" / "link.yaml").symlink_to("mm/hedger.yaml")
    repository.commit()
    repository.commit({"keys.d/link.yaml": None})
    (finding,) = repository.examine().findings
    assert finding.rule == "unreadable-blob"
    assert "symbolic link" in finding.message


def test_the_base_side_says_what_an_unreadable_version_held(repository: Repository) -> None:
    commit = repository.commit({"keys.d/odd.yaml": "id: Odd0001\nid: Odd0002\n"})
    blob = repository.git("rev-parse", f"{commit}:keys.d/odd.yaml")
    repository.commit({"keys.d/odd.yaml": None, "registry/registry.yaml": unreadable_listing(blob, "Odd0001, Odd0002")})
    assert rules(repository.examine()) == ["identifier-lost", "identifier-lost"]
    repository.commit({"registry/revoked.yaml": revoked_file("Odd0001", "Odd0002")})
    history = repository.examine()
    assert history.findings == ()
    assert history.verified


def test_the_checkout_can_t_say_it_by_itself(repository: Repository) -> None:
    repository.branch("feature")
    commit = repository.commit({"keys.d/odd.yaml": "id: Odd0001\nid: Odd0002\n"})
    blob = repository.git("rev-parse", f"{commit}:keys.d/odd.yaml")
    repository.commit({"keys.d/odd.yaml": None, "registry/registry.yaml": unreadable_listing(blob, "")})
    assert rules(repository.examine(protected="main")) == ["unreadable-blob"]


def test_letter_case_of_folders_counts(repository: Repository) -> None:
    repository.commit({"Keys.d/x.yaml": "id: [not read\n"})
    assert repository.examine().findings == ()


def test_dirty_means_that_the_files_differ_from_head(repository: Repository) -> None:
    assert not repository.examine().dirty
    (repository.path / "notes.txt").write_text("not of the registry")
    assert not repository.examine().dirty
    text = (repository.path / FILE).read_text()
    (repository.path / FILE).write_text(text + "# changed\n")
    assert repository.examine().dirty
    repository.git("add", FILE)
    assert repository.examine().dirty
    repository.git("commit", "-q", "-m", "x")
    assert not repository.examine().dirty
    (repository.path / ".gitignore").write_text("ignored.yaml\n")
    repository.write({"keys.d/ignored.yaml": key_file("Ignored0001")})
    assert repository.examine().dirty


def test_a_work_tree_of_its_own_is_as_good(repository: Repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "-q", str(tmp_path / "beside"), "-b", "beside")
    beside = Repository(tmp_path / "beside")
    beside.commit({FILE: key_file("LiveKey0002")})
    assert rules(beside.examine(protected="main")) == ["tombstone-removed"]


def test_repositories_with_sha256_objects(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "desk", environ=dict(ENVIRONMENT))
    repository.path.mkdir()
    repository.git("init", "-q", "-b", "main", "--object-format=sha256")
    source = new_repository(tmp_path / "source", files={FILE: key_file(DEAD)})
    shutil.copytree(source.path / "registry", repository.path / "registry")
    shutil.copytree(source.path / "keys.d", repository.path / "keys.d")
    repository.commit()
    repository.commit({FILE: key_file("LiveKey0002")})
    history = repository.examine()
    assert rules(history) == ["identifier-lost"]
    assert history.commit is not None
    assert len(history.commit) == 64
