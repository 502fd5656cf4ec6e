"""The walk: every file is read or told of; nothing is skipped in silence, nothing odd is opened."""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path

import pytest

from keyctl.registry.files import FileRefused, RegistryNotFound, find_root, read_file, walk
from keyctl.registry.load import load
from tests.registry.writing import base, text_of, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, base())
    return tmp_path


def _refusals(root: Path) -> list[str]:
    return [line for line in text_of(load(root)) if "is missing" not in line]


def test_the_registry_is_found_from_any_folder_in_it(root: Path) -> None:
    inner = root / "keys.d" / "deep" / "er"
    inner.mkdir(parents=True)
    assert find_root(inner) == find_root(root) == root


def test_no_registry_teaches_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RegistryNotFound, match="exchange-keyctl init DIR") as caught:
        find_root(tmp_path)
    assert "--registry" in str(caught.value)
    assert "KEYCTL_REGISTRY" in str(caught.value)


def test_the_order_is_stable(root: Path) -> None:
    write(root, {"keys.d/b/z.yaml": "", "keys.d/B-side/y.yaml": "", "keys.d/a.yaml": ""})
    assert walk(root).paths == (
        "keys.d/B-side/y.yaml",
        "keys.d/a.yaml",
        "keys.d/b/z.yaml",
        "keys.d/one.yaml",
        "registry/accounts.yaml",
        "registry/apps.yaml",
        "registry/registry.yaml",
    )


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        ".gitkeep",
        "schemas/x.yml",
        "keys.d/README.md",
        "keys.d/t/.gitkeep",
        "registry/README.md",
        "registry/allowed_signers",
    ],
)
def test_what_may_lie_beside_is_left_alone(root: Path, path: str) -> None:
    write(root, {path: "x"})
    assert _refusals(root) == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("keys.d/two.yml", "another ending"),
        ("keys.d/two.YAML", "another ending"),
        ("keys.d/two.yaml~", "another ending"),
        ("keys.d/two.yaml.bak", "another ending"),
        ("keys.d/#two.yaml#", "another ending"),
        ("keys.d/two", "another ending"),
        ("keys.d/allowed_signers", "another ending"),
        ("keys.d/.two.yaml.swp", "hidden file"),
        ("keys.d/.two.yaml", "hidden file"),
        ("keys.d/.hidden/two.yaml", "hidden folder"),
        ("keys.d/a b/two.yaml", "plain characters"),
        ("keys.d/Two.yaml", "no key name"),
        ("keys.d/-two.yaml", "no key name"),
        ("keys.d/tw o.yaml", "no key name"),
        ("keys.d/schlüssel.yaml", "no key name"),
        ("keys.d/" + "x" * 101 + ".yaml", "no key name"),
        ("registry/acounts.yaml", "no file that a registry has"),
        ("registry/Accounts.yaml", "no file that a registry has"),
        ("registry/apps.yml", "another ending"),
        ("registry/more/apps.yaml", "is a folder"),
    ],
)
def test_other_files_are_refused_by_name(root: Path, path: str, words: str) -> None:
    write(root, {path: base()["keys.d/one.yaml"].replace("w8HqB0tXn3KcVz", "other-id")})
    (line,) = _refusals(root)
    assert words in line
    assert line.startswith(path.partition("/")[0])


def test_names_that_are_no_utf_8_are_refused_and_shown_escaped(root: Path) -> None:
    (root / "keys.d" / os.fsdecode(b"k\xff.yaml")).write_text("x")
    assert _refusals(root) == ["keys.d/k\\xff.yaml keys.d/k\\xff.yaml has a name that is not UTF-8"]


def test_line_breaks_in_names_do_not_reach_the_reader_of_the_finding(root: Path) -> None:
    (root / "keys.d" / "a\nb.yaml").write_text("x")
    (line,) = _refusals(root)
    assert line.startswith("keys.d/a\\nb.yaml ")


def test_names_that_differ_by_letter_case_only_are_refused(root: Path) -> None:
    key = base()["keys.d/one.yaml"].replace("id: w8HqB0tXn3KcVz\n", "")
    write(root, {"keys.d/Team/x.yaml": key, "keys.d/team/y.yaml": key})
    assert _refusals(root) == ["keys.d/team/y.yaml:1:1 keys.d/team/y.yaml differs from keys.d/Team by letter case only"]


def test_two_files_can_not_name_the_same_key(root: Path) -> None:
    write(root, {"keys.d/team/one.yaml": base()["keys.d/one.yaml"]})
    assert _refusals(root) == [
        "keys.d/team/one.yaml:1:1 keys.d/team/one.yaml names the key 'one', as keys.d/one.yaml does; "
        "key names are unique in a registry"
    ]


@pytest.mark.parametrize("path", ["keys.d/two.yaml", "keys.d/team", "keys.d", "registry", "registry/networks.yaml"])
def test_links_are_refused_wherever_they_point(root: Path, path: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    link = root / path
    if link.exists():
        link = link.rename(outside / "away")
        (root / path).symlink_to(link)
    else:
        link.symlink_to(root / "keys.d" / "one.yaml")
    assert f"{path} {path} is a symbolic link" in _refusals(root)
    with pytest.raises(FileRefused):
        read_file(root, path)


def test_dangling_links_are_refused_too(root: Path) -> None:
    (root / "keys.d" / "two.yaml").symlink_to("nowhere.yaml")
    assert _refusals(root) == ["keys.d/two.yaml keys.d/two.yaml is a symbolic link"]


def test_pipes_and_sockets_are_refused_and_never_waited_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(root / "keys.d" / "pipe.yaml")
    monkeypatch.chdir(root / "keys.d")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("sock.yaml")
        assert _refusals(root) == [
            f"keys.d/{name} keys.d/{name} is no regular file (a pipe, socket or device)"
            for name in ("pipe.yaml", "sock.yaml")
        ]
    with pytest.raises(FileRefused, match="no regular file"):
        read_file(root, "keys.d/pipe.yaml")


def test_a_folder_in_the_place_of_a_file_is_refused(root: Path) -> None:
    (root / "registry" / "networks.yaml").mkdir()
    (root / "keys.d" / "two.yaml").mkdir()
    assert _refusals(root) == [
        "registry/networks.yaml registry/networks.yaml is a folder, and registry/ holds only files"
    ]


def test_a_file_that_can_not_be_read_is_told(root: Path) -> None:
    """Run by anybody, also by root, who may read every file: the descriptors are used up instead."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = walk(root)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(FileRefused, match="Too many open files"):
            read_file(root, found.paths[0])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_large_files_are_read_whole_and_too_large_ones_refused(root: Path) -> None:
    padding = "# " + "x" * 100_000 + "\n"
    write(root, {"registry/apps.yaml": padding + base()["registry/apps.yaml"]})
    assert _refusals(root) == []
    write(root, {"registry/apps.yaml": padding * 11 + base()["registry/apps.yaml"]})
    (line,) = _refusals(root)
    assert line.startswith("registry/apps.yaml:1:1 the file is larger than")
