"""Files for an app's recipients, opened by the ``age`` that their holders use: https://age-encryption.org."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from keyctl.secrets import installed
from keyctl.secrets.sinks.sink import Sink, SinkError
from tests.secrets.holding import Holder, ssh, x25519
from tests.secrets.parcels import as_document, opened, parcel, refused


@pytest.fixture
def drawer(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    return folder


def sink_in(folder: Path, **more: Any) -> Sink:
    return opened(f"age:{folder}", **more)


def holders(folder: Path, kinds: Sequence[str]) -> list[Holder]:
    return [x25519(folder) if kind == "x25519" else ssh(folder, kind) for kind in kinds]


@pytest.mark.parametrize("kinds", [["x25519"], ["ed25519"], ["rsa"], ["x25519", "ed25519", "rsa"]], ids=" ".join)
def test_every_recipient_opens_the_file_with_age_itself(drawer: Path, tmp_path: Path, kinds: list[str]) -> None:
    whose = holders(tmp_path, kinds)
    sent = parcel(passphrase=True, recipients=tuple(holder.recipient for holder in whose))
    sink = sink_in(drawer)
    sink.check(sent.recipients)
    assert sink.holds(sent.name) is False
    sink.deliver(sent)
    (file,) = drawer.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == (f"{sent.name}.age", 0o600)
    assert file.read_text("ascii").startswith("-----BEGIN AGE ENCRYPTED FILE-----\n")
    for holder in whose:
        assert list(holder.reads(file).items()) == list(as_document(sent).items())
    assert sink.holds(sent.name) is True


def test_what_is_there_is_never_overwritten(drawer: Path, tmp_path: Path) -> None:
    sent = parcel(recipients=(x25519(tmp_path).recipient,))
    sink_in(drawer).deliver(sent)
    before = [file.read_bytes() for file in drawer.iterdir()]
    with pytest.raises(SinkError, match="something has that name already") as caught:
        sink_in(drawer).deliver(sent)
    refused(caught)
    assert [file.read_bytes() for file in drawer.iterdir()] == before


@pytest.mark.parametrize("recipients", [(), ("",), ("age1nonsense",), ("ssh-ed25519 AAAA",), ("age1yubikey1q2w3e",)])
def test_without_somebody_to_read_it_no_key_is_made(drawer: Path, recipients: tuple[str, ...]) -> None:
    for attempt in (sink_in(drawer).check, lambda given: sink_in(drawer).deliver(parcel(recipients=given))):
        with pytest.raises(SinkError, match=r"recipients|recipient 1 of the app") as caught:
            attempt(recipients)
        refused(caught)
    assert list(drawer.iterdir()) == []


def test_an_identity_that_was_taken_for_a_recipient_is_not_repeated(drawer: Path, tmp_path: Path) -> None:
    holder = x25519(tmp_path)
    secret = holder.identity.read_text().splitlines()[-1]
    with pytest.raises(SinkError, match="recipient 2 of the app is no age recipient") as caught:
        sink_in(drawer).check((holder.recipient, secret))
    assert secret[:20] not in refused(caught)


def test_a_work_tree_of_git_is_used_only_where_the_deployment_names_a_place_in_it(tmp_path: Path) -> None:
    clone, folder = tmp_path / "clone", tmp_path / "clone" / "secrets"
    (clone / ".git" / "secrets").mkdir(parents=True)
    folder.mkdir()
    to = (x25519(tmp_path).recipient,)
    for inside in (clone, folder):
        sink_in(folder, sinks=f"age:{inside}", work_tree=clone).check(to)
    with pytest.raises(SinkError, match="lies in the git work tree") as caught:
        sink_in(folder, sinks=f"age:{tmp_path}").check(to)
    refused(caught)
    with pytest.raises(SinkError, match="lies in a git work tree") as caught:
        sink_in(clone / ".git" / "secrets").check(to)
    refused(caught)
    (folder / ".git").write_text("gitdir: a submodule's")
    with pytest.raises(SinkError, match="lies in the git work tree") as caught:
        sink_in(folder, sinks=f"age:{clone}").check(to)
    refused(caught)


def test_a_folder_that_others_may_write_to_will_do_for_what_is_encrypted(drawer: Path, tmp_path: Path) -> None:
    drawer.chmod(0o777)
    sink_in(drawer).check((x25519(tmp_path).recipient,))


def test_without_the_library_the_remedy_says_what_to_install(drawer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> None:
        raise ImportError

    monkeypatch.setattr(installed, "import_module", missing)
    with pytest.raises(SinkError, match=r"pip install 'exchange-keyctl\[age\]'") as caught:
        sink_in(drawer).check(("age1",))
    refused(caught)
