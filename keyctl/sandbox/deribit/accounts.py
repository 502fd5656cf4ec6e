"""The methods that show accounts and what was done in them."""

from __future__ import annotations

from keyctl.sandbox.deribit.keys import Asked
from keyctl.sandbox.deribit.state import State
from keyctl.sandbox.deribit.vocabulary import CURRENCIES, wrong
from keyctl.sandbox.invented import invented_secret
from keyctl.sandbox.scenario import SimulatedAccount

MOST_ENTRIES, ENTRIES = 1000, 10


class Accounts:
    """Answers about the account that the caller acts on."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get_account_summary(self, asked: Asked) -> object:
        currency, account = asked.call.text("currency"), self._subject(asked)
        if asked.distortion.empty:
            return {}
        return _summary(account, currency) | self._extended(asked, account)

    def get_account_summaries(self, asked: Asked) -> object:
        account = self._subject(asked)
        if asked.distortion.empty:
            return {}
        held = [asset for asset in account.balances.get("account", {}) if asset not in CURRENCIES]
        return {
            "summaries": [_summary(account, currency) for currency in (*CURRENCIES, *held)],
            **self._extended(asked, account),
        }

    def _subject(self, asked: Asked) -> SimulatedAccount:
        """The account that is asked about: the caller's own, or a main account's sub-account."""
        caller = asked.caller.account
        if not asked.call.has("subaccount_id"):
            return caller
        wanted = str(asked.call.number("subaccount_id"))
        for account in (caller, *self._state.world.children(caller)):
            if account.uid == wanted:
                return account
        raise wrong("subaccount_id")

    def _extended(self, asked: Asked, account: SimulatedAccount) -> dict[str, object]:
        if not asked.call.has("extended") or not asked.call.flag("extended"):
            return {}
        full = self._full(account)
        shown = {name: full[name] for name in ("type", "username", "system_name", "email")}
        return {"id": int(asked.distortion.uid or account.uid), **shown}

    def get_subaccounts(self, asked: Asked) -> object:
        if asked.distortion.empty:
            return []
        account = asked.caller.account
        if account.parent is None:
            rows = [self._full(found) for found in (account, *self._state.world.children(account))]
        else:
            limited = ("id", "type", "username", "system_name")
            main = self._full(self._state.account(account.parent))
            rows = [{name: main[name] for name in limited}, self._full(account)]
        if asked.distortion.uid is not None:
            rows = [row | {"id": int(asked.distortion.uid)} for row in rows]
        return rows

    def get_access_log(self, asked: Asked) -> object:
        offset, count = asked.call.number("offset", 0), asked.call.number("count", ENTRIES)
        if not 1 <= count <= MOST_ENTRIES:
            raise wrong("count")
        if offset:
            offset = 0 if asked.distortion.repeat else max(0, offset - asked.distortion.shift)
        entries = [] if asked.distortion.empty else self._state.log(asked.caller.account.name)
        page = entries[offset : offset + count]
        if self._state.option("log_shape", "list") == "list":
            return page
        renamed = [{**{n: v for n, v in entry.items() if n != "log"}, "result": entry["log"]} for entry in page]
        return {"records_total": len(entries), "data": renamed}

    def _full(self, account: SimulatedAccount) -> dict[str, object]:
        native = account.native
        return {
            "email": native["email"] or f"{account.name}@example.com",
            "id": int(account.uid),
            "is_password": True,
            "margin_model": "segregated_sm",
            "login_enabled": native["login_enabled"],
            "receive_notifications": False,
            "system_name": native["system_name"] or account.name,
            "security_keys_enabled": native["two_factor"] != "none",
            "security_keys_assignments": [],
            "type": "main" if account.parent is None else "subaccount",
            "username": native["username"] or account.name,
            "proof_id": invented_secret(self._state.world.scenario, f"proof {account.uid}"),
            "proof_id_signature": invented_secret(self._state.world.scenario, f"signature {account.uid}"),
        }


def _summary(account: SimulatedAccount, currency: str) -> dict[str, object]:
    """What lies in an account of one currency; there are no positions, so all of it is free."""
    amount = float(account.balances.get("account", {}).get(currency, 0))
    free = ("balance", "equity", "margin_balance", "available_funds", "available_withdrawal_funds")
    return {"currency": currency, **dict.fromkeys(free, amount), "initial_margin": 0.0, "maintenance_margin": 0.0}
