"""One small wrong change to a file."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass

Step = tuple[str, int | None]
"""A field of a syntax node, and the index in it where it is a list."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change. ``scope`` is the function or class that it is in, ``module`` outside of any.

    ``nth`` counts those of a scope that read alike. ``ran`` are the lines of which a test must have run one to notice;
    None for what runs when the module is imported. ``replacement`` takes the place of the node at ``path``; None
    removes it.
    """

    file: str
    scope: str
    line: int
    was: str
    now: str
    nth: int
    ran: range | None
    path: tuple[Step, ...]
    replacement: ast.AST | None

    def __str__(self) -> str:
        again = f" (number {self.nth})" if self.nth > 1 else ""
        return f"{self.file}:{self.line} {self.scope}: {self.was}  →  {self.now}{again}"

    @property
    def name(self) -> tuple[str, str, str, str, int]:
        """What tells it from all others whatever line it stands on."""
        return (self.file, self.scope, self.was, self.now, self.nth)

    def applied(self, tree: ast.Module) -> ast.Module:
        """A copy of the file's syntax tree with the change made."""
        changed = copy.deepcopy(tree)
        node: ast.AST = changed
        for field, index in self.path[:-1]:
            value = getattr(node, field)
            node = value if index is None else value[index]
        field, index = self.path[-1]
        new = copy.deepcopy(self.replacement)
        if index is None:
            setattr(node, field, new)
        elif new is None:
            del getattr(node, field)[index]
            if isinstance(node, ast.Dict):
                del (node.keys if field == "values" else node.values)[index]
        else:
            getattr(node, field)[index] = new
        return ast.fix_missing_locations(changed)
