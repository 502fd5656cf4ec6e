"""Findings as forges want them: each at a line of a file of the repository, with a fingerprint of its own."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from keyctl.model.finding import Finding
from keyctl.reports.text import plain

STAND_IN = "registry/registry.yaml"
"""Where findings without a place are shown. GitLab hides a whole report, and GitHub refuses it, for one finding that
has none."""

_NUMBER = re.compile(r"\b\d+\b")


@dataclass(frozen=True, slots=True)
class Placed:
    """One finding at the edge.

    ``path`` is relative to the repository's root, without ``.`` and ``..``, and holds no character that can't be
    printed. ``line`` counts from 1; ``column`` is None where it is not known. ``fingerprint`` is 64 hex digits: no two
    findings of a result share one, and it stays the same when lines, days and counts move.
    """

    finding: Finding
    path: str
    line: int
    column: int | None
    fingerprint: str


def placed(findings: Iterable[Finding], prefix: str) -> Iterator[Placed]:
    """The findings in their order; ``prefix`` is the registry's folder in the repository."""
    seen: Counter[str] = Counter()
    for finding in findings:
        place = finding.place
        path = _inside(prefix + place.path if place and _inside(place.path) else prefix + STAND_IN)
        alike = _identity(finding, path)
        fingerprint = sha256(f"{alike}\0{seen[alike]}".encode()).hexdigest()
        seen[alike] += 1
        known = place is not None and place.line > 0
        yield Placed(
            finding,
            path,
            place.line if place is not None and known else 1,
            place.column if place is not None and known and place.column > 0 else None,
            fingerprint,
        )


def advice(finding: Finding) -> str:
    """Message and remedy in one line, for formats that have a place for one text only."""
    return plain(f"{finding.message} -> {finding.remedy}" if finding.remedy else finding.message)


def _inside(path: str) -> str:
    return "/".join(part for part in plain(path).split("/") if part not in ("", ".", ".."))


def _identity(finding: Finding, path: str) -> str:
    """What makes a finding the same one tomorrow: all but severity and whatever counts lines, days or items."""
    names = [part for part in finding.place.pointer if isinstance(part, str)] if finding.place else []
    told = _NUMBER.sub("#", plain(finding.message))
    key, account = (plain(name) if name is not None else None for name in (finding.key, finding.account))
    return json.dumps([plain(finding.rule), key, account, path, [plain(name) for name in names], told])
