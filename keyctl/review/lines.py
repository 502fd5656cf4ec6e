"""Lines and columns of places at the head, looked up once for each file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from keyctl.model.finding import Finding
from keyctl.model.place import Place
from keyctl.registry.positions import Positions, positions
from keyctl.registry.reader import YamlError


class Lines:
    """Of the files whose bytes are given."""

    def __init__(self, content: Mapping[str, bytes]) -> None:
        self._content = content
        self._known: dict[str, Positions] = {}

    def of(self, place: Place) -> Place:
        """The place with its line; a node that is not there takes its nearest ancestor's."""
        if place.line:
            return place
        if place.path not in self._known:
            self._known[place.path] = self._read(place.path)
        known = self._known[place.path]
        pointer = place.pointer
        while pointer and pointer not in known:
            pointer = pointer[:-1]
        line, column = known.get(pointer, (0, 0))
        return replace(place, line=line, column=column)

    def located(self, finding: Finding) -> Finding:
        """The finding with its line."""
        return finding if finding.place is None else replace(finding, place=self.of(finding.place))

    def _read(self, path: str) -> Positions:
        try:
            return positions(self._content[path])
        except (KeyError, YamlError):
            return {}
