from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest

from keyctl.exchanges.redaction import Redactor
from keyctl.model.refusal import Refusal
from keyctl.secrets.failure import StoreError
from keyctl.secrets.sources import READ, WRITE, CredentialError, Credentials
from keyctl.secrets.sources.catalogue import ENTRY_POINTS
from tests.secrets.parcels import canary
from tests.secrets.sources.mapped import MAIN, OTHER, given, mapping

ID, SECRET = "KEYCTL_READ_BYBIT_MAIN_KEY", "KEYCTL_READ_BYBIT_MAIN_SECRET"
BOTH = (f"{ID} = drawer:id", f"{SECRET} = drawer:secret")


class Drawer:
    """A plug-in's source that counts how often it is asked."""

    asked: ClassVar[list[str]] = []
    opened: ClassVar[list[str]] = []

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.opened.append("")

    def fetch(self, rest: str) -> str:
        self.asked.append(rest)
        if rest == "jammed":
            raise StoreError("the drawer is jammed", "pull harder")
        return {"id": "w8HqB0tXn3KcVz", "empty": ""}.get(rest, canary(rest))


@pytest.fixture(autouse=True)
def drawer(monkeypatch: pytest.MonkeyPatch) -> type[Drawer]:
    point = EntryPoint("drawer", f"{__name__}:Drawer", ENTRY_POINTS)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point] if group == ENTRY_POINTS else [])
    Drawer.asked.clear()
    Drawer.opened.clear()
    return Drawer


def kept(folder: Path, *lines: str, environ: Mapping[str, str] | None = None, use: str = READ) -> Credentials:
    return given(folder, *lines, environ={"KEYCTL_PLUGINS": "drawer", **(environ or {})}, use=use)


# what is fetched, and when


def test_a_value_is_fetched_when_it_is_asked_for_and_once(tmp_path: Path) -> None:
    credentials = kept(tmp_path, *BOTH, "KEYCTL_READ_BYBIT_OTHER_SECRET = drawer:other").serving([MAIN, OTHER], [])
    assert Drawer.asked == [] and Drawer.opened == []
    for _ in range(2):
        found = credentials.serving([MAIN], []).for_account(MAIN)
        assert found is not None and (found.key, found.secret.reveal()) == ("w8HqB0tXn3KcVz", canary("secret"))
    assert (Drawer.asked, len(Drawer.opened)) == (["id", "secret"], 1)


def test_half_a_credential_is_found_without_fetching_the_other_half(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match=f"{ID} is not set"):
        kept(tmp_path, f"{SECRET} = drawer:secret").for_account(MAIN)
    assert Drawer.asked == []


def test_a_source_that_fails_is_an_error_of_that_name_alone_and_is_not_asked_again(tmp_path: Path) -> None:
    credentials = kept(
        tmp_path,
        f"{ID} = drawer:id",
        f"{SECRET} = drawer:jammed",
        "KEYCTL_READ_BYBIT_OTHER_KEY = drawer:id",
        "KEYCTL_READ_BYBIT_OTHER_SECRET = drawer:other",
    )
    for _ in range(2):
        with pytest.raises(CredentialError) as caught:
            credentials.for_account(MAIN)
        where = f"{tmp_path}/credentials:2"
        assert str(caught.value) == f"{SECRET} can't be fetched ({where}): the drawer is jammed; pull harder"
        assert caught.value.__context__ is None
    assert credentials.for_account(OTHER) is not None
    assert Drawer.asked.count("jammed") == 1


def test_a_plug_in_s_own_fault_is_told_by_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_given: object) -> str:
        raise ZeroDivisionError(canary("told by a plug-in"))

    for step in ("fetch", "__init__"):
        with monkeypatch.context() as patched:
            patched.setattr(Drawer, step, fails)
            with pytest.raises(CredentialError, match="the source itself failed: ZeroDivisionError") as caught:
                kept(tmp_path, *BOTH).for_account(MAIN)
        assert "canary-" not in str(caught.value) and caught.value.__context__ is None


def test_what_is_empty_is_no_secret(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="what is kept there is empty"):
        kept(tmp_path, f"{ID} = drawer:id", f"{SECRET} = drawer:empty").for_account(MAIN)


