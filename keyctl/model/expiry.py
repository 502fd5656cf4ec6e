"""Keys that an exchange lets die by itself: the rule is data, the forecast is pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from keyctl.model.ips import IpSet
from keyctl.model.live import LiveKey
from keyctl.model.observed import Known


class Condition(StrEnum):
    """Which keys a rule is about."""

    NO_IP_LIST = "no-ip-list"


@dataclass(frozen=True, slots=True)
class ImplicitExpiry:
    """A dated, sourced rule: keys that meet ``condition`` end ``days`` after their creation."""

    condition: Condition
    days: int
    effect: str
    source: str
    as_of: str

    def forecast(self, key: LiveKey) -> datetime | None:
        """When this key ends by the rule (UTC); None when the rule does not apply or can't be told."""
        if isinstance(key.ips, Known) and applies(self.condition, key.ips.value) and isinstance(key.created_at, Known):
            return key.created_at.value + timedelta(days=self.days)
        return None


def applies(condition: Condition, ips: IpSet) -> bool:
    """Whether a key with this allow-list meets the condition."""
    match condition:
        case Condition.NO_IP_LIST:
            return ips.unrestricted
