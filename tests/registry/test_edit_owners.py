""".gitlab/CODEOWNERS: who is asked about which file, by GitLab's own rule that the last pattern of a section counts."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest

from keyctl.model.registry import Registry
from keyctl.registry.load import load_documents
from keyctl.registry.owners import handle, has_parts, security_team, with_owners
from tests.registry.writing import base

KEY = "account: bybit-main\nowner: {}\nscopes: [read]\nips: any\n"


def registry(**owners: str) -> Registry:
    """The base with a key file for each owner; ``__`` in a name stands for a folder."""
    files = base()
    files["registry/apps.yaml"] = (
        "hedger: {team: market-making, kind: internal}\n"
        "arb: {team: desk/arbitrage, kind: internal}\n"
        "evil: {team: 'x @attacker /registry/ @attacker', kind: internal}\n"
    )
    for name, owner in owners.items():
        files[f"keys.d/{name.replace('__', '/').replace('_', '-')}.yaml"] = KEY.format(owner)
    loaded = load_documents({path: text.encode() for path, text in files.items()})
    assert loaded.registry is not None, loaded.findings
    return loaded.registry


def asked(text: str, path: str) -> list[str]:
    """Whom GitLab asks about a change of a file: of each section the owners behind the last pattern that fits."""
    owners: dict[str, str] = {}
    section = ""
    for line in text.splitlines():
        if re.fullmatch(r"\^?\[.*\].*", line):
            section = line
        elif line and not line.startswith("#"):
            pattern, _, who = line.partition(" ")
            fits = f"/{path}".startswith(pattern) if pattern.endswith("/") else fnmatchcase(f"/{path}", pattern)
            if fits or pattern == "*":
                owners[section] = who
    return sorted(set(owners.values()))


def test_a_team_s_folder_is_the_team_s_and_everything_else_is_security_s() -> None:
    text = with_owners("", registry(mm__a="hedger", mm__b="hedger", own__k="keyctl"), "security")
    assert asked(text, "keys.d/mm/a.yaml") == ["@market-making"]
    assert asked(text, "keys.d/mm/new.yaml") == ["@market-making"]
    for path in ("keys.d/new.yaml", "keys.d/own/k.yaml", "registry/policy.yaml", "registry/accounts.yaml",
                 "registry/apps.yaml", "registry/networks.yaml", "registry/revoked.yaml", ".gitlab-ci.yml",
                 ".gitlab/CODEOWNERS", "schemas/key.schema.json"):  # fmt: skip
        assert asked(text, path) == ["@security"], path
    assert asked(text, "src/main.py") == []


def test_a_folder_of_several_teams_has_a_line_for_each_key_and_new_ones_are_security_s() -> None:
    text = with_owners("", registry(x__a="hedger", x__b="arb", top="arb"), "security")
    assert asked(text, "keys.d/x/a.yaml") == ["@market-making"]
    assert asked(text, "keys.d/x/b.yaml") == ["@desk/arbitrage"] == asked(text, "keys.d/top.yaml")
    assert asked(text, "keys.d/x/new.yaml") == ["@security"]


def test_a_team_s_name_can_not_smuggle_in_owners_or_patterns() -> None:
    text = with_owners("", registry(x__a="evil"), "security")
    assert asked(text, "keys.d/x/a.yaml") == ["@x-attacker-registry-attacker"]
    assert asked(text, "registry/apps.yaml") == ["@security"]


@pytest.mark.parametrize(
    ("team", "name"),
    [
        ("market-making", "@market-making"),
        ("@desk/mm", "@desk/mm"),
        ("Market Making", "@market-making"),
        ("Büro 7", "@b-ro-7"),
        ("§§", ""),
    ],
)
def test_a_team_s_name_in_gitlab(team: str, name: str) -> None:
    assert handle(team) == name


def test_other_people_s_lines_stay_and_never_fall_into_a_section_of_ours() -> None:
    first = with_owners("* @everybody\n", registry(mm__a="hedger"), "sec")
    assert first.startswith("* @everybody\n\n# keyctl begin")
    assert asked(first, "keys.d/mm/a.yaml") == ["@everybody", "@market-making"]
    appended = first + "* @late\n"
    again = with_owners(appended, registry(mm__a="hedger"), "sec")
    assert asked(again, "keys.d/mm/a.yaml") == ["@late", "@market-making"]
    assert with_owners(again, registry(mm__a="hedger"), "sec") == again
    sectioned = first + "\n[Docs]\n/docs/ @writers\n"
    assert with_owners(sectioned, registry(mm__a="hedger"), "sec") == sectioned


def test_the_part_names_the_security_team_and_each_registry_has_its_own() -> None:
    one = registry(mm__a="hedger")
    other = Registry("11111111-2222-4333-8444-555555555555", {}, {}, {}, {}, (), "")
    text = with_owners(with_owners("", one, "sec"), other, "other-sec", "desks/two b/")
    assert (security_team(text, one.id), security_team(text, other.id)) == ("@sec", "@other-sec")
    assert security_team(text, "") is None and has_parts(text) and not has_parts("* @x\n")
    assert "/desks/two\\ b/keys.d/ @other-sec" in text
    assert with_owners(text, one, "sec") == text
