"""The endpoints that read: the calling key, sub-accounts, and their keys."""

from __future__ import annotations

from keyctl.sandbox.okx.call import Call
from keyctl.sandbox.okx.vocabulary import ACCOUNT_NATIVE, READ, Refused
from keyctl.sandbox.scenario import SimulatedAccount, SimulatedKey
from keyctl.sandbox.world import ExchangeWorld

FIRST_ACCOUNT_MS = 1_600_000_000_000
MOST_MEMBERS = 100
Rows = list[dict[str, object]]


class Reading:
    """Answers of one world; each is the ``data`` of an envelope."""

    def __init__(self, world: ExchangeWorld) -> None:
        self._world = world

    def config(self, call: Call) -> Rows:
        if call.distortion.empty:
            return []
        key, account = call.key, call.account
        uid = call.distortion.uid or account.uid
        main = uid if account.parent is None else self._world.accounts[account.parent].uid
        fields: dict[str, object] = {
            "acctLv": "2",
            "acctStpMode": "cancel_maker",
            "autoLoan": False,
            "ctIsoMode": "automatic",
            "enableSpotBorrow": False,
            "greeksType": "PA",
            "feeType": "0",
            "ip": addresses(key),
            "type": account.native.get("type") or ("0" if account.parent is None else "1"),
            "kycLv": "3",
            "label": label(key),
            "level": "Lv1",
            "levelTmp": "",
            "liquidationGear": "-1",
            "mainUid": main,
            "mgnIsoMode": "automatic",
            "opAuth": "1",
            "perm": perm(key),
            "posMode": "long_short_mode",
            "roleType": "0",
            "spotBorrowAutoRepay": False,
            "spotOffsetType": "",
            "spotRoleType": "0",
            "spotTraderInsts": [],
            "stgyType": "0",
            "traderInsts": [],
            "uid": uid,
            "settleCcy": "USDC",
            "settleCcyList": ["USD", "USDC", "USDG"],
        }
        if not self._world.options.get("main_uid", True):
            del fields["mainUid"]
        return [fields]

    def keys(self, call: Call) -> Rows:
        found = self._world.keys_of(child_called(self._world, call, call.required("subAcct")))
        wanted = call.text("apiKey")
        if call.distortion.empty:
            return []
        if wanted:
            found = [key for key in found if key.id == wanted]
            if not found:
                raise Refused("59506")
        return [listed(key) for key in found]

    def members(self, call: Call) -> Rows:
        enable, name = call.text("enable"), call.text("subAcct")
        after, before, limit = call.number("after"), call.number("before"), call.number("limit")
        if enable not in (None, "", "true", "false"):
            raise Refused("51000", "enable")
        if limit is not None and not 1 <= limit <= MOST_MEMBERS:
            raise Refused("51000", "limit")
        rows = sorted(self._members(call), key=lambda row: -int(str(row["ts"])))
        if enable:
            rows = [row for row in rows if row["enable"] is (enable == "true")]
        if name:
            rows = [row for row in rows if row["subAcct"] == name]
        if before is not None:
            rows = [row for row in rows if int(str(row["ts"])) > before]
        start = 0
        if after is not None:
            start = sum(int(str(row["ts"])) >= after for row in rows)
            following = call.distortion.next_row(start, len(rows))
            start = len(rows) if following is None else following
        return [] if call.distortion.empty else rows[start : start + (limit or MOST_MEMBERS)]

    def _members(self, call: Call) -> Rows:
        made = {name: FIRST_ACCOUNT_MS + 1000 * number for number, name in enumerate(self._world.accounts)}
        return [
            {
                "canTransOut": False,
                "enable": native["enable"],
                "frozenFunc": native["frozen"],
                "gAuth": False,
                "label": native["label"],
                "mobile": "",
                "subAcct": called(child),
                "ts": str(native["created_ms"] or made[child.name]),
                "type": native["type"] or "1",
                "uid": call.distortion.uid or child.uid,
                "subAcctLv": "1",
                "firstLvSubAcct": called(child),
                "ifDma": False,
            }
            for child in self._world.children(call.account)
            for native in [{**ACCOUNT_NATIVE, **child.native}]
        ]


def called(account: SimulatedAccount) -> str:
    """What calls name a sub-account by."""
    return str(account.native.get("sub_acct") or account.name)


def child_called(world: ExchangeWorld, call: Call, name: str) -> SimulatedAccount:
    """The caller's sub-account of this name."""
    for child in world.children(call.account):
        if called(child) == name:
            return child
    raise Refused("59510")


def held(key: SimulatedKey) -> tuple[str, ...]:
    """A key's rights."""
    return tuple(key.rights.get("perm", ())) or (READ,)


def perm(key: SimulatedKey) -> str:
    return ",".join(held(key))


def addresses(key: SimulatedKey) -> str:
    return ",".join(key.ips)


def label(key: SimulatedKey) -> str:
    return key.label or key.name


def listed(key: SimulatedKey) -> dict[str, object]:
    """A key as listings have it."""
    return {
        "label": label(key),
        "apiKey": key.id,
        "perm": perm(key),
        "ip": addresses(key),
        "ts": str(int(key.created.timestamp()) * 1000),
    }
