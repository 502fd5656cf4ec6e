"""Which commits of the range did something, and who wrote them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from keyctl.history.commits import commits
from keyctl.history.git import Git
from keyctl.history.span import Span
from keyctl.model.finding import Finding
from keyctl.model.life import Commit
from keyctl.registry.files import KEYS
from keyctl.review.side import Side
from keyctl.review.words import by

_PATH = re.compile(r"(?:registry|keys\.d)/[A-Za-z0-9._/-]+\.yaml")
_REVOKED = "registry/revoked.yaml"
_BY_ID = frozenset({"identifier-lost", "tombstone-removed"})
"""Findings about ids that are nowhere any more, and so without a place."""


@dataclass(frozen=True, slots=True)
class Voices:
    """``folders`` are where the registry stood at the base and stands at the head."""

    span: Span
    written: Mapping[str, Commit]
    folders: tuple[str, ...]

    @classmethod
    def of(cls, git: Git, walked: Span, *places: str | None) -> Voices:
        """Reads the commits that touched the registry. Raises GitError."""
        folders = tuple(dict.fromkeys(place for place in places if place is not None))
        return cls(walked, commits(git, walked.touched), folders)

    def behind(self, paths: Iterable[str]) -> tuple[Commit, ...]:
        """Those that changed files of the registry, given by their paths in its folder; oldest first."""
        whole = [f"{folder}{path}" for path in paths for folder in self.folders]
        return tuple(self.written[one] for one in self.span.behind(whole))

    def named(self, ids: Iterable[str]) -> tuple[Commit, ...]:
        """Some commits of the range by their ids, oldest first."""
        wanted = set(ids)
        return tuple(self.written[one] for one in self.span.commits if one in wanted and one in self.written)

    def attributed(self, finding: Finding, base: Side, head: Side) -> Finding:
        """The finding with the commits that may have caused it: those that changed the file which it is about, else
        those that changed a file which it names."""
        paths = {finding.place.path} if finding.place is not None else set()
        for side in (base, head):
            key = side.registry.keys.get(finding.key) if finding.key is not None else None
            if key is not None:
                paths.add(key.place.path)
        if finding.rule in _BY_ID:
            paths.add(_REVOKED)
            paths |= {path for path in base.files if finding.key and path.endswith(f"/{finding.key}.yaml")}
        ours = [path for path in paths if path.startswith((KEYS, "registry/"))]
        named = _PATH.findall(f"{finding.message} {finding.remedy}")
        return replace(finding, message=finding.message + by(self.behind(ours) or self.behind(named)))