def test_threads_that_ask_at_once_fetch_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = kept(tmp_path, *BOTH)
    start, second, fetch = threading.Barrier(8), threading.Barrier(2), Drawer.fetch

    def waiting(drawer: Drawer, rest: str) -> str:
        with suppress(threading.BrokenBarrierError):
            second.wait(0.2)
        return fetch(drawer, rest)

    monkeypatch.setattr(Drawer, "fetch", waiting)

    def ask() -> object:
        start.wait()
        return credentials.for_account(MAIN)

    with ThreadPoolExecutor(8) as pool:
        found = [asked.result() for asked in [pool.submit(ask) for _ in range(8)]]
    assert None not in found
    assert Drawer.asked == ["id", "secret"]


def test_parts_may_come_from_the_environment_and_from_elsewhere(tmp_path: Path) -> None:
    credentials = kept(tmp_path, BOTH[1], environ={ID: "id-of-environment"})
    found = credentials.for_account(MAIN)
    assert found is not None and (found.key, found.secret.reveal()) == ("id-of-environment", canary("secret"))
    assert credentials.names == {ID, SECRET}


def test_a_name_that_is_set_in_both_places_is_an_error_and_other_accounts_go_on(tmp_path: Path) -> None:
    lines = (*BOTH, "KEYCTL_READ_BYBIT_OTHER_KEY = drawer:id", "KEYCTL_READ_BYBIT_OTHER_SECRET = drawer:other")
    credentials = kept(tmp_path, *lines, environ={SECRET: canary("environment")})
    with pytest.raises(CredentialError, match=r"is set in the environment and in .*/credentials:2; take one") as caught:
        credentials.for_account(MAIN)
    assert "canary-" not in str(caught.value)
    assert credentials.for_account(OTHER) is not None


def test_reading_never_gets_what_is_for_writing_and_the_other_way_round(tmp_path: Path) -> None:
    lines = (*BOTH, "KEYCTL_WRITE_BYBIT_MAIN_KEY = drawer:id", "KEYCTL_WRITE_BYBIT_MAIN_SECRET = drawer:powerful")
    environ = {"KEYCTL_WRITE_BYBIT_OTHER_KEY": "id", "KEYCTL_WRITE_BYBIT_OTHER_SECRET": "s"}
    reading, writing = (kept(tmp_path, *lines, environ=environ, use=use) for use in (READ, WRITE))
    read, write = reading.for_account(MAIN), writing.serving([MAIN], []).for_account(MAIN)
    assert read is not None and write is not None
    assert (read.secret.reveal(), write.secret.reveal()) == (canary("secret"), canary("powerful"))
    assert write.variables == "KEYCTL_WRITE_BYBIT_MAIN"
    assert reading.for_account(OTHER) is None and writing.for_account(OTHER) is not None
    assert all(name.startswith("KEYCTL_READ_") for name in reading.names)
    assert all(name.startswith("KEYCTL_WRITE_") for name in writing.names)


def test_what_is_shared_is_refused_for_writing_too(tmp_path: Path) -> None:
    twin = type(MAIN)(type(MAIN.name)("ma-in"), MAIN.exchange, MAIN.environment, MAIN.place)
    other = type(MAIN)(type(MAIN.name)("ma.in"), MAIN.exchange, MAIN.environment, MAIN.place)
    lines = ("KEYCTL_WRITE_BYBIT_MA_IN_KEY = drawer:id", "KEYCTL_WRITE_BYBIT_MA_IN_SECRET = drawer:secret")
    credentials = kept(tmp_path, *lines, use=WRITE).serving([twin, other], [])
    with pytest.raises(CredentialError, match=r"account ma-in and account ma\.in"):
        credentials.for_account(twin)
    assert Drawer.asked == []


# redaction


def test_redaction_learns_every_value_before_anybody_gets_it(tmp_path: Path) -> None:
    credentials = kept(tmp_path, *BOTH, environ={"KEYCTL_READ_BYBIT_OTHER_SECRET": canary("environment")})
    serving, redactor = credentials.serving([MAIN], []), Redactor(())
    serving.tell(redactor.learn)
    said = f"{canary('environment')} {canary('secret')} w8HqB0tXn3KcVz"
    assert redactor.scrub(said) == f"[redacted] {canary('secret')} w8HqB0tXn3KcVz"
    credentials.for_account(MAIN)
    late = Redactor(())
    credentials.tell(late.learn)
    for one in (redactor, late, Redactor(secret.reveal() for secret in serving.secrets())):
        assert one.scrub(said) == "[redacted] [redacted] w8HqB0tXn3KcVz"


