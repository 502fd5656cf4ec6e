"""What is changed: for each node of a syntax tree the small wrong ones that could stand in its place."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Mapping

Enums = Mapping[str, tuple[str, ...]]
"""The members of each enumeration of the package, by the class's name."""

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
CALLED = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "lower": "upper",
    "upper": "lower",
    "startswith": "endswith",
    "endswith": "startswith",
    "partition": "rpartition",
    "rpartition": "partition",
    "fullmatch": "match",
    "match": "search",
    "issubset": "issuperset",
    "issuperset": "issubset",
}
PROSE = re.compile(r"[A-Za-z'`’]\S* \S*[A-Za-z]")
"""Text with two words in it is a sentence for people; tests that pin wording would be mirrors."""

Change = tuple[str, str, str, int | None, ast.AST | None]
"""What it was and is, for people; the field of the node and the index in it; what comes there, None for nothing."""


def is_prose(node: ast.expr) -> bool:
    """Whether a string, with what is filled in taken as a word, reads as a sentence."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and PROSE.search(node.value) is not None
    assert isinstance(node, ast.JoinedStr)
    parts = (part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
    return PROSE.search("".join(map(str, parts))) is not None


def is_none(node: ast.AST | None) -> bool:
    """Whether there is nothing, or a None."""
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def instead(node: ast.AST, enums: Enums, aliases: Mapping[str, tuple[str, str]]) -> Iterator[ast.AST]:
    """What could stand in the place of an expression or a statement. ``aliases`` are names for members of ``enums``."""
    match node:
        case ast.Compare(ops=[only], comparators=[right]):
            for other in COMPARISONS[type(only)]:
                yield ast.Compare(node.left, [other()], [right])
        case ast.BoolOp():
            yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
            for index in range(len(node.values)):
                kept = [value for i, value in enumerate(node.values) if i != index]
                yield kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
            yield node.operand
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=(int() | float()) as number):
            yield ast.Constant(number + 1)
            if number > 0:
                yield ast.Constant(number - 1)
        case ast.Constant(value=str() as text) if not is_prose(node):
            yield ast.Constant(f"XX{text}XX" if text else "XX")
        case ast.Constant(value=bytes() as raw):
            yield ast.Constant(raw + b"X")
        case ast.Name(id=name, ctx=ast.Load()) if name in aliases:
            yield _next_member(*aliases[name], enums)
        case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name) if name in CALLED:
            renamed = copy.copy(node)
            setattr(renamed, "id" if isinstance(node, ast.Name) else "attr", CALLED[name])
            yield renamed
        case ast.Attribute(value=ast.Name(id=owner), attr=member) if member in enums.get(owner, ()):
            yield _next_member(owner, member, enums)
        case ast.Return(value=ast.Constant(value=bool())):  # turned round as a constant
            pass
        case ast.Return(value=ast.expr()) if not is_none(node.value):
            yield ast.Return(ast.Constant(None))
        case ast.Lambda():
            yield ast.Lambda(node.args, ast.Constant(None))
        case ast.Return() | ast.Raise() | ast.Break():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom() | ast.Await()):
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.AugAssign():
            yield ast.Pass()
            if type(node.op) in ARITHMETIC:
                yield ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
        case ast.If() | ast.While():
            if not isinstance(node.test, ast.Compare):
                yield _with(node, test=_negated(node.test))
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.For():
            yield _with(node, iter=ast.Tuple([], ast.Load()))


def dropped(node: ast.AST) -> Iterator[tuple[str, int]]:
    """The field and index of each part that could be left out."""
    match node:
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set():
            yield from (("elts", index) for index in range(len(node.elts)))
        case ast.Dict():
            yield from (("values", index) for index in range(len(node.values)))
        case ast.Call():
            yield from (("keywords", index) for index, word in enumerate(node.keywords) if word.arg is not None)
        case ast.comprehension():
            yield from (("ifs", index) for index in range(len(node.ifs)))
        case ast.Match() if len(node.cases) > 1:
            yield from (("cases", index) for index in range(len(node.cases)))
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield from (("decorator_list", index) for index in range(len(node.decorator_list)))


def negated_conditions(node: ast.AST) -> Iterator[tuple[int, ast.AST]]:
    """The conditions of a comprehension, turned round."""
    if isinstance(node, ast.comprehension):
        yield from ((i, _negated(test)) for i, test in enumerate(node.ifs) if not isinstance(test, ast.Compare))


def _negated(test: ast.expr) -> ast.expr:
    return test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else _not(test)


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _with(node: ast.AST, **fields: ast.AST) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _next_member(owner: str, member: str, enums: Enums) -> ast.expr:
    members = enums[owner]
    following = members[(members.index(member) + 1) % len(members)]
    return ast.Attribute(ast.Name(owner, ast.Load()), following, ast.Load())
