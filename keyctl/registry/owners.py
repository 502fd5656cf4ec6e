"""``.gitlab/CODEOWNERS``: who has to approve a change of which file, from the teams of ``registry/apps.yaml``.

GitLab takes the last pattern of a section that fits a file, and reads the file on the branch that is merged into.
Other people's lines in it are left alone: keyctl's stand between two marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from keyctl.model.app import KEYCTL
from keyctl.model.registry import Registry
from keyctl.registry.files import KEYS

FILE = ".gitlab/CODEOWNERS"
SECURITY_TEAM = "security"
_BEGIN = "# keyctl begin "
_END = "# keyctl end"
_HANDLE = re.compile(r"@?[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_SECTION_OR_END = re.compile(r"(?:[^\S\n]*(?:#[^\n]*)?\n)*(?:\^?\[|\Z)")
_GUARDED = (".gitlab-ci.yml", ".gitlab/", ".github/", ".pre-commit-config.yaml")


def handle(team: str) -> str:
    """The GitLab name of a team: ``@`` and the team as it is written; where it is no such name, its letters and digits
    in lower case with ``-`` between, as GitLab makes a group's path of its title. Empty when nothing is left."""
    if _HANDLE.fullmatch(team):
        return "@" + team.removeprefix("@")
    slug = re.sub(r"[^a-z0-9]+", "-", team.lower()).strip("-")
    return f"@{slug}" if slug else ""


def has_parts(text: str) -> bool:
    """Whether the file has a part of any registry's."""
    return _BEGIN in text


def security_team(text: str, registry_id: str) -> str | None:
    """The security team that the file names in this registry's part; None where it has no such part."""
    found = _part(text, registry_id)
    return found["team"].strip() if found else None


def with_owners(text: str, registry: Registry, team: str, prefix: str = "") -> str:
    """The file with this registry's part made anew; at its end, unless a section of others begins behind it: lines
    without one would be taken into the part's last section.

    ``team`` is the security team, ``prefix`` the registry's folder in the repository, with a ``/`` at its end.
    """
    security = handle(team)
    part = "\n".join([f"{_begin(registry.id)}{security}", *_sections(registry, security, prefix), _END]) + "\n"
    found = _part(text, registry.id)
    if found and _SECTION_OR_END.match(text, found.end()):
        return text[: found.start()] + part + text[found.end() :]
    others = text[: found.start()] + text[found.end() :] if found else text
    gap = "" if not others else "\n" if others.endswith("\n") else "\n\n"
    return others + gap + part


def _begin(registry_id: str) -> str:
    return f"{_BEGIN}{registry_id}: made of apps.yaml by 'exchange-keyctl fmt'; security team: "


def _part(text: str, registry_id: str) -> re.Match[str] | None:
    begin = re.escape(_begin(registry_id))
    return re.search(rf"(?ms)^{begin}(?P<team>[^\r\n]*)\r?\n.*?^{_END}[^\S\n]*(?:\n|\Z)", text)


def work_tree(folder: Path) -> Path | None:
    """The top folder of the git work tree that holds a folder; None outside of any."""
    folder = folder.absolute()
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), None)


def _sections(registry: Registry, security: str, prefix: str) -> Iterator[str]:
    base = "/" + re.sub(r"([\s#\[\]*?!\\])", r"\\\1", prefix)
    yield "[Registry and pipeline]"
    for path in _GUARDED:
        yield f"/{path} {security}"
    for path in ("registry/", "schemas/"):
        yield f"{base}{path} {security}"
    yield ""
    yield "[Keys]"
    yield f"{base}{KEYS} {security}"
    for path, owner in _keys(registry, security):
        yield f"{base}{path} {owner}"


def _keys(registry: Registry, security: str) -> Iterator[tuple[str, str]]:
    """A line for each folder of ``keys.d`` whose keys are all one team's, and one for each key in others."""
    folders: dict[str, dict[str, str]] = {}
    for key in registry.keys.values():
        app = registry.apps.get(key.owner)
        owner = security if app is None or key.owner == KEYCTL else handle(app.team) or security
        folder = "/".join(key.place.path.split("/")[:2]) + "/" if key.place.path.count("/") > 1 else ""
        folders.setdefault(folder, {})[key.place.path] = owner
    lines: list[tuple[str, str]] = []
    for folder, owners in folders.items():
        teams = set(owners.values())
        lines += [(folder, teams.pop())] if folder and len(teams) == 1 else owners.items()
    for path, owner in sorted(lines):
        if owner != security:
            yield path, owner
