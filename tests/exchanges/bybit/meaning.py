from __future__ import annotations

from tests.exchanges.payloads import GONE, Meaning, Steps

FREE_TEXT = {"note", "apiKey", "id", "uid", "username"}


def another_answer(path: Steps, value: object) -> bool:
    name = path[-1]
    if name in FREE_TEXT:
        return isinstance(value, str)
    if name == "readOnly":
        return value in (0, 1) and not isinstance(value, bool)
    if name == "isMaster":
        return isinstance(value, bool)
    if name == "status":
        return value in (1, 2, 4) and not isinstance(value, bool)
    if "ips" in path[:-1]:
        return value is GONE
    # a group or value that is not there is a right that is not there: the documentation reads missing groups as empty
    return "permissions" in path[:-1] and (value is GONE or isinstance(value, str | list))


MEANING = Meaning(
    another_answer,
    listings=frozenset({("result", "result"), ("result", "subMembers")}),
    open_objects=frozenset({"permissions"}),
)
