"""What is mutated, and which tests have to notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "keyctl"


@dataclass(frozen=True, slots=True)
class Room:
    """Files that are counted together: a folder or a file, and the tests whose job they are."""

    name: str
    tests: tuple[str, ...]

    def files(self) -> list[Path]:
        """Its files, sorted; none where it does not exist."""
        path = ROOT / self.name
        return [path] if path.is_file() else sorted(path.rglob("*.py"))


_COMPARE = (
    "tests/reconcile/test_compare.py",
    "tests/reconcile/test_drift.py",
    "tests/reconcile/test_statuses.py",
    "tests/reconcile/test_attested.py",
)
_POLICY = ("tests/policy/test_settings.py", "tests/policy/test_waivers.py", "tests/policy/test_judge.py")
ROOMS = (
    Room("keyctl/model", ("tests/model", "tests/test_docs.py", *_POLICY, *_COMPARE)),
    Room("keyctl/reconcile/compare.py", _COMPARE),
    Room("keyctl/reconcile/drift.py", _COMPARE),
    Room("keyctl/policy", ("tests/policy",)),
)


def module_of(file: Path) -> str:
    """The name that a file of the package is imported by."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
