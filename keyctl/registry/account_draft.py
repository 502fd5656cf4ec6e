"""The entry of a new account: what is known is filled in, what nobody can know yet stands there as comments."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.model.account import Account
from keyctl.registry.quoting import flow_text, name_text, written
from keyctl.registry.reader import Node


def account_value(account: Account) -> dict[str, Node]:
    """The fields of an account that is to be, in the schema's order."""
    fields: dict[str, Node] = {"exchange": str(account.exchange), "environment": account.environment.value}
    if account.parent is not None:
        fields["parent"] = str(account.parent)
    fields["mode"] = account.mode.value
    if account.dedicated_to is not None:
        fields["dedicated_to"] = str(account.dedicated_to)
    if account.max_balance:
        fields["max_balance"] = {
            code: int(amount) if amount == int(amount) else str(amount) for code, amount in account.max_balance
        }
    return fields


def account_lines(account: Account, *, wallet: bool = False, address: str | None = None) -> Iterator[str]:
    """The entry's lines in registry/accounts.yaml. The comments stand within it, so that whatever is added to the file
    later comes behind all of it. ``wallet`` says that a wallet's signature opens the account, ``address`` that wallet's
    address where it is known."""
    yield "# Proposed by 'exchange-keyctl new': fill in what is commented out as soon as it is known."
    yield f"{name_text(account.name)}:"
    for name, value in account_value(account).items():
        if name == "mode":
            yield from _unknown(account, wallet=wallet, address=address)
        text = written(value, flow=False) if isinstance(value, str) else flow_text(value)
        note = "    # a proposal: the most that may lie there" if name == "max_balance" else ""
        yield f"  {name}: {text}{note}"


def _unknown(account: Account, *, wallet: bool, address: str | None) -> Iterator[str]:
    if wallet:
        yield f'  # uid: "{address or "0x…"}"    # the address of the wallet that approves'
        yield "  # two_factor: hardware    # once the wallet's own key is on a device"
        return
    if account.parent is not None:
        yield '  # subaccount: "…"    # what the exchange wants in calls, once the sub-account is there'
    yield '  # uid: "…"    # as the exchange shows it'
    yield "  # two_factor: hardware    # or passkey or totp, once it is set up; never sms"
    yield '  # email: "sha256:…"    # exchange-keyctl fingerprint --email'
