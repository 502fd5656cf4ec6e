from __future__ import annotations

from tests.exchanges.payloads import Meaning, Steps

FREE_TEXT = {"label", "apiKey", "uid", "mainUid", "subAcct"}


def another_answer(path: Steps, value: object) -> bool:
    name = path[-1]
    if name in FREE_TEXT:
        return isinstance(value, str) and value != ""
    if name == "perm":  # any words are rights
        return isinstance(value, str) and value != ""
    return name == "enable" and isinstance(value, bool)


MEANING = Meaning(another_answer, listings=frozenset({("data",)}))
