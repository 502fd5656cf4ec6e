"""Keys that an exchange lets die by itself: the rule is data, the forecast is pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from keyctl.model.ips import IpSet
from keyctl.model.live import LiveKey
from keyctl.model.observed import Known


class Condition(StrEnum):
    """Which keys a rule is about, and from when its days count: from the creation, for ``idle…`` from the last use."""

    NO_IP_LIST = "no-ip-list"
    IDLE_WITHOUT_IP_LIST = "idle-without-ip-list"

    @property
    def since(self) -> str:
        """From when the days count, in words for people."""
        return "after creation" if self is Condition.NO_IP_LIST else "after the last use"


@dataclass(frozen=True, slots=True)
class ImplicitExpiry:
    """A dated, sourced rule: keys that meet ``condition`` end ``days`` after their creation or their last use.

    ``effect`` is a clause that may stand before the day, ``unless`` one that says what prevents it. ``keys`` says in
    words which of the exchange's keys it is about, where that is not all of them.
    """

    condition: Condition
    days: int
    effect: str
    source: str
    as_of: str
    unless: str
    keys: str = ""

    def forecast(self, key: LiveKey) -> datetime | None:
        """When this key ends by the rule (UTC); None when the rule does not apply or can't be told.

        A rule about idle keys is never a forecast: each use puts the end off, and a key that is due to end today lives
        on if it is used today.
        """
        if isinstance(key.ips, Known) and applies(self.condition, key.ips.value) and isinstance(key.created_at, Known):
            return key.created_at.value + timedelta(days=self.days)
        return None


def applies(condition: Condition, ips: IpSet) -> bool:
    """Whether a key with this allow-list, used or not, ends at a time that is known beforehand."""
    match condition:
        case Condition.NO_IP_LIST:
            return ips.unrestricted
        case Condition.IDLE_WITHOUT_IP_LIST:
            return False