def test_no_text_for_people_has_a_fetched_value(tmp_path: Path) -> None:
    credentials = kept(tmp_path, *BOTH)
    found = credentials.for_account(MAIN)
    assert "canary-" not in f"{found!r} {vars(credentials)} {vars(credentials._fetching)} {credentials.secrets()}"


# the file


def refused(folder: Path, *lines: str, plugins: str = "") -> str:
    with pytest.raises(Refusal) as caught:
        given(folder, *lines, environ={"KEYCTL_PLUGINS": plugins})
    (folder / "credentials").unlink()
    assert caught.value.__cause__ is None and "canary-" not in f"{caught.value!r} {caught.value.remedy}"
    return caught.value.message


def test_empty_lines_and_remarks_mean_nothing(tmp_path: Path) -> None:
    credentials = kept(tmp_path, "# ours", "", f"  {ID}=drawer:id  ", "\t#", f"{SECRET} = drawer:secret\r")
    assert credentials.for_account(MAIN) is not None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (canary("pasted"), "must begin with the name"),
        (f"KEYCTL_READ_BYBIT_MAIN = env:{canary('pasted')}", "must begin with the name"),
        (f"keyctl_read_bybit_main_key = env:{canary('pasted')}", "must begin with the name"),
        (f"BYBIT_SECRET = env:{canary('pasted')}", "must begin with the name"),
        (f"{SECRET} = {canary('pasted')}", "one of age, aws, env, file, keyring, vault, a colon"),
        (f"{SECRET} = drawer:{canary('pasted')}", "one of age, aws, env, file, keyring, vault, a colon"),
        (f"{SECRET} = {canary('pasted')}:rest", "one of age, aws, env"),
        (f"{SECRET} = env:", "behind the colon there must be text"),
        (f"{SECRET} = env:A\x00B", "without control characters"),
    ],
)
def test_a_line_that_is_wrong_is_named_and_not_repeated(tmp_path: Path, line: str, words: str) -> None:
    said = refused(tmp_path, "# one", line)
    assert said.startswith(f"{tmp_path}/credentials:2: ") and words in said


def test_all_wrong_lines_are_told_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, "one", f"{ID} = env:A", "two", f"{ID} = env:B")
    assert [line.split(": ")[0].rpartition(":")[2] for line in said.splitlines()] == ["1", "3", "4"]
    assert said.endswith("there is a line of that name already (2)")


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    file = mapping(tmp_path, *BOTH, mode=mode)
    with pytest.raises(Refusal, match="may be written by others than its owner"):
        Credentials.from_environ({"KEYCTL_CREDENTIALS": str(file)})


def test_one_that_others_may_read_will_do(tmp_path: Path) -> None:
    file = mapping(tmp_path, *BOTH, mode=0o644)
    assert Credentials.from_environ({"KEYCTL_CREDENTIALS": str(file), "KEYCTL_PLUGINS": "drawer"}).names == {ID, SECRET}


def test_one_in_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    file = mapping(tmp_path / "open", *BOTH)
    link = tmp_path / "link"
    link.symlink_to(file)
    for path in (file, link):
        with pytest.raises(Refusal, match="open may be written by others than its owner"):
            Credentials.from_environ({"KEYCTL_CREDENTIALS": str(path)})


@pytest.mark.parametrize("sub", [".", "registry"])
def test_one_in_a_work_tree_is_refused(tmp_path: Path, sub: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / sub).mkdir(exist_ok=True)
    file = mapping(tmp_path / sub, *BOTH)
    with pytest.raises(Refusal, match="lies in a git work tree"):
        Credentials.from_environ({"KEYCTL_CREDENTIALS": str(file)})


def test_what_is_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mapping(tmp_path, *BOTH)
    (tmp_path / "latin").write_bytes(b"\xff")
    os.mkfifo(tmp_path / "pipe")
    for given_path, words in {
        "credentials": "is no absolute path",
        str(tmp_path / "none"): "can't be read: No such file",
        str(tmp_path): "is no file",
        str(tmp_path / "pipe"): "is no file",
        str(tmp_path / "latin"): "is no UTF-8 text",
    }.items():
        with pytest.raises(Refusal, match=words):
            Credentials.from_environ({"KEYCTL_CREDENTIALS": given_path})


def test_a_plug_in_can_t_take_a_built_in_s_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("vault", f"{__name__}:Drawer", ENTRY_POINTS)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [point])
    assert "there is one of that name" in refused(tmp_path, *BOTH, plugins="vault")
