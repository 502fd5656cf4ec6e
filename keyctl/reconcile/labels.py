"""Labels of live keys: whoever may use the exchange's web page typed them, so they are shown with care."""

from __future__ import annotations

import re
from collections.abc import Iterable

from keyctl.model.live import LiveKey
from keyctl.model.marker import markers_in
from keyctl.model.observed import value_of
from keyctl.policy.secrets import find
from keyctl.registry.adopted import one_line

LONGEST = 60
"""So many characters of a label are shown."""
_WORDS = 40
_SHORTEST_ID = 4


def shown(live: LiveKey, ids: Iterable[str]) -> str | None:
    """The label for people and for comments: on one line, cut, nothing in it that could act. None where there is none.

    One that looks like a secret, whatever the confidence, or that holds one of ``ids``, is not repeated.
    """
    label = value_of(live.label)
    if not label:
        return None
    line = one_line(label)
    return concealed(live, ids) or (line if len(line) <= LONGEST else line[:LONGEST] + "…")


def concealed(live: LiveKey, ids: Iterable[str]) -> str | None:
    """Why the label is not repeated, as it is told in its place; None where it may be, or where there is none."""
    label = value_of(live.label) or ""
    hits = find(label) or find(one_line(label))
    if hits:
        return f"(not repeated here: it holds what looks like {hits[0].what})"
    return "(not repeated here: it holds an id)" if _holds_id(label, ids) else None


def words(live: LiveKey, ids: Iterable[str]) -> str | None:
    """What of a label a key can be named after: its words in lower case with ``-`` between. None for a label that is
    not plain ASCII, and for one that holds a marker, an id or what looks like a secret."""
    label = value_of(live.label)
    if not label or not label.isascii() or not label.isprintable() or find(label) or _holds_id(label, ids):
        return None
    text = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:_WORDS].strip("-")
    return None if not text or markers_in(text) or find(text) else text


def _holds_id(label: str, ids: Iterable[str]) -> bool:
    lowered = label.lower()
    return any(len(text) >= _SHORTEST_ID and text.lower() in lowered for text in ids)
