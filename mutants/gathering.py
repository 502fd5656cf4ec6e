"""All mutants of a file, in the order of its lines."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mutants.mutant import Mutant, Step
from mutants.operators import Enums, dropped, instead, is_none, is_prose, negated_conditions

UNSEEN = frozenset({"annotation", "returns", "format_spec", "type_comment"})
"""Fields that nothing runs, or that only lay out text."""
NAMING = frozenset({"NewType", "TypeVar"})
"""Calls whose texts name a type for people."""
SHORT = (ast.Constant, ast.Name, ast.Attribute)
"""Nodes that mean little without what is around them."""
VALUED = (ast.Return, ast.keyword, ast.Assign, ast.AnnAssign, ast.arguments, ast.Call, ast.IfExp)
"""Nodes in which a None stands for a value."""
GENERIC = frozenset({"tuple", "list", "dict", "set", "frozenset", "type", "Mapping", "Callable", "Iterator"})
"""What stands before square brackets that hold types."""
LONGEST = 120


@dataclass(frozen=True, slots=True)
class _At:
    """Where a walk is."""

    scope: str = "module"
    ran: range | None = None
    path: tuple[Step, ...] = ()
    inside_function: bool = False
    around: str = ""


def enums_in(tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """The members of the enumerations that a file defines."""
    return {
        node.name: tuple(
            statement.targets[0].id
            for statement in node.body
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        )
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Enum") for base in node.bases)
    }


def mutants_of(file: str, source: str, enums: Enums) -> tuple[ast.Module, list[Mutant]]:
    """The file's syntax tree and all its mutants."""
    tree = ast.parse(source)
    found: list[Mutant] = []
    count: Counter[tuple[str, str, str]] = Counter()
    for mutant in _Walk(file, enums, _aliases(tree, enums)).node(tree, _At()):
        alike = (mutant.scope, mutant.was, mutant.now)
        count[alike] += 1
        found.append(replace(mutant, nth=count[alike]))
    return tree, sorted(found, key=lambda mutant: mutant.line)


def _aliases(tree: ast.Module, enums: Enums) -> dict[str, tuple[str, str]]:
    """The module's own names for members of enumerations."""
    names: dict[str, tuple[str, str]] = {}
    for statement in tree.body:
        if not isinstance(statement, ast.Assign):
            continue
        target, value = statement.targets[0], statement.value
        pairs = (
            zip(target.elts, value.elts, strict=False)
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            else [(target, value)]
        )
        for name, member in pairs:
            match name, member:
                case ast.Name(), ast.Attribute(value=ast.Name(id=owner)) if member.attr in enums.get(owner, ()):
                    names[name.id] = (owner, member.attr)
    return names


