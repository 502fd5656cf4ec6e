"""Where a secret lies and what it looks like; never the secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from keyctl.model.finding import Confidence

_RANK = {Confidence.LOW: 0, Confidence.MEDIUM: 1, Confidence.HIGH: 2}


@dataclass(frozen=True, slots=True)
class Hit:
    """``kind`` is a stable name, ``what`` says it to people ("a PEM private key"). ``start`` and ``end`` are offsets in
    characters of the text that was searched, or 0 and 0 where the name of a file is what tells."""

    kind: str
    what: str
    start: int
    end: int
    confidence: Confidence


def without_overlaps(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """By start. Of hits that overlap, the surer one stays, then the longer, then the one that comes first."""
    best: list[Hit] = []
    ranked = sorted(hits, key=lambda h: (-_RANK[h.confidence], h.start - h.end, h.start, h.kind))
    taken = bytearray(max((hit.end for hit in ranked), default=0))
    for hit in ranked:
        if not any(taken[hit.start : hit.end]):
            taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
            best.append(hit)
    return tuple(sorted(best, key=lambda hit: hit.start))
