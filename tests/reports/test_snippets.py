"""The pipelines that the documentation shows are ones that GitLab and GitHub take, and call what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from keyctl.reports.formats import names

PAGE = (Path(__file__).parents[2] / "docs" / "reports.md").read_text("utf-8")
SNIPPETS = re.findall(r"(?s)```yaml (gitlab|github)\n(.*?)```", PAGE)
SCHEMAS = {
    "gitlab": ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
    "github": ["--builtin-schema", "vendor.github-workflows"],
}


@pytest.mark.parametrize(("forge", "text"), SNIPPETS, ids=[f"{forge}-{n}" for n, (forge, _) in enumerate(SNIPPETS)])
def test_each_matches_the_forge_s_own_schema(forge: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yml"
    file.write_text(text, "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", *SCHEMAS[forge], str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_output_that_they_name_is_a_format() -> None:
    assert len(SNIPPETS) == 3
    asked = {name for _, text in SNIPPETS for name in re.findall(r"--output (\w+)=", text)}
    assert asked <= set(names())
    assert asked == {"codequality", "junit", "openmetrics", "gitlab", "html", "markdown", "sarif"}


@pytest.mark.parametrize("name", names())
def test_every_format_has_its_row(name: str) -> None:
    assert f"\n| `{name}` |" in PAGE
