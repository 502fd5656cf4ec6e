"""Each kind of source against the real thing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import keyring
import keyring.backend
import pytest
from keyring.backends import chainer, fail, null
from keyrings.alt.file import EncryptedKeyring, PlaintextKeyring

from keyctl.secrets import installed
from keyctl.secrets.sources import CredentialError
from tests.secrets.between import between
from tests.secrets.openbao import Bao
from tests.secrets.parcels import canary, opened, parcel
from tests.secrets.sources.mapped import MAIN, given, secret_from


def fails(folder: Path, reference: str, words: str, environ: dict[str, str] | None = None) -> None:
    with pytest.raises(CredentialError, match=words):
        secret_from(folder, reference, environ)


@pytest.fixture(autouse=True)
def emptied(tmp_path: Path) -> Iterator[None]:
    """A run leaves no secret behind."""
    yield
    for file in tmp_path.rglob("*.txt"):
        file.unlink()


# env


def test_env_is_another_variable(tmp_path: Path) -> None:
    assert secret_from(tmp_path, "env:BYBIT_SECRET", {"BYBIT_SECRET": canary("a")}) == canary("a")
    for environ in ({}, {"BYBIT_SECRET": ""}):
        fails(tmp_path, "env:BYBIT_SECRET", "is not set", environ)


@pytest.mark.parametrize("use", ["WRITE", "READ"])
def test_env_is_no_way_from_one_credential_to_another(tmp_path: Path, use: str) -> None:
    variable = f"KEYCTL_{use}_BYBIT_OTHER_SECRET"
    fails(tmp_path, f"env:{variable}", "can't stand for another's", {variable: canary("powerful")})


# file


def secret_file(folder: Path, content: str | bytes, mode: int = 0o600) -> Path:
    file = folder / "secret.txt"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)
    return file


@pytest.mark.parametrize(("content", "value"), [("a", "a"), ("a\n", "a"), ("a\n\n", "a\n"), (" a\r\n", " a")])
def test_a_file_is_a_secret_but_for_one_final_newline(tmp_path: Path, content: str, value: str) -> None:
    assert secret_from(tmp_path, f"file:{secret_file(tmp_path, content)}") == value


def test_a_file_may_be_json_with_a_field(tmp_path: Path) -> None:
    file = secret_file(tmp_path, '{"secret": "a", "number": 1}')
    assert secret_from(tmp_path, f"file:{file}#secret") == "a"
    for field in ("none", "number"):
        fails(tmp_path, f"file:{file}#{field}", "there is no text of that field")
    fails(tmp_path, f"file:{secret_file(tmp_path, canary('a'))}#secret", "there is no text of that field")


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620])
def test_a_file_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    fails(tmp_path, f"file:{secret_file(tmp_path, canary('a'), mode)}", "may be read or written by others")


def test_other_files_are_refused(tmp_path: Path) -> None:
    fails(tmp_path, "file:secret.txt", "is no absolute path")
    fails(tmp_path, f"file:{tmp_path}/none", "is not there")
    fails(tmp_path, f"file:{tmp_path}", "is not there")
    fails(tmp_path, f"file:{secret_file(tmp_path, b'')}", "is empty")
    fails(tmp_path, f"file:{secret_file(tmp_path, bytes([255]))}", "is no UTF-8 text")
    fails(tmp_path, f"file:{secret_file(tmp_path, 'a' * 1_000_001)}", "is larger than")
    clone = tmp_path / "clone"
    (clone / ".git").mkdir(parents=True)
    fails(tmp_path, f"file:{secret_file(clone, canary('a'))}", "lies in a git work tree")


# age


def identity(folder: Path) -> tuple[Path, str]:
    file = folder / "identity.txt"
    subprocess.run(["age-keygen", "-o", file], check=True, capture_output=True)
    told = subprocess.run(["age-keygen", "-y", file], check=True, capture_output=True, text=True)
    return file, told.stdout.strip()


@pytest.mark.parametrize("armour", [[], ["--armor"]], ids=["binary", "armoured"])
def test_what_age_itself_encrypted_is_opened(tmp_path: Path, armour: list[str]) -> None:
    file, recipient = identity(tmp_path)
    sealed = tmp_path / "secret.age"
    words = ["age", *armour, "-r", recipient, "-o", str(sealed)]
    subprocess.run(words, input=canary("a").encode() + b"\n", check=True)
    assert secret_from(tmp_path, f"age:{sealed}", {"KEYCTL_AGE_IDENTITY": str(file)}) == canary("a")


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_an_ssh_key_opens_what_age_encrypted_for_it(tmp_path: Path, kind: str) -> None:
    file, sealed = tmp_path / "key.txt", tmp_path / "secret.age"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", file], check=True)
    words = ["age", "-R", f"{file}.pub", "-o", str(sealed)]
    subprocess.run(words, input=canary("a").encode(), check=True)
    assert secret_from(tmp_path, f"age:{sealed}", {"KEYCTL_AGE_IDENTITY": str(file)}) == canary("a")


def test_what_the_sink_wrote_is_read_by_its_fields(tmp_path: Path) -> None:
    file, recipient = identity(tmp_path)
    sent, drawer = parcel(recipients=(recipient,)), tmp_path / "drawer"
    drawer.mkdir()
    opened(f"age:{drawer}").deliver(sent)
    place, environ = f"age:{drawer}/{sent.name}.age", {"KEYCTL_AGE_IDENTITY": str(file)}
    lines = (f"KEYCTL_READ_BYBIT_MAIN_KEY = {place}#api_key", f"KEYCTL_READ_BYBIT_MAIN_SECRET = {place}#secret")
    found = given(tmp_path, *lines, environ=environ).for_account(MAIN)
    assert found is not None and (found.key, found.secret.reveal()) == ("w8HqB0tXn3KcVz", sent.secret.reveal())


def test_what_the_identity_does_not_open_is_an_error(tmp_path: Path) -> None:
    file, _ = identity(tmp_path)
    (tmp_path / "else").mkdir()
    _, stranger = identity(tmp_path / "else")
    sealed = tmp_path / "secret.age"
    subprocess.run(["age", "-r", stranger, "-o", str(sealed)], input=b"a", check=True)
    environ = {"KEYCTL_AGE_IDENTITY": str(file)}
    fails(tmp_path, f"age:{sealed}", "holds no text that the identity opens", environ)
    fails(tmp_path, f"age:{secret_file(tmp_path, canary('a'))}", "holds no text that the identity opens", environ)
    fails(tmp_path, f"age:{tmp_path}/none.age", "is not there", environ)
    fails(tmp_path, "age:none.age", "is no absolute path", environ)
    binary = ["age", "-e", "-i", str(file), "-o", str(tmp_path / "latin.age")]
    subprocess.run(binary, input=b"\xff", check=True)
    fails(tmp_path, f"age:{tmp_path}/latin.age", "holds no UTF-8 text", environ)


def test_an_identity_is_kept_as_a_secret_is(tmp_path: Path) -> None:
    file, _ = identity(tmp_path)
    fails(tmp_path, "age:/none", "KEYCTL_AGE_IDENTITY is not set")
    fails(tmp_path, "age:/none", "is no absolute path", {"KEYCTL_AGE_IDENTITY": "identity.txt"})
    file.chmod(0o644)
    fails(tmp_path, "age:/none", "KEYCTL_AGE_IDENTITY may be read", {"KEYCTL_AGE_IDENTITY": str(file)})
    for content in (canary("a"), "# nothing", "-----BEGIN nothing", b"\xff"):
        wrong = secret_file(tmp_path, content)
        fails(tmp_path, "age:/none", "names no file of age identities", {"KEYCTL_AGE_IDENTITY": str(wrong)})


# vault


def test_a_field_in_vault(tmp_path: Path, bao: Bao) -> None:
    bao.ask("POST", "kv/data/keyctl/bybit", {"data": {"secret": canary("a"), "number": 1}})
    environ = bao.environ(VAULT_TOKEN=bao.token("read-only"))
    assert secret_from(tmp_path, "vault:kv/keyctl/bybit#secret", environ) == canary("a")
    fails(tmp_path, "vault:kv/keyctl/bybit#number", "no text of that field", environ)
    fails(tmp_path, "vault:kv/keyctl/bybit#none", "no text of that field", environ)
    fails(tmp_path, "vault:kv/keyctl/none#secret", "Vault holds nothing there", environ)
    fails(tmp_path, "vault:kv/hedger/x#secret", "Vault denies it", environ)
    for odd in ("kv", "kv/keyctl/bybit", "kv#secret", "kv/../sys#a", "/kv/keyctl#secret", "kv//bybit#secret"):
        fails(tmp_path, f"vault:{odd}", "it is no place in Vault", environ)
    fails(tmp_path, "vault:kv/keyctl/bybit#secret", "no login for Vault", bao.environ())


def test_a_vault_that_does_not_answer_is_given_up(tmp_path: Path, bao: Bao) -> None:
    with between(bao.url) as wire:
        wire.drop("GET", times=9)
        parts = [f"{name}_{part}" for name in "ABC" for part in ("KEY", "SECRET")]
        lines = [f"KEYCTL_READ_BYBIT_{part} = vault:kv/keyctl/{part}#a" for part in parts]
        environ = {"VAULT_ADDR": wire.url, "VAULT_TOKEN": bao.token("read-only")}
        credentials = given(tmp_path, *lines, environ=environ)
        for name in "abc":
            account = type(MAIN)(type(MAIN.name)(name), MAIN.exchange, MAIN.environment, MAIN.place)
            with pytest.raises(CredentialError, match="Vault did not answer"):
                credentials.for_account(account)
        assert wire.methods() == ["GET", "GET"]


# keyring


class Memory(keyring.backend.KeyringBackend):
    """A real backend's interface, kept in this process."""

    priority = 1
    kept: ClassVar[dict[tuple[str, str], str]] = {("keyctl/bybit", "main"): canary("a")}

    def get_password(self, service: str, username: str) -> str | None:
        if service == "locked":
            raise RuntimeError(canary("told by a backend"))
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


