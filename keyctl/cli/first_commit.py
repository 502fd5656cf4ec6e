"""A git repository for a new registry, and its first commit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from keyctl.cli.identity import told_to_git
from keyctl.model.refusal import Refusal

_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
_NOBODY = {"NAME": "keyctl", "EMAIL": "keyctl@localhost"}


def check_environment(environ: Mapping[str, str]) -> None:
    """Refuses an environment that would make git work on another repository than the one that is to be."""
    for name in _ELSEWHERE:
        if environ.get(name):
            raise Refusal(f"{name} is set, so git would not work in the new folder", f"unset {name}")


def first_commit(folder: Path, paths: Iterable[str], message: str) -> tuple[str, bool]:
    """Makes a repository on branch ``main`` in a folder that lies in none, and commits these files of it alone.

    The person's own name and address are the author's; nothing else of their configuration counts, neither hooks nor
    templates. Returns the commit's short id, and whether there was such a person. Raises Refusal.
    """
    from git import GitCommandError, GitCommandNotFound, Repo

    hermetic = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TEMPLATE_DIR": ""}
    try:
        repo = Repo.init(folder, mkdir=False, env=hermetic, initial_branch="main")
        try:
            own = {field: told_to_git(repo.git, field) for field in _NOBODY}
            known = all(own.values())
            who = own if known else _NOBODY
            identity = {
                f"GIT_{role}_{field}": value for role in ("AUTHOR", "COMMITTER") for field, value in who.items()
            }
            with repo.git.custom_environment(**hermetic, **identity):
                repo.git.add("-f", "--", *paths)
                repo.git.commit("-q", "--no-verify", "--no-gpg-sign", "-m", message, "--", *paths)
                return str(repo.git.rev_parse("--short", "HEAD")), known
        finally:
            repo.close()
    except GitCommandNotFound:
        raise Refusal(
            "the files are there, and there is no git to commit them", "install git, then commit them"
        ) from None
    except GitCommandError as error:
        said = str(error.stderr).strip().removeprefix("stderr:").strip(" '\n")
        raise Refusal(f"the files are there, and git did not commit them: {said}", "commit them yourself") from None
