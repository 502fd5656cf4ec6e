"""``keyctl init``."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from keyctl.model.refusal import Refusal


class Forge(StrEnum):
    """Whose pipeline is written."""

    GITLAB = "gitlab"
    GITHUB = "github"


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder that gets the registry; it is made where it is missing.")
    ] = Path(),
    security_team: Annotated[
        str,
        typer.Option(
            "--security-team", metavar="TEAM", help="The group that approves changes of the registry and the pipeline."
        ),
    ] = "security",
    forge: Annotated[Forge, typer.Option("--ci", help="Whose pipeline to write: gitlab or github.")] = Forge.GITLAB,
) -> None:
    """Make a registry: folders, schemas, policy, pipeline, hooks; with a git repository where there is none."""
    from uuid import uuid4

    from keyctl import __version__
    from keyctl.cli.first_commit import check_environment, first_commit
    from keyctl.registry.owners import handle, work_tree
    from keyctl.registry.saving import create
    from keyctl.registry.skeleton import files_around, registry_files

    if not handle(security_team):
        raise typer.BadParameter(f"--security-team: {security_team!r} is no name of a group")
    root = folder.resolve()
    if root.exists() and not root.is_dir():
        raise Refusal(f"{folder} is no folder", "name a folder, or one that is to be made")
    repository = work_tree(root)
    if repository is None:
        check_environment(os.environ)
    top = repository or root
    prefix = "" if root == top else root.relative_to(top).as_posix() + "/"
    registry_id = str(uuid4())
    own = {prefix + path: data for path, data in registry_files(registry_id).items()}
    around = files_around(registry_id, forge, __version__, security_team, prefix)
    taken = [path for path in own if _present(top / path)]
    if taken:
        raise Refusal(
            f"{top / taken[0]} is there already" + (f", and {len(taken) - 1} more files" if taken[1:] else ""),
            "nothing was written; name another folder, or work with the registry that is there",
        )
    left = [path for path in around if _present(top / path)]
    files = {**own, **{path: data for path, data in around.items() if path not in left}}
    hints = list(_taken_over(files, left, around, top))
    root.mkdir(parents=True, exist_ok=True)
    for path, data in sorted(files.items()):
        create(top, path, data)
    if repository is None:
        commit, known = first_commit(root, sorted(files), "Begin a registry of exchange API keys")
        sys.stdout.write(f"a registry in {root}, committed as {commit} on main ({len(files)} files)\n")
        if not known:
            hints.append("git knows no name of yours, so the commit's author is keyctl; see git config user.name")
    else:
        sys.stdout.writelines(f"{path}\n" for path in sorted(files))
        hints.append(
            f"the files were added to the repository in {top} and not committed: look at them, then commit them"
        )
    hints.append("next: declare an account in registry/accounts.yaml and an app in registry/apps.yaml, then")
    hints.append("      exchange-keyctl new KEY --owner APP --exchange EXCHANGE")
    sys.stderr.writelines(f"{hint}\n" for hint in hints)


def _present(path: Path) -> bool:
    return os.path.lexists(path)


def _taken_over(files: dict[str, bytes], left: list[str], around: dict[str, bytes], top: Path) -> list[str]:
    """What to say of files that were there already; GitLab's pipeline is put where it can be included."""
    from keyctl.registry.owners import FILE
    from keyctl.registry.skeleton import INCLUDED

    hints = []
    for path in left:
        hint = f"{path} was there already and was left alone"
        if path == ".gitlab-ci.yml" and not _present(top / INCLUDED):
            files[INCLUDED] = around[path]
            hint += f"; include {INCLUDED} in it, and take over its stages and workflow"
        elif path == FILE:
            hint += "; 'exchange-keyctl fmt --codeowners' adds the registry's part to it"
        hints.append(hint)
    return hints
