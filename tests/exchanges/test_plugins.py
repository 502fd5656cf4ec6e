from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from keyctl.exchanges.catalogue import UnknownExchange, declaration, names

Install = Callable[[str], None]
MODULE = """
from dataclasses import replace
from keyctl.exchanges.bybit.declaration import DECLARATION as BYBIT
DECLARATION = replace(BYBIT, id="{name}", title="Plug-in", family=("{name}-cousin", "bybit"))
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a distribution on the path that offers an exchange under a name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installed(name: str) -> None:
        package = f"plugged_{name}"
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
        (tmp_path / package / "declaration.py").write_text(MODULE.format(name=name))
        about = tmp_path / f"{package}-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
        (about / "entry_points.txt").write_text(f"[keyctl.exchanges]\n{name} = {package}\n")
        for loaded in [module for module in sys.modules if module.startswith(package)]:
            monkeypatch.delitem(sys.modules, loaded)

    return installed


def test_a_plug_in_is_loaded_only_when_the_deployment_names_it(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("corner")
    with pytest.raises(UnknownExchange):
        declaration("corner")
    monkeypatch.setenv("KEYCTL_PLUGINS", "corner, another")
    assert declaration("corner").title == "Plug-in"
    assert declaration("corner-cousin").id == "corner"
    assert {"bybit", "corner", "corner-cousin"} <= set(names())


def test_a_plug_in_can_t_take_a_built_in_s_name(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("bybit")
    install("grabber")
    monkeypatch.setenv("KEYCTL_PLUGINS", "bybit grabber")
    assert declaration("bybit").title == "Bybit"
