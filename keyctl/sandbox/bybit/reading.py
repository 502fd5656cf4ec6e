"""The endpoints that read: one key by itself, the keys of a sub-account, sub-accounts."""

from __future__ import annotations

from datetime import datetime

from keyctl.sandbox.bybit import shown
from keyctl.sandbox.bybit.call import Call
from keyctl.sandbox.bybit.vocabulary import (
    ACCOUNT_NATIVE,
    CUSTODIAL_FUND,
    INSPECTED_GROUPS,
    KEY_NATIVE,
    LISTED_GROUPS,
    Refused,
    digits,
)
from keyctl.sandbox.scenario import SimulatedKey
from keyctl.sandbox.world import ExchangeWorld, stamp

CAPPED_SUB_ACCOUNTS = 1000


class Reading:
    """Results of the reading endpoints over one world."""

    def __init__(self, world: ExchangeWorld) -> None:
        self._world = world

    def query_api(self, call: Call) -> dict[str, object]:
        if call.distortion.empty:
            return {}
        key, account = call.key, call.account
        parent = self._world.accounts[account.parent] if account.parent is not None else None
        return {
            "id": shown.internal_id(key),
            "note": key.label,
            "apiKey": key.id,
            "readOnly": int(shown.read_only(key)),
            "secret": "",
            "permissions": shown.permissions(key, INSPECTED_GROUPS),
            "ips": shown.addresses(key),
            "type": key.native.get("type", KEY_NATIVE["type"]),
            "deadlineDay": shown.deadline_day(key, call.now),
            "expiredAt": shown.expired_at(key),
            "createdAt": stamp(key.created),
            "unified": 0,
            "uta": 1,
            "userID": int(call.distortion.uid or account.uid),
            "inviterID": 0,
            "vipLevel": "No VIP",
            "mktMakerLevel": "0",
            "affiliateID": 0,
            "rsaPublicKey": "",
            "isMaster": parent is None,
            "parentUid": parent.uid if parent is not None else "0",
            "kycLevel": "LEVEL_1",
            "kycRegion": "MYS",
            "userIDInt64": "0",
            "inviterIDInt64": "0",
            "affiliateIDInt64": "0",
        }

    def sub_apikeys(self, call: Call) -> dict[str, object]:
        wanted = call.parameters.get("subMemberId", "")
        children = [child for child in self._world.children(call.account) if child.uid == wanted]
        if not children:
            raise Refused(10001)
        keys = [] if call.distortion.empty else self._world.keys_of(children[0])
        start, limit = call.row_of("cursor"), call.number("limit", default=20, most=20)
        page = keys[start : start + limit]
        following = call.distortion.next_row(start + len(page), len(keys))
        return {
            "result": [self._listed(key, call.now) for key in page],
            "nextPageCursor": "" if following is None else f"{following}:=",
        }

    def query_sub_members(self, call: Call) -> dict[str, object]:
        members = [] if call.distortion.empty else self._members(call, custodial=False)
        return {"subMembers": members[:CAPPED_SUB_ACCOUNTS]}

    def submembers(self, call: Call) -> dict[str, object]:
        return self._member_page(call, custodial=False)

    def escrow_sub_members(self, call: Call) -> dict[str, object]:
        return self._member_page(call, custodial=True)

    def account_info(self, call: Call) -> dict[str, object]:
        if call.distortion.empty:
            return {}
        return {
            "marginMode": "REGULAR_MARGIN",
            "updatedTime": str(int(call.key.created.timestamp()) * 1000),
            "unifiedMarginStatus": call.account.native.get("account_mode", ACCOUNT_NATIVE["account_mode"]),
            "dcpStatus": "OFF",
            "timeWindow": 10,
            "smpGroup": 0,
            "isMasterTrader": False,
            "spotHedgingStatus": "OFF",
        }

    def _listed(self, key: SimulatedKey, now: datetime) -> dict[str, object]:
        return {
            "id": shown.internal_id(key),
            "ips": shown.addresses(key),
            "apiKey": key.id,
            "note": key.label,
            "status": shown.status(key, now),
            "expiredAt": shown.expired_at(key),
            "createdAt": stamp(key.created),
            "type": key.native.get("type", KEY_NATIVE["type"]),
            "permissions": shown.permissions(key, LISTED_GROUPS),
            "secret": "******",
            "readOnly": shown.read_only(key) != (self._world.options.get("listing_read_only") == "inverted"),
            "deadlineDay": shown.deadline_day(key, now),
            "flag": "hmac",
        }

    def _member_page(self, call: Call, *, custodial: bool) -> dict[str, object]:
        members = [] if call.distortion.empty else self._members(call, custodial=custodial)
        size = call.number("pageSize", default=100, most=100)
        cursor = str(call.parameters.get("nextCursor") or "1")
        if not digits(cursor) or cursor == "0":
            raise Refused(10001)
        start = int(cursor) - 1
        page = members[start : start + size]
        following = call.distortion.next_row(start + len(page), len(members))
        return {"subMembers": page, "nextCursor": "0" if following is None else str(following + 1)}

    def _members(self, call: Call, *, custodial: bool) -> list[dict[str, object]]:
        members = []
        for child in self._world.children(call.account):
            native = {**ACCOUNT_NATIVE, **child.native}
            if (native["member_type"] == CUSTODIAL_FUND) == custodial:
                members.append(
                    {
                        "uid": call.distortion.uid or child.uid,
                        "username": native["username"] or child.name,
                        "memberType": native["member_type"],
                        "status": native["status"],
                        "remark": native["remark"],
                        "accountMode": native["account_mode"],
                    }
                )
        return members
