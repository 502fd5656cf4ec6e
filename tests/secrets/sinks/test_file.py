from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from keyctl.model.identifier import Identifier
from keyctl.secrets.sinks.sink import Sink, SinkError
from tests.secrets.parcels import as_document, canary, opened, parcel, refused


@pytest.fixture
def drawer(tmp_path: Path) -> Path:
    """A folder for secrets; what was delivered is taken out again, since a run leaves none behind."""
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(autouse=True)
def emptied(tmp_path: Path) -> Iterator[None]:
    yield
    for file in [*tmp_path.rglob("*.json"), *tmp_path.rglob("*.part")]:
        file.unlink()


def sink_in(folder: Path, **more: Any) -> Sink:
    return opened(f"file:{folder}", **more)


@pytest.mark.parametrize("passphrase", [False, True])
def test_a_parcel_is_a_file_for_its_owner_alone(drawer: Path, passphrase: bool) -> None:
    sink, sent = sink_in(drawer), parcel(passphrase=passphrase)
    sink.check(())
    assert sink.holds(sent.name) is False
    old = os.umask(0o277)
    try:
        sink.deliver(sent)
    finally:
        os.umask(old)
    (file,) = drawer.iterdir()
    assert file.name == sent.name + ".json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(json.loads(file.read_text()).items()) == list(as_document(sent).items())
    assert sink.holds(sent.name) is True


def test_what_is_there_is_never_overwritten(drawer: Path) -> None:
    sent = parcel()
    (drawer / f"{sent.name}.json").write_text("an earlier one")
    with pytest.raises(SinkError, match="something has that name already") as caught:
        sink_in(drawer).deliver(sent)
    refused(caught)
    assert [file.read_text() for file in drawer.iterdir()] == ["an earlier one"]


def test_a_link_with_the_parcel_s_name_is_not_followed(drawer: Path, tmp_path: Path) -> None:
    sent, elsewhere = parcel(), tmp_path / "elsewhere"
    (drawer / f"{sent.name}.json").symlink_to(elsewhere)
    assert sink_in(drawer).holds(sent.name) is False
    with pytest.raises(SinkError, match="something has that name already") as caught:
        sink_in(drawer).deliver(sent)
    refused(caught)
    assert not elsewhere.exists()


def test_a_parcel_without_the_id_s_text_is_of_no_use(drawer: Path) -> None:
    sent = replace(parcel(), identifier=Identifier.parse("sha256:" + "0" * 64))
    with pytest.raises(SinkError, match="by its fingerprint only") as caught:
        sink_in(drawer).deliver(sent)
    refused(caught)
    assert list(drawer.iterdir()) == []


@pytest.mark.parametrize("step", ["open", "fchmod", "fsync", "link"])
def test_what_fails_on_the_way_leaves_nothing(drawer: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent, sink, real = parcel(), sink_in(drawer), getattr(os, step)

    def full(*given: Any, **more: Any) -> Any:
        if step == "open" and not more:
            return real(*given, **more)
        raise OSError(errno.ENOSPC, "full", "a path")

    with monkeypatch.context() as patched:
        patched.setattr(os, step, full)
        with pytest.raises(SinkError, match="No space left") as caught:
            sink.deliver(sent)
    refused(caught)
    assert list(drawer.iterdir()) == []
    assert sink.holds(sent.name) is False


class Crash(BaseException):
    """The process ends here."""


def test_a_crash_before_the_end_leaves_no_file_that_looks_whole(drawer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent, sink = parcel(), sink_in(drawer)

    def crash(*_given: Any, **_more: Any) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", crash)
        patched.setattr(os, "unlink", crash)
        with pytest.raises(Crash):
            sink.deliver(sent)
    (left,) = drawer.iterdir()
    assert left.name.startswith(".") and left.name.endswith(".part")
    assert sink.holds(sent.name) is False
    sink.deliver(sent)
    assert sink.holds(sent.name) is True


def test_an_empty_file_is_no_whole_parcel(drawer: Path) -> None:
    (drawer / f"{parcel().name}.json").touch()
    assert sink_in(drawer).holds(parcel().name) is False


# where


def check_refuses(sink: Sink, words: str) -> None:
    attempts: tuple[Callable[[], object], ...] = (
        lambda: sink.check(()),
        lambda: sink.deliver(parcel()),
        lambda: sink.holds(parcel().name),
    )
    for attempt in attempts:
        with pytest.raises(SinkError, match=words) as caught:
            attempt()
        refused(caught)


def test_a_folder_is_never_made(tmp_path: Path) -> None:
    check_refuses(sink_in(tmp_path / "none"), "is no folder; make the folder")
    (tmp_path / "file").touch()
    check_refuses(sink_in(tmp_path / "file"), "is no folder")


def test_a_path_that_is_not_absolute_is_refused(drawer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(drawer.parent)
    check_refuses(opened("file:keys"), "is no absolute path")


def test_a_link_below_the_prefix_is_refused_and_one_in_it_is_the_deployment_s_business(tmp_path: Path) -> None:
    real = tmp_path / "real" / "hedger"
    real.mkdir(parents=True, mode=0o700)
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "other").symlink_to(real)
    sink_in(tmp_path / "linked" / "hedger", sinks=f"file:{tmp_path}/linked").check(())
    check_refuses(sink_in(tmp_path / "linked" / "hedger", sinks=f"file:{tmp_path}"), "leads elsewhere through a link")
    check_refuses(sink_in(tmp_path / "real" / "other", sinks=f"file:{tmp_path}/real"), "leads elsewhere")


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o1777])
def test_a_folder_that_others_may_write_to_is_refused(drawer: Path, mode: int) -> None:
    drawer.chmod(mode)
    check_refuses(sink_in(drawer), "may be written by others than its owner")


def test_so_is_one_below_such_a_folder(tmp_path: Path) -> None:
    inner = tmp_path / "open" / "inner"
    inner.mkdir(parents=True, mode=0o700)
    (tmp_path / "open").chmod(0o777)
    check_refuses(sink_in(inner), "open may be written by others")
    (tmp_path / "open").chmod(0o1777)
    sink_in(inner).check(())


def test_a_folder_of_somebody_else_is_refused(drawer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    if drawer.stat().st_uid == 0:  # root is trusted; then the folder is given to somebody
        os.chown(drawer, 4712, 4712)
    check_refuses(sink_in(drawer), "belongs to another user")


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_no_work_tree_of_git_gets_a_secret(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "clone" / "keys"
    folder.mkdir(parents=True, mode=0o700)
    git = tmp_path / "clone" / ".git"
    git.mkdir() if kind == "folder" else git.write_text("gitdir: elsewhere")
    check_refuses(sink_in(folder), "lies in a git work tree")


def test_nor_does_the_registry_s_own_whose_repository_lies_elsewhere(drawer: Path, tmp_path: Path) -> None:
    check_refuses(sink_in(drawer, work_tree=tmp_path), "lies in a git work tree")
    sink_in(drawer, work_tree=tmp_path / "beside").check(())


def test_a_folder_that_can_t_be_written_to_is_found_before_a_key_is_made(
    drawer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_given, **_more: False)
    with pytest.raises(SinkError, match="may not be written to") as caught:
        sink_in(drawer).check(())
    refused(caught)


def test_no_text_for_people_has_the_secret(drawer: Path) -> None:
    sent = parcel(passphrase=True)
    assert canary("hedger-quotes") == sent.secret.reveal()
    assert "canary-" not in f"{sent} {sent!r} {sink_in(drawer)!r}"
