"""How a value is written so that every YAML reader takes it for what is meant, also those of YAML 1.1."""

from __future__ import annotations

import re

from keyctl.registry.reader import Node

_TAKEN = re.compile(
    r"""(?ix)
    ~ | null | true | false | y | yes | n | no | on | off | = | <<
    | [-+]? 0 (b [01_]+ | x [0-9a-f_]+ | o [0-7_]+)
    | [-+]? [0-9][0-9_]*
    | [-+]? [0-9][0-9_]* (: [0-5]? [0-9])+ (\. [0-9_]*)?
    | [-+]? ([0-9][0-9_]*)? \. [0-9._]* (e [-+]? [0-9]+)?
    | [-+]? [0-9][0-9_]* (\. [0-9_]*)? e [-+]? [0-9]+
    | [-+]? \. (inf | nan)
    | [0-9]{4} - [0-9]{1,2} - [0-9]{1,2} ([Tt \t] .*)?
    """
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN = re.compile(r"(?![ ])[A-Za-z0-9_./(][^\t\r\n\"'`]*(?<![ :])")
_ENDS_A_PLAIN_TEXT = re.compile(r": | #")
_FLOW_SIGNS = re.compile(r"[,\[\]{}?:]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def taken_for_other(text: str) -> bool:
    """Whether some YAML reader, of version 1.1 or 1.2, takes the plain text for a number, a truth, a date or nothing:
    ``0123``, ``1e5``, ``12:30:45``, ``no``, and, by the letter of 1.1, also ``203.0.113.10``."""
    return _TAKEN.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Whether the text has the form YYYY-MM-DD."""
    return _DATE.fullmatch(text) is not None


def written(text: str, *, flow: bool, quote: str = "") -> str:
    """A text as YAML, on one line: plain where no reader can go wrong, else in double quotes.

    ``flow`` says that it stands within ``{…}`` or ``[…]``. ``quote`` keeps a style: ``'`` or ``"``. Days are plain.
    """
    if quote == "'" and not _CONTROL.search(text):
        return "'" + text.replace("'", "''") + "'"
    if not quote and (is_date(text) or _plainly(text, flow=flow)):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", escaped) + '"'


def _plainly(text: str, *, flow: bool) -> bool:
    if not _PLAIN.fullmatch(text) or _ENDS_A_PLAIN_TEXT.search(text) or taken_for_other(text):
        return False
    return not (flow and _FLOW_SIGNS.search(text))


def name_text(name: str) -> str:
    """The name of a mapping's entry: those of fields are plain, ``on`` among them."""
    return name if _NAME.fullmatch(name) else written(name, flow=True)


def flow_text(node: Node) -> str:
    """A whole value on one line."""
    match node:
        case None:
            return "null"
        case bool():
            return "true" if node else "false"
        case int():
            return str(node)
        case str():
            return written(node, flow=True)
        case list():
            return "[" + ", ".join(flow_text(item) for item in node) + "]"
    return "{" + ", ".join(f"{name_text(name)}: {flow_text(value)}" for name, value in node.items()) + "}"
