"""The pipelines that docs/notes.md shows are ones that GitLab and GitHub take."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reports.test_snippets import SCHEMAS

PAGE = (Path(__file__).parents[2] / "docs" / "notes.md").read_text("utf-8")
SNIPPETS = re.findall(r"(?s)```yaml (gitlab|github)\n(.*?)```", PAGE)


@pytest.mark.parametrize(("forge", "text"), SNIPPETS, ids=[f"{forge}-{n}" for n, (forge, _) in enumerate(SNIPPETS)])
def test_each_matches_the_forge_s_own_schema(forge: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yml"
    file.write_text(text, "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", *SCHEMAS[forge], str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_variable_that_the_code_reads_is_told() -> None:
    room = Path(__file__).parents[2] / "keyctl" / "notes"
    read = {
        name
        for file in room.glob("*.py")
        for name in re.findall(r"\b(?:CI|GITHUB|KEYCTL)_[A-Z0-9_]+", file.read_text())
    }
    assert len(read) > 8 and [name for name in sorted(read) if name not in PAGE] == []
