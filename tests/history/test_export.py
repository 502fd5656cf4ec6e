"""The export of both sets, and the same file given back as an anchor."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from keyctl.history.anchors import digest_of
from keyctl.history.export import ExportResult, export
from keyctl.model.identifier import Identifier
from tests.history.repository import OTHER_ID, Repository, key_file, new_repository, revoked_file, rules

FILE = "keys.d/mm/hedger.yaml"
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
SCHEMA = Path(__file__).parents[2] / "schemas" / "tombstones.schema.json"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = new_repository(tmp_path / "desk", files={FILE: key_file("DeadKey0001")})
    made.commit({FILE: key_file("LiveKey0002", revoked=["DeadKey0001"])})
    return made


def exported(repository: Repository, now: datetime = NOW) -> ExportResult:
    return export(repository.root, repository.registry(), protected=None, environ=repository.environ, now=now)


def document_of(repository: Repository) -> dict[str, Any]:
    document = exported(repository).document
    assert document is not None
    return document


def anchor(repository: Repository, tmp_path: Path, **changes: Any) -> Path:
    """An export with its digest made to fit the changes."""
    document = document_of(repository) | changes
    document["digest"] = digest_of(document)
    path = tmp_path / "anchor.json"
    path.write_text(json.dumps(document))
    return path


def test_it_matches_its_schema(repository: Repository) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document_of(repository))


def test_it_holds_both_sets_by_fingerprint(repository: Repository) -> None:
    dead, live = Identifier.of_text("DeadKey0001"), Identifier.of_text("LiveKey0002")
    document = document_of(repository)
    assert document["revoked"] == [
        {"fingerprint": dead.fingerprint, "folded": dead.folded, "on": "2026-06-01", "reason": "leaked"}
    ]
    assert document["declared"] == sorted(
        ({"fingerprint": one.fingerprint, "folded": one.folded} for one in (dead, live)),
        key=lambda entry: str(entry["fingerprint"]),
    )
    assert document["commit"] == repository.head()
    assert document["protected_ref"] == "refs/heads/main"
    assert "DeadKey" not in json.dumps(document)


def test_the_same_history_gives_the_same_bytes(repository: Repository, tmp_path: Path) -> None:
    clone = repository.clone(tmp_path / "clone")
    clone.git("checkout", "-q", "--detach")
    clone.git("remote", "remove", "origin")
    elsewhere = exported(clone, NOW.astimezone(timezone(timedelta(hours=5)))).document
    assert json.dumps(elsewhere) == json.dumps(document_of(repository))


def test_it_reads_and_writes_no_cache(repository: Repository) -> None:
    exported(repository)
    assert not (repository.path / ".git" / "keyctl").exists()


def test_a_checkout_that_differs_from_its_commit_is_not_exported(repository: Repository) -> None:
    repository.write({"registry/revoked.yaml": revoked_file("Uncommitted0009")})
    result = exported(repository)
    assert result.document is None
    assert "differ from commit" in result.findings[0].message


def test_a_history_that_breaks_a_law_is_not_exported(repository: Repository) -> None:
    repository.commit({FILE: key_file("LiveKey0002")})
    result = exported(repository)
    assert result.document is None
    assert [finding.rule for finding in result.findings] == ["tombstone-removed"]


def test_a_history_that_can_t_be_verified_is_not_exported(repository: Repository, tmp_path: Path) -> None:
    clone = repository.clone(tmp_path / "clone", "--depth", "1")
    assert exported(clone).document is None


def test_an_anchor_holds_while_both_sets_grow(repository: Repository, tmp_path: Path) -> None:
    held = anchor(repository, tmp_path)
    assert repository.examine(anchor=held).findings == ()
    repository.commit({FILE: key_file("NextKey0003", revoked=["DeadKey0001", "LiveKey0002"])})
    assert repository.examine(anchor=held).findings == ()


def test_a_rewritten_history_breaks_the_anchor(repository: Repository, tmp_path: Path) -> None:
    held = anchor(repository, tmp_path)
    shutil.rmtree(repository.path / ".git")
    repository.git("init", "-q", "-b", "main")
    repository.commit({FILE: key_file("NextKey0003")})
    assert repository.examine().findings == ()
    history = repository.examine(anchor=held)
    assert rules(history) == ["anchor-broken", "anchor-broken"]
    text = " ".join(finding.message for finding in history.findings)
    assert Identifier.of_text("DeadKey0001").fingerprint in text
    assert Identifier.of_text("LiveKey0002").fingerprint in text


def test_an_id_that_was_revoked_when_the_anchor_was_made_must_still_be(repository: Repository, tmp_path: Path) -> None:
    held = anchor(repository, tmp_path)
    shutil.rmtree(repository.path / ".git")
    repository.git("init", "-q", "-b", "main")
    repository.commit({FILE: key_file("LiveKey0002", retiring="DeadKey0001")})
    assert rules(repository.examine(anchor=held)) == ["anchor-broken"]


def test_an_anchor_holds_after_an_id_became_a_tombstone(repository: Repository, tmp_path: Path) -> None:
    held = anchor(repository, tmp_path)
    shutil.rmtree(repository.path / ".git")
    repository.git("init", "-q", "-b", "main")
    repository.commit({FILE: None, "registry/revoked.yaml": revoked_file("LiveKey0002", "DeadKey0001")})
    assert repository.examine(anchor=held).findings == ()


BROKEN = {
    "missing": None,
    "no JSON": b"{",
    "not UTF-8": b"\xff\xfe\x00",
    "a list": b"[]",
    "another document": b'{"schema_version": 1}',
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_is_no_export_is_refused(repository: Repository, tmp_path: Path, case: str) -> None:
    path = tmp_path / "anchor.json"
    content = BROKEN[case]
    if content is not None:
        path.write_bytes(content)
    history = repository.examine(anchor=path)
    assert rules(history) == ["anchor-invalid"]
    assert str(path) in history.findings[0].message


@pytest.mark.parametrize(
    "changes",
    [
        {"registry": OTHER_ID},
        {"schema_version": 2},
        {"declared": [{"fingerprint": "sha256:short"}]},
        {"declared": ["text"]},
        {"revoked": {}, "declared": None},
    ],
    ids=["another registry", "another version", "no fingerprint", "no object", "no lists"],
)
def test_an_export_that_can_t_be_meant_is_refused(
    repository: Repository, tmp_path: Path, changes: dict[str, Any]
) -> None:
    assert rules(repository.examine(anchor=anchor(repository, tmp_path, **changes))) == ["anchor-invalid"]


def test_an_export_that_was_changed_is_refused(repository: Repository, tmp_path: Path) -> None:
    path = anchor(repository, tmp_path)
    document = json.loads(path.read_text())
    document["revoked"] = []
    path.write_text(json.dumps(document))
    history = repository.examine(anchor=path)
    assert rules(history) == ["anchor-invalid"]
    assert "digest" in history.findings[0].message
