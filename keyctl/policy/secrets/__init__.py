"""Detectors for secrets in texts that must hold none. A hit says where and what, never the text itself (law 5)."""

from keyctl.policy.secrets.files import find_in_name
from keyctl.policy.secrets.find import find
from keyctl.policy.secrets.formats import secret_form
from keyctl.policy.secrets.hit import Hit

__all__ = ["Hit", "find", "find_in_name", "secret_form"]
