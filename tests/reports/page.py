"""What a browser would make of markup: its elements, their attributes, its text."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"meta"})


class Parsed(HTMLParser):
    """``elements`` in order, each with its attributes; ``text`` is all between them. Fails on a wrong nesting."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.comments: list[str] = []
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def names(self) -> list[str]:
        return [tag for tag, _ in self.elements]
