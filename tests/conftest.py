"""What every test shares."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.canary import Watch

settings.register_profile(
    "keyctl", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.load_profile("keyctl")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Watch(), "canary-watch")
