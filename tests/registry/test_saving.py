"""A new file and an edit of another come both or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyctl.model.refusal import Refusal
from keyctl.registry import saving
from keyctl.registry.saving import create_all, create_and_save, save


def everything(root: Path) -> dict[str, bytes | None]:
    return {str(p.relative_to(root)): p.read_bytes() if p.is_file() else None for p in root.rglob("*")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry/accounts.yaml").write_bytes(b"old\n")
    return tmp_path


def test_both_are_written(root: Path) -> None:
    create_and_save(root, "keys.d/a/b/k.yaml", b"key\n", "registry/accounts.yaml", b"old\n", b"new\n")
    assert (root / "keys.d/a/b/k.yaml").read_bytes() == b"key\n"
    assert (root / "registry/accounts.yaml").read_bytes() == b"new\n"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_was_made_is_gone_again_when_the_edit_fails(
    root: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    before = everything(root)

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(saving, "replace", fail)
    with pytest.raises((Refusal, KeyboardInterrupt)):
        create_and_save(root, "keys.d/a/b/k.yaml", b"key\n", "registry/accounts.yaml", b"old\n", b"new\n")
    assert everything(root) == before


def test_a_file_that_changed_meanwhile_is_left_alone(root: Path) -> None:
    before = everything(root)
    with pytest.raises(Refusal, match="was changed meanwhile"):
        create_and_save(root, "keys.d/k.yaml", b"key\n", "registry/accounts.yaml", b"older\n", b"new\n")
    assert everything(root) == before


def test_a_file_that_is_there_is_never_replaced(root: Path) -> None:
    (root / "k.yaml").write_bytes(b"mine\n")
    before = everything(root)
    with pytest.raises(Refusal, match="there already"):
        create_and_save(root, "k.yaml", b"key\n", "registry/accounts.yaml", b"old\n", b"new\n")
    assert everything(root) == before


def test_several_files_come_all_or_not_at_all(root: Path) -> None:
    (root / "keys.d").mkdir()
    (root / "keys.d/c.yaml").write_bytes(b"mine\n")
    before = everything(root)
    with pytest.raises(Refusal, match="there already"):
        create_all(root, {"keys.d/a/a.yaml": b"a\n", "keys.d/a/b.yaml": b"b\n", "keys.d/c.yaml": b"c\n"})
    assert everything(root) == before
    create_all(root, {"keys.d/a/a.yaml": b"a\n", "keys.d/a/b.yaml": b"b\n"})
    assert (root / "keys.d/a/a.yaml").read_bytes() == b"a\n" and (root / "keys.d/a/b.yaml").read_bytes() == b"b\n"


def test_a_file_that_is_half_written_lies_apart_where_it_can(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = root / "elsewhere"
    draft.mkdir()
    seen: list[list[str]] = []

    def look(*_: object) -> None:
        seen.append([path.parent.name for path in root.rglob(".accounts.yaml.*")])

    monkeypatch.setattr(Path, "chmod", look)
    save(root, "registry/accounts.yaml", b"new\n", draft)
    save(root, "registry/accounts.yaml", b"newer\n")
    assert seen == [["elsewhere"], ["registry"]]
    assert (root / "registry/accounts.yaml").read_bytes() == b"newer\n"
    assert everything(root).keys() == {"registry", "registry/accounts.yaml", "elsewhere"}