@dataclass(frozen=True, slots=True)
class _Walk:
    file: str
    enums: Enums
    aliases: Mapping[str, tuple[str, str]]

    def node(self, node: ast.AST, at: _At) -> Iterator[Mutant]:
        """Every mutant of a node and of what is below it."""
        if self._is_left_alone(node):
            return
        at = self._entered(node, at)
        for other in instead(node, self.enums, self.aliases):
            was, now = _text(node), "(removed)" if isinstance(other, ast.Pass) else _text(other)
            if was != now:
                within = f"{was} in {at.around}" if isinstance(node, SHORT) and at.around else was
                yield self._mutant(node, at, at.path, within, now, other)
        for field, index in dropped(node):
            part = getattr(node, field)[index]
            was = f"{_text(node.keys[index])}: …" if isinstance(node, ast.Dict) else _part(node, part)
            yield self._mutant(part, at, (*at.path, (field, index)), was, "(removed)", None)
        for index, other in negated_conditions(node):
            was = _text(node.ifs[index])  # type: ignore[attr-defined]  # only comprehensions have any
            yield self._mutant(other, at, (*at.path, ("ifs", index)), was, _text(other), other)
        for field, value in ast.iter_fields(node):
            if field in UNSEEN:
                continue
            for place, child in _children(value):
                if not isinstance(child, ast.AST) or _says_nothing(node, child):
                    continue
                around = _around(node, child)
                below = replace(self._imported(node, field, at), path=(*at.path, (field, place)), around=around)
                yield from self.node(child, below)
                if is_none(child) and isinstance(node, VALUED):
                    yield self._mutant(child, below, below.path, _part(node, child), "''", ast.Constant(""))

    def _is_left_alone(self, node: ast.AST) -> bool:
        match node:
            case ast.Import() | ast.ImportFrom() | ast.Assert():
                return True
            case ast.Expr(value=ast.Constant()):  # a docstring
                return True
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                return True
            case ast.Call(func=ast.Name(id=name)) if name in NAMING:
                return True
            case ast.Subscript(value=ast.Name(id=name)) if name in GENERIC:
                return True
        return False

    def _entered(self, node: ast.AST, at: _At) -> _At:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                scope = node.name if at.scope == "module" else f"{at.scope}.{node.name}"
                return replace(
                    at, scope=scope, inside_function=at.inside_function or not isinstance(node, ast.ClassDef)
                )
            case ast.stmt() if at.inside_function:
                body = getattr(node, "body", None)
                last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
                return replace(at, ran=range(node.lineno, max(node.lineno, last) + 1))
            case ast.match_case() if at.inside_function:
                return replace(at, ran=range(node.pattern.lineno, node.body[0].end_lineno or node.body[0].lineno))
        return at

    def _imported(self, node: ast.AST, field: str, at: _At) -> _At:
        """Decorators and defaults of a function run where the function is defined."""
        outer = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and field in ("decorator_list", "args")
        return replace(at, ran=None, inside_function=False) if outer else at

    def _mutant(
        self, node: ast.AST, at: _At, path: tuple[Step, ...], was: str, now: str, other: ast.AST | None
    ) -> Mutant:
        line = getattr(node, "lineno", at.ran.start if at.ran else 1)
        return Mutant(self.file, at.scope, line, was, now, 1, at.ran, path, other)


def _children(value: object) -> Iterator[tuple[int | None, object]]:
    if isinstance(value, list):
        yield from enumerate(value)
    else:
        yield None, value


def _says_nothing(node: ast.AST, child: ast.AST) -> bool:
    """Whether it is the wording around what is filled into a sentence, or a return that ends what ends anyway."""
    if isinstance(node, ast.JoinedStr):
        return is_prose(node) and isinstance(child, ast.Constant)
    ends = isinstance(child, ast.Return) and is_none(child.value)
    return ends and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and child is node.body[-1]


def _around(node: ast.AST, child: ast.AST) -> str:
    """What is around a part, as far as it helps to recognise it: an expression, or the name of what has a default."""
    if isinstance(node, ast.expr | ast.keyword | ast.Assign):
        return _text(node)
    if isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        defaults = [*zip(reversed(positional), reversed(node.defaults), strict=False)]
        defaults += [(arg, default) for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True) if default]
        return "".join(f"{arg.arg}={_text(default)}" for arg, default in defaults if default is child)
    return ""


def _part(node: ast.AST, part: ast.AST) -> str:
    """A part for people, with enough around it to be recognised."""
    if isinstance(part, ast.match_case):
        return f"case {ast.unparse(part.pattern)}"
    if isinstance(node, ast.comprehension):
        return f"if {_text(part)}"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return f"@{_text(part)}"
    return f"{_text(part)} in {_around(node, part) or _text(node)}"


def _text(node: ast.AST | None) -> str:
    """As source; of what has a body the first line only."""
    match node:
        case None:
            text = "**"
        case ast.If() | ast.While():
            text = f"if {ast.unparse(node.test)}"
        case ast.For():
            text = f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}"
        case _:
            text = " ".join(ast.unparse(node).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
