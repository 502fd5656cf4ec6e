"""Scopes of keys and tokens: ``<group>:<level>``, a group that is not named has none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from keyctl.sandbox.deribit.vocabulary import GROUPS, LEVELS, wrong

Scope = Mapping[str, str]
"""Group → level."""


def of_rights(rights: Mapping[str, tuple[str, ...]]) -> Scope:
    """From a key's rights as scenarios write them."""
    return {group: levels[0] for group, levels in rights.items() if levels[0] != "none"}


def rights_of(scope: Scope) -> Mapping[str, tuple[str, ...]]:
    """The reverse."""
    return {group: (level,) for group, level in sorted(scope.items())}


def text(scope: Scope) -> str:
    """As answers have it: sorted, without ``none``."""
    return " ".join(f"{group}:{level}" for group, level in sorted(scope.items()))


def parsed(tokens: Iterable[str], param: str) -> Scope:
    """From what a caller sends. Raises Refused for unknown groups and levels, and for a set that opens nothing."""
    scope: dict[str, str] = {}
    for token in tokens:
        group, _, level = token.partition(":")
        if group not in GROUPS or level not in LEVELS or group in scope:
            raise wrong(param)
        scope[group] = level
    opened = {group: level for group, level in scope.items() if level != "none"}
    if not opened:
        raise wrong(param)
    return opened


def allows(scope: Scope, group: str, level: str) -> bool:
    return LEVELS.index(scope.get(group, "none")) >= LEVELS.index(level)


def covers(scope: Scope, other: Scope) -> bool:
    """Whether everything that ``other`` may is allowed by ``scope``."""
    return all(allows(scope, group, level) for group, level in other.items())


def cut(scope: Scope, other: Scope) -> Scope:
    """What both allow."""
    both = {group: min(level, other.get(group, "none"), key=LEVELS.index) for group, level in scope.items()}
    return {group: level for group, level in both.items() if level != "none"}
