"""The pages that code is the source of say what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]


def test_generated_pages_are_current() -> None:
    pages = runpy.run_path(str(CHECKOUT / "docs" / "generate.py"))["pages"]()
    for path, text in pages.items():
        assert path.read_text("utf-8") == text, f"run: python docs/generate.py ({path.name})"
