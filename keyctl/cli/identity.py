"""Who is at work, as git would say it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def told_to_git(git: Any, field: str) -> str:
    """What the person's environment, else their configuration says of NAME or EMAIL; empty where neither does."""
    given = os.environ.get(f"GIT_AUTHOR_{field}")
    return given or str(git.config("--get", f"user.{field.lower()}", with_exceptions=False)).strip()


def person(folder: Path) -> str | None:
    """Name and address, as far as they are known to git in a folder; None for nobody."""
    from git import Git, GitCommandNotFound

    try:
        name, email = (told_to_git(Git(folder), field) for field in ("NAME", "EMAIL"))
    except GitCommandNotFound:
        return None
    return f"{name} <{email}>" if name and email else name or email or None
