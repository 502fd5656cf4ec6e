"""A story without any secret that stands in the files of either side: rows quote what files say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from keyctl.model.life import FieldValue
from keyctl.model.review import ReviewedChange, SharedEdit
from keyctl.policy.world import World
from keyctl.review.story import Told


def concealed(story: Told, worlds: Sequence[World]) -> Told:
    """The same story where no file holds a secret. A secret that a change removes is not repeated either."""
    if not any(world.hits for world in worlds):
        return story

    def text(value: str) -> str:
        for world in worlds:
            value = world.without_secrets(value)
        return value

    def shown(value: FieldValue) -> FieldValue:
        if isinstance(value, str):
            return text(value)
        return tuple(text(one) for one in value) if isinstance(value, tuple) else value

    def row(one: ReviewedChange) -> ReviewedChange:
        return replace(one, before=shown(one.before), after=shown(one.after))

    def edit(one: SharedEdit) -> SharedEdit:
        return replace(one, before=shown(one.before), after=shown(one.after))

    return replace(
        story,
        changes=tuple(row(one) for one in story.changes),
        shared=tuple(edit(one) for one in story.shared),
        tombstones=tuple(replace(one, reason=text(one.reason) if one.reason else None) for one in story.tombstones),
        findings=tuple(replace(one, message=text(one.message), remedy=text(one.remedy)) for one in story.findings),
    )
