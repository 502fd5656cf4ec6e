"""Names that are text but must not be mixed up."""

from typing import NewType

KeyName = NewType("KeyName", str)
"""The stem of a key file; unique in a registry."""
AccountName = NewType("AccountName", str)
"""A key of ``registry/accounts.yaml``."""
AppName = NewType("AppName", str)
"""A key of ``registry/apps.yaml``: the owner of keys."""
ExchangeId = NewType("ExchangeId", str)
"""A ccxt exchange id, such as ``bybit``."""
