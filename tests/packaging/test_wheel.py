"""The built wheel, in an environment that holds nothing else of this project."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from keyctl import __version__
from tests.packaging.checkout import ROOT, copy_to, project_files


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy_to(tmp_path_factory.mktemp("project"))
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "made", folder=project)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = (project / "made").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel and what it asks for, in the versions of the lock."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    pinned = folder / "versions.txt"
    pinned.write_text("".join(f"{name}=={version}\n" for name, version in locked()), encoding="utf-8")
    pip = (programs / "python", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet")
    done = run(*pip, "--constraint", pinned, wheel, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return programs


def locked() -> list[tuple[str, str]]:
    """Name and version of every package in requirements.lock."""
    return re.findall(r"(?m)^([a-z0-9-]+)==([^ ;]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"))


def test_the_wheel_holds_the_package_its_schemas_its_example_and_nothing_else(wheel: Path) -> None:
    ours = project_files()
    meant = {name for name in ours if name.startswith("keyctl/")}
    meant |= {f"keyctl/{name}" for name in ours if name.startswith("schemas/")}
    meant |= {f"keyctl/example/{name}" for name in ours if name.startswith(("registry/", "keys.d/"))}
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert shipped == meant
    assert {"keyctl/py.typed", "keyctl/schemas/key.schema.json", "keyctl/sandbox/scenarios/example.yaml"} <= shipped
    assert "keyctl/example/registry/registry.yaml" in shipped


def test_the_wheel_carries_its_licence_and_both_programs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = {name.split(".dist-info/")[1]: name for name in archive.namelist() if ".dist-info/" in name}
        programs = archive.read(metadata["entry_points.txt"]).decode()
        licence = archive.read(metadata["licenses/LICENSE"]).decode()
    assert "keyctl = keyctl.cli.main:" in programs
    assert "exchange-keyctl = keyctl.cli.main:" in programs
    assert "Apache License" in licence


@pytest.mark.parametrize("program", ["exchange-keyctl", "keyctl"])
def test_an_installed_program_tells_its_version(installed: Path, program: str, tmp_path: Path) -> None:
    told = run(installed / program, "--version", folder=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert __version__ in told.stdout


def test_an_installed_program_prints_a_schema_that_lies_in_the_wheel(installed: Path, tmp_path: Path) -> None:
    told = run(installed / "exchange-keyctl", "schema", "key", folder=tmp_path)
    assert told.stdout == (ROOT / "schemas" / "key.schema.json").read_text(encoding="utf-8")


def test_the_demo_runs_without_the_project_beside_it(installed: Path, tmp_path: Path) -> None:
    shown = run(installed / "exchange-keyctl", "demo", folder=tmp_path)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert list(tmp_path.iterdir()) == []
