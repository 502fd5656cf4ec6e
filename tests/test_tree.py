"""What must hold of the project's files as a whole."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.checkout import ROOT, project_files

README = ROOT / "README.md"
INDEXES = re.compile(r"(?:pypi|pythonhosted|npmjs|yarnpkg|crates|rubygems|artifactory|nexus)\.(?:org|com|io|net)", re.I)
MACHINE_PATHS = re.compile(r"(?<![\w./$~-])/(?:home|Users|root|work|opt|mnt|srv)/[\w.-]+")
OPTION_LINE = re.compile(r"(?m)^ *(?:-i|--(?:extra-)?index-url|--find-links|--trusted-host)\b")


def texts() -> list[tuple[str, str]]:
    own = Path(__file__).relative_to(ROOT).as_posix()
    return [(name, (ROOT / name).read_text(encoding="utf-8")) for name in project_files() if name != own]


def test_no_file_names_a_package_registry_s_host() -> None:
    assert [(name, found[0]) for name, text in texts() if (found := INDEXES.search(text))] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert [(name, found[0]) for name, text in texts() if (found := MACHINE_PATHS.search(text))] == []


def test_the_lock_pins_with_hashes_and_without_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert not OPTION_LINE.search(lock)
    entries = re.split(r"(?m)^(?=[a-z0-9])", lock)[1:]
    assert len(entries) > 50
    assert [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_every_file_of_the_worked_example_names_its_schema_for_editors() -> None:
    files = [name for name in project_files() if name.startswith(("registry/", "keys.d/"))]
    assert files
    assert [name for name in files if not names_a_schema(ROOT / name)] == []


def names_a_schema(file: Path) -> bool:
    """Whether the first line tells editors a schema of this project."""
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    schema = (file.parent / named[1]).resolve() if named else ROOT
    return schema.is_file() and schema.parent == ROOT / "schemas"


def commands_in_the_readme() -> list[list[str]]:
    """Every line of a shell block that starts one of the project's programs, without what people fill in."""
    blocks = re.findall(r"(?s)```(?:sh|console)\n(.*?)```", README.read_text(encoding="utf-8"))
    lines = [line.removeprefix("$ ").split("#")[0].split() for block in blocks for line in block.splitlines()]
    ours = ("exchange-keyctl", "keyctl", "python3")
    return [words for words in lines if words and words[0] in ours]


@pytest.mark.parametrize("words", commands_in_the_readme(), ids=" ".join)
def test_every_command_in_the_readme_exists(words: list[str]) -> None:
    if words[0] == "python3":
        asked = [sys.executable, *words[1:3]]
    else:
        named = [word for word in words[1:3] if re.fullmatch(r"[a-z]+", word)]
        asked = [
            sys.executable,
            "-m",
            "keyctl",
            *named[: 2 if words[1] in ("sandbox", "exchanges", "tombstones") else 1],
        ]
    help_text = subprocess.run(
        [*asked, "--help"], cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"}
    )
    assert help_text.returncode == 0, help_text.stderr
    for word in words:
        if word.startswith("--") and words[0] != "python3":
            assert word.split("=")[0] in help_text.stdout


def test_the_readme_shows_commands() -> None:
    shown = {" ".join(words[:3]) for words in commands_in_the_readme()}
    assert {"python3 dev.py demo", "python3 dev.py test"} <= shown


def test_links_between_documents_lead_somewhere() -> None:
    dead = []
    for name in project_files():
        if name.endswith(".md"):
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / name).read_text(encoding="utf-8")):
                if not ((ROOT / name).parent / target).exists():
                    dead.append((name, target))
    assert dead == []
