from __future__ import annotations

from tests.exchanges.payloads import Meaning, Steps

FREE_TEXT = {"client_id", "name", "username", "system_name"}


def another_answer(path: Steps, value: object) -> bool:
    name = path[-1]
    if name in FREE_TEXT:
        return isinstance(value, str)
    if name == "enabled":
        return isinstance(value, bool)
    return name == "id" and path[0] == "result" and isinstance(value, int) and not isinstance(value, bool)


MEANING = Meaning(another_answer, listings=frozenset({("result",)}))
