"""The survivors that somebody looked at: each one with the reason why no test has to notice it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from mutants.mutant import Mutant

LIST = Path(__file__).parent / "survivors.yaml"
Name = tuple[str, str, str, str, int]


def known(path: Path = LIST) -> dict[Name, str]:
    """Each listed survivor's reason. An entry is about mutants of one function or class that survive for one reason."""
    reasons: dict[Name, str] = {}
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")) or []:
        for mutant in entry["mutants"]:
            name = (entry["file"], entry["in"], mutant["was"], mutant["now"], mutant.get("nth", 1))
            if name in reasons or not entry["reason"].strip():
                raise SystemExit(f"{path.name}: listed twice, or without a reason: {name}")
            reasons[name] = entry["reason"].strip()
    return reasons


def entry(mutant: Mutant) -> str:
    """The entry for the list; its reason is to be filled in."""
    change: dict[str, str | int] = {"was": mutant.was, "now": mutant.now}
    if mutant.nth > 1:
        change["nth"] = mutant.nth
    listed = {"file": mutant.file, "in": mutant.scope, "reason": "", "mutants": [change]}
    return yaml.safe_dump([listed], sort_keys=False, allow_unicode=True, width=1000).rstrip()


def stale(reasons: Mapping[Name, str], every: set[Name], survived: set[Name], files: set[str]) -> list[str]:
    """Entries that name no mutant any more, or one that is killed now."""
    return [
        f"{name[0]} {name[1]}: {name[2]}  →  {name[3]}: " + ("is killed now" if name in every else "is no mutant")
        for name in reasons
        if name[0] in files and name not in survived
    ]
