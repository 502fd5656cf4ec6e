"""Loading a registry: what is written is what is meant, and bad input is told, never raised."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keyctl.registry.load import Loaded, load, load_documents
from tests.registry.strategies import Written, registries
from tests.registry.writing import base, text_of, write

_SETTINGS = settings(
    phases=[__import__("hypothesis").Phase.generate],
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)


@_SETTINGS
@given(registries())
def test_a_registry_loads_to_the_model_that_it_was_written_from(written: Written) -> None:
    loaded = load_documents(written.documents)
    assert loaded.findings == ()
    assert loaded.registry is not None
    assert replace(loaded.registry, digest="") == written.registry
    assert loaded.files == len(written.files)
    assert loaded.registry_id == written.registry.id


@settings(_SETTINGS, max_examples=15)
@given(registries())
def test_a_folder_its_bytes_and_a_warm_run_all_load_the_same(
    tmp_path_factory: pytest.TempPathFactory, written: Written
) -> None:
    root = tmp_path_factory.mktemp("registry")
    write(root, written.files)
    cold = load(root, cache=root / "cache")
    assert cold == load(root, cache=root / "cache") == load(root) == load_documents(written.documents)
    assert cold.registry is not None


def test_the_digest_changes_with_names_and_contents(tmp_path: Path) -> None:
    def digest(files: dict[str, str]) -> str:
        registry = load_documents({path: text.encode() for path, text in files.items()}).registry
        assert registry is not None
        return registry.digest

    files = base()
    moved = {path.replace("keys.d/", "keys.d/moved/"): text for path, text in files.items()}
    commented = {**files, "registry/apps.yaml": files["registry/apps.yaml"] + "# more\n"}
    assert len({digest(files), digest(moved), digest(commented)}) == 3
    assert digest(files) == digest(dict(reversed(files.items())))


@pytest.mark.parametrize("gone", ["registry/registry.yaml", "registry/accounts.yaml", "registry/apps.yaml"])
def test_a_missing_required_file_is_one_finding(gone: str) -> None:
    files = base()
    del files[gone]
    assert text_of(load_documents({path: text.encode() for path, text in files.items()})) == [
        f"{gone} {gone} is missing; a registry needs it"
    ]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    loaded = load(tmp_path / "nowhere")
    assert loaded.registry is None
    assert {finding.rule for finding in loaded.findings} == {"file"}


def test_the_errors_of_all_files_come_at_once_with_their_lines() -> None:
    files = base()
    files["registry/apps.yaml"] += "third: {team: x}\n"
    files["registry/networks.yaml"] = "office: [203.0.113.7/28]\n"
    files["keys.d/one.yaml"] += "expires: 2026-02-30\n"
    files["keys.d/two.yaml"] = "account: bybit-main\naccount: bybit-main\n"
    loaded = load_documents({path: text.encode() for path, text in files.items()})
    assert text_of(loaded) == [
        "keys.d/one.yaml:6:10 '2026-02-30' is no day of the calendar",
        "keys.d/two.yaml:2:1 the key 'account' stands here for the second time; keep one",
        "registry/apps.yaml:2:8 the field 'kind' is missing",
        "registry/networks.yaml:1:10 network 'office': '203.0.113.7/28' has host bits set; "
        "write 203.0.113.0/28 or the single address",
    ]
    assert loaded.registry is None
    assert loaded.registry_id == "7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42"


def test_a_broken_list_of_accounts_does_not_make_every_key_a_finding() -> None:
    files = base()
    files["registry/accounts.yaml"] += "  mode: enforced\n"
    loaded = load_documents({path: text.encode() for path, text in files.items()})
    assert text_of(loaded) == ["registry/accounts.yaml:3:9 expected one of enforce, observe, found the text 'enforced'"]


@pytest.mark.parametrize("name", ["networks", "policy", "revoked", "waivers"])
@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}\n"])
def test_optional_files_may_be_empty(name: str, text: str) -> None:
    files = {**base(), f"registry/{name}.yaml": text}
    assert load_documents({path: text.encode() for path, text in files.items()}).findings == ()


@pytest.mark.parametrize("path", ["registry/registry.yaml", "registry/accounts.yaml", "keys.d/one.yaml"])
def test_other_files_may_not(path: str) -> None:
    files = {**base(), path: "# nothing yet\n"}
    loaded = load_documents({path: text.encode() for path, text in files.items()})
    assert any("the file is empty" in line and line.startswith(f"{path}:") for line in text_of(loaded))


PATHS = [
    "registry/registry.yaml",
    "registry/accounts.yaml",
    "registry/networks.yaml",
    "keys.d/one.yaml",
    "keys.d/n.yaml",
]


@settings(_SETTINGS, max_examples=300)
@given(st.sampled_from(PATHS), st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8")))
def test_no_bytes_make_it_raise(path: str, data: bytes) -> None:
    _judged(load_documents({**{p: text.encode() for p, text in base().items()}, path: data}))


@settings(_SETTINGS, max_examples=150)
@given(registries(max_keys=2), st.data())
def test_no_damage_to_a_valid_file_makes_it_raise(written: Written, data: st.DataObject) -> None:
    documents = written.documents
    path = data.draw(st.sampled_from(sorted(documents)))
    text = documents[path]
    at = data.draw(st.integers(0, len(text)))
    piece = data.draw(
        st.sampled_from([b"", b"\0", b"\xff", b": ", b"- ", b"[", b"&a ", b"*a", b"!!x ", b'"', b"\t", b"\n"])
    )
    documents[path] = text[:at] + piece + text[at + data.draw(st.integers(0, 8)) :]
    _judged(load_documents(documents))


@settings(_SETTINGS, max_examples=50)
@given(st.dictionaries(st.text(max_size=30) | st.sampled_from(PATHS), st.binary(max_size=20), max_size=6))
def test_no_set_of_paths_makes_it_raise(documents: dict[str, bytes]) -> None:
    _judged(load_documents(documents))


def _judged(loaded: Loaded) -> None:
    """Usable and without findings that matter, or findings that each say where and what to do."""
    assert (loaded.registry is None) == any(finding.consequence for finding in loaded.findings)
    for finding in loaded.findings:
        assert finding.place is not None
        assert finding.message
        assert finding.remedy
        assert finding.rule == "file" or finding.place.line > 0, finding


def test_the_cache_is_private_and_any_damage_to_it_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, base())
    cache = tmp_path / "cache"
    loaded = load(tmp_path, cache=cache)
    (file,) = cache.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    good = file.read_bytes()
    for bad in (
        b"",
        good[:-3],
        good.replace(b"hedger", b"robber"),
        good.replace(b"documents 1", b"documents 0"),
        b"\0" * 99,
    ):
        assert bad != good
        file.write_bytes(bad)
        assert load(tmp_path, cache=cache) == loaded
        assert file.read_bytes() == good


def test_a_cache_that_can_not_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    write(tmp_path, base())
    (tmp_path / "cache").write_text("a file in the way")
    assert load(tmp_path, cache=tmp_path / "cache") == load(tmp_path)


def test_what_is_no_longer_in_the_registry_leaves_the_cache(tmp_path: Path) -> None:
    write(tmp_path, base())
    load(tmp_path, cache=tmp_path / "cache")
    os.rename(tmp_path / "keys.d" / "one.yaml", tmp_path / "keys.d" / "other.yaml")  # noqa: PTH104
    (tmp_path / "keys.d" / "other.yaml").write_text(base()["keys.d/one.yaml"].replace("read", "read, trade.spot"))
    load(tmp_path, cache=tmp_path / "cache")
    (file,) = (tmp_path / "cache").iterdir()
    assert file.read_bytes().count(b"\nkey:") == 1


def test_loading_imports_nothing_that_talks_to_exchanges_or_words_errors_unasked(tmp_path: Path) -> None:
    write(tmp_path, base())
    heavy = "{'ccxt', 'aiohttp', 'git', 'rich', 'jsonschema'}"
    code = f"""
import sys
from pathlib import Path
from keyctl.registry.load import load
assert load(Path({str(tmp_path)!r})).registry is not None
print(sorted({heavy} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
