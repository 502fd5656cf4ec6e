"""The methods that show accounts and what was done in them."""

from __future__ import annotations

from keyctl.sandbox.deribit.keys import Asked
from keyctl.sandbox.deribit.state import State
from keyctl.sandbox.deribit.vocabulary import wrong
from keyctl.sandbox.invented import invented_secret
from keyctl.sandbox.scenario import SimulatedAccount

MOST_ENTRIES, ENTRIES = 1000, 10


class Accounts:
    """Answers about the account that the caller acts on."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get_account_summary(self, asked: Asked) -> object:
        asked.call.text("currency")
        if asked.distortion.empty:
            return {}
        summary: dict[str, object] = {"currency": asked.call.text("currency"), "balance": 0.0, "equity": 0.0}
        if asked.call.has("extended") and asked.call.flag("extended"):
            full = self._full(asked.caller.account)
            summary |= {name: full[name] for name in ("id", "type", "username", "system_name", "email")}
            summary["id"] = int(asked.distortion.uid or asked.caller.account.uid)
        return summary

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
