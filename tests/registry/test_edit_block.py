"""A new entry with comments of its own stands below an empty line, and the bytes before it are what they were."""

from __future__ import annotations

from decimal import Decimal

import pytest

from keyctl.model.account import Account, Environment
from keyctl.model.names import AccountName, AppName, ExchangeId
from keyctl.model.place import Place
from keyctl.registry.account_draft import account_lines, account_value
from keyctl.registry.canonical import canonical
from keyctl.registry.edit import EditRefused, add_block
from keyctl.registry.reader import Node, read
from keyctl.registry.schema import types, validity

NEW: dict[str, Node] = {"exchange": "bybit", "mode": "observe"}
LINES = ["# proposed", "new:", "  exchange: bybit", '  # uid: "…"', "  mode: observe"]
TEXT = '# proposed\nnew:\n  exchange: bybit\n  # uid: "…"\n  mode: observe'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("main:\n  exchange: okx\n", f"main:\n  exchange: okx\n\n{TEXT}\n"),
        ("main:\n  exchange: okx", f"main:\n  exchange: okx\n\n{TEXT}"),
        ("\ufeffmain: {exchange: okx}\n", f"\ufeffmain: {{exchange: okx}}\n\n{TEXT}\n"),
        ("main:\n  exchange: okx   # here\n  # its own\n", f"main:\n  exchange: okx   # here\n  # its own\n\n{TEXT}\n"),
        ("main:\n  exchange: okx\n# the end\n", f"main:\n  exchange: okx\n\n{TEXT}\n# the end\n"),
        ("# none yet\n{}\n", f"# none yet\n{TEXT}\n"),
        ("{}", TEXT),
        ("{main: {exchange: okx}}\n", "{main: {exchange: okx}, new: {exchange: bybit, mode: observe}}\n"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_it_is_added_and_nothing_else_changes(before: str, after: str, newline: str) -> None:
    if "\n" not in before:
        newline = "\n"
    data = add_block(before.replace("\n", newline).encode(), "new", NEW, LINES)
    assert data.decode() == after.replace("\n", newline)


@pytest.mark.parametrize(
    ("before", "lines", "words"),
    [
        ("new: {exchange: okx}\n", LINES, "is there already"),
        ("main:\n  exchange: okx\n", ["new: {exchange: okx}"], "without changing more"),
        ("main:\n  exchange: okx\n", ["new: {"], "do it by hand"),
        ("- main\n", LINES, "is no mapping"),
    ],
)
def test_lines_that_mean_something_else_are_refused(before: str, lines: list[str], words: str) -> None:
    with pytest.raises(EditRefused, match=words):
        add_block(before.encode(), "new", NEW, lines)


def account(name: str, owner: str, parent: str | None, most: str | None) -> Account:
    return Account(
        AccountName(name),
        ExchangeId("bybit"),
        Environment.SANDBOX,
        Place("registry/accounts.yaml", (name,)),
        parent=None if parent is None else AccountName(parent),
        dedicated_to=AppName(owner),
        max_balance=() if most is None else (("USD", Decimal(most)),),
    )


@pytest.mark.parametrize(
    ("one", "wallet"),
    [
        (account("bybit-hedger", "hedger", "main", None), False),
        (account("bybit-vendor", "vendor", "main", "500"), False),
        (account("bybit-v", "v", None, "0.25"), True),
        (account("1e5", "0123", "no", "500"), False),
    ],
)
def test_an_account_that_is_to_be_is_valid_canonical_and_leaves_no_room_for_confusion(
    one: Account, wallet: bool
) -> None:
    data = b"main:\n  exchange: bybit\n"
    for entry in (one, account("later", "hedger", "main", None)):
        data = add_block(data, entry.name, account_value(entry), list(account_lines(entry, wallet=wallet)))
    assert validity("accounts")(read(data, types("accounts")))
    assert canonical(data, "accounts") == data
    lines = data.decode().splitlines()
    assert not lines[lines.index("later:") - 3].lstrip().startswith("#"), "the entry before ends with a field"