def _memory() -> Memory:
    kind: Any = Memory
    made: Memory = kind()
    return made


@pytest.fixture
def backend() -> Iterator[Memory]:
    before, memory = keyring.get_keyring(), _memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


def test_an_entry_of_the_keyring(tmp_path: Path, backend: Memory) -> None:
    assert secret_from(tmp_path, "keyring:keyctl/bybit/main") == canary("a")
    fails(tmp_path, "keyring:keyctl/bybit/none", "has no such entry")
    fails(tmp_path, "keyring:locked/main", "can't be read; unlock it")
    for odd in ("main", "/main", "keyctl/"):
        fails(tmp_path, f"keyring:{odd}", "is no entry of a keyring")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (fail.Keyring, "this machine has no keyring"),
        (null.Keyring, "this machine has no keyring"),
        (PlaintextKeyring, "in plain text; uninstall keyrings.alt"),
        (EncryptedKeyring, "uninstall keyrings.alt"),
    ],
)
def test_a_keyring_that_keeps_no_secret_is_refused(tmp_path: Path, backend: Memory, kind: Any, words: str) -> None:
    keyring.set_keyring(kind())
    fails(tmp_path, "keyring:keyctl/bybit/main", words)


def test_one_that_asks_such_a_one_too_is_refused(
    tmp_path: Path, backend: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring.backend, "get_all_keyring", lambda: [_memory(), PlaintextKeyring()])
    chain: Any = chainer.ChainerBackend
    keyring.set_keyring(chain())
    fails(tmp_path, "keyring:keyctl/bybit/main", "in plain text")
    monkeypatch.setattr(keyring.backend, "get_all_keyring", lambda: [_memory(), _memory()])
    assert secret_from(tmp_path, "keyring:keyctl/bybit/main") == canary("a")


@pytest.mark.parametrize(
    ("scheme", "extra"), [("age", "age"), ("vault", "vault"), ("aws", "aws"), ("keyring", "keyring")]
)
def test_without_its_library_the_remedy_says_what_to_install(
    tmp_path: Path, scheme: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_name: str) -> None:
        raise ImportError

    monkeypatch.setattr(installed, "import_module", missing)
    environ = {"VAULT_ADDR": "https://vault.example", "VAULT_TOKEN": "t", "AWS_REGION": "eu-central-1"}
    fails(tmp_path, f"{scheme}:x/y#z", rf"pip install 'exchange-keyctl\[{extra}\]'", environ)
