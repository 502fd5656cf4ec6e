"""``keyctl fmt``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer

from keyctl.cli.exits import status_of
from keyctl.cli.options import RegistryOption
from keyctl.cli.roots import registry_root
from keyctl.model.finding import ExitReason


def fmt(
    registry: RegistryOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; show what would change, with exit status 2.")
    ] = False,
    codeowners: Annotated[
        bool,
        typer.Option("--codeowners", help="Begin .gitlab/CODEOWNERS where it has no part of keyctl's yet."),
    ] = False,
    security_team: Annotated[
        str | None,
        typer.Option(
            "--security-team",
            metavar="TEAM",
            help="With --codeowners: the group for all but keys, else what the file says.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Canonical order and quoting, comments kept; and .gitlab/CODEOWNERS, where keyctl keeps a part of it."""
    from keyctl.registry.owners import handle
    from keyctl.registry.saving import create, save

    if security_team is not None and not (codeowners and handle(security_team)):
        raise typer.BadParameter("--security-team names a group, together with --codeowners")
    root = registry_root(registry)
    problems: list[str] = []
    changes: list[tuple[Path, str, bytes | None, bytes]] = [(root, *change) for change in _files(root, problems)]
    changes += _owners(root, codeowners, security_team, problems)
    for top, path, before, after in changes:
        if check:
            sys.stdout.writelines(_difference(path, before or b"", after))
        else:
            if before is None:
                create(top, path, after)
            else:
                save(top, path, after)
            sys.stdout.write(f"{path}\n")
    sys.stderr.writelines(f"error: {problem}\n" for problem in problems)
    reasons = {ExitReason.FAILED} if problems else set()
    raise typer.Exit(status_of(reasons | ({ExitReason.DIFFERENCES} if check and changes else set())))


def _files(root: Path, problems: list[str]) -> Iterator[tuple[str, bytes, bytes]]:
    """Path, bytes and canonical bytes of each file that has another form."""
    from keyctl.registry.canonical import canonical
    from keyctl.registry.files import DOCUMENTS, FileRefused, read_file, walk
    from keyctl.registry.reader import YamlError

    found = walk(root)
    problems += [f"{finding.message}\n  -> {finding.remedy}" for finding in found.findings]
    for path in found.paths:
        try:
            before = read_file(root, path)
            after = canonical(before, DOCUMENTS.get(path, "key"))
        except FileRefused as error:
            problems.append(f"{path} can't be read: {error}")
        except YamlError as error:
            problems.append(f"{path}:{error.line}:{error.column} {error.message}")
        else:
            if after != before:
                yield path, before, after


def _owners(
    root: Path, begin: bool, team: str | None, problems: list[str]
) -> Iterator[tuple[Path, str, bytes | None, bytes]]:
    """The same of ``.gitlab/CODEOWNERS``, below the repository's top."""
    from keyctl.registry.files import FileRefused, read_bytes
    from keyctl.registry.load import load
    from keyctl.registry.owners import FILE, SECURITY_TEAM, has_parts, security_team, with_owners, work_tree

    top = work_tree(root) or root
    before: bytes | None = None
    text = ""
    if os.path.lexists(top / FILE):
        try:
            before = read_bytes(str(top / FILE))
            text = before.decode("utf-8")
        except (FileRefused, UnicodeDecodeError) as error:
            problems.append(f"{FILE} can't be read: {error}")
            return
    if not begin and not has_parts(text):
        return
    loaded = load(root)
    if loaded.registry is None:
        problems.append(
            f"{FILE} was not looked at, since the registry is not valid\n  -> see 'exchange-keyctl validate'"
        )
        return
    named = security_team(text, loaded.registry.id)
    if named is None and not begin:
        return
    prefix = "" if root == top else root.relative_to(top).as_posix() + "/"
    after = with_owners(text, loaded.registry, team or named or SECURITY_TEAM, prefix).encode("utf-8")
    if after != before:
        yield top, FILE, before, after


def _difference(path: str, before: bytes, after: bytes) -> Iterator[str]:
    """As git shows it, but for what looks like a secret: a log is no place for that."""
    from keyctl.policy.concealing import redactor_of
    from keyctl.policy.reading import hits_by_file

    texts = {path: before}
    redactor = redactor_of(texts, hits_by_file(texts))
    old, new = (data.decode("utf-8").splitlines(keepends=True) for data in (before, after))
    for line in unified_diff(old, new, f"a/{path}", f"b/{path}"):
        shown = line if redactor is None else redactor.scrub(line)
        yield shown if line.endswith("\n") else shown + "\n\\ No newline at end of file\n"
