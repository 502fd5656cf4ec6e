"""What `dev.py mutants` changes, what it leaves alone, and what it makes of how a run ended."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from mutants.gathering import enums_in, mutants_of
from mutants.mutant import Mutant
from mutants.running import STILLBORN, Fate, fate_of
from mutants.survivors import entry, known, stale
from mutants.targets import PACKAGE, ROOMS, ROOT

COLOURS = {"Colour": ("RED", "GREEN")}


def changes(source: str, enums: Mapping[str, tuple[str, ...]] = COLOURS) -> set[str]:
    """What each mutant of a source was and is."""
    _, mutants = mutants_of("file.py", source, enums)
    return {f"{mutant.was} → {mutant.now}" for mutant in mutants}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", {"a < b → a <= b", "a < b → a >= b"}),
        ("x = a is not b", {"a is not b → a is b"}),
        ("x = a and b", {"a and b → a or b", "a and b → a", "a and b → b"}),
        ("x = not a", {"not a → a"}),
        ("x = a - b", {"a - b → a + b"}),
        ("x = 3", {"3 in x = 3 → 4", "3 in x = 3 → 2"}),
        ("x = 0", {"0 in x = 0 → 1"}),
        ("x = True", {"True in x = True → False"}),
        ("x = 'word'", {"'word' in x = 'word' → 'XXwordXX'"}),
        ("x: int | None = None", {"None in x: int | None = None → ''"}),
        ("def f(a, b=1, *, c=None): ...", {"1 in b=1 → 2", "1 in b=1 → 0", "None in c=None → ''"}),
        ("x = f(a, b=c)", {"b=c in f(a, b=c) → (removed)"}),
        ("f(a)", {"f(a) → (removed)"}),
        ("x = (a, b)", {"a in (a, b) → (removed)", "b in (a, b) → (removed)"}),
        ("x = {'k': v}", {"'k': … → (removed)", "'k' in {'k': v} → 'XXkXX'"}),
        ("x = Colour.RED", {"Colour.RED in x = Colour.RED → Colour.GREEN"}),
        ("_R = Colour.GREEN\nx = _R", {"Colour.GREEN in _R = Colour.GREEN → Colour.RED", "_R in x = _R → Colour.RED"}),
        ("x = any(y)", {"any in any(y) → all"}),
        ("x = [y for y in z if y]", {"if y → (removed)", "y → not y"}),
        ("x = a if b else c", {"a if b else c → c if b else a"}),
        ("for x in y:\n    f(x)", {"for x in y → for x in ()", "f(x) → (removed)"}),
        ("if a:\n    f(x)", {"if a → if not a", "f(x) → (removed)"}),
        ("def f():\n    return x", {"return x → return None"}),
        ("def f():\n    return True", {"True → False"}),
        ("@g\ndef f(): ...", {"@g → (removed)"}),
        (
            "match a:\n    case 1:\n        f(x)\n    case b:\n        pass",
            {"case 1 → (removed)", "case b → (removed)", "f(x) → (removed)", "1 → 2", "1 → 0"},
        ),
    ],
)
def test_what_is_changed(source: str, expected: set[str]) -> None:
    assert changes(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "import a",
        '"""A docstring."""',
        "x = 'a sentence for people'",
        "x = f'{a} is not {b}'",
        "def f(a: int | None) -> str | None: ...",
        "Name = NewType('Name', str)",
        "Name = tuple[str, ...]",
        "assert a < b",
        "def f():\n    return None",
    ],
)
def test_what_is_left_alone(source: str) -> None:
    assert changes(source) == set()


def test_what_is_filled_into_a_sentence_is_changed() -> None:
    assert changes("x = f'{a + 1} are left over'") == {"a + 1 → a - 1", "1 in a + 1 → 2", "1 in a + 1 → 0"}


SOURCE = """
def f(a):
    if a > 1:
        return 'x'
    return a > 1
"""


def test_mutants_are_told_apart_and_known_again_on_other_lines() -> None:
    _, mutants = mutants_of("file.py", SOURCE, {})
    _, moved = mutants_of("file.py", "\n\n" + SOURCE, {})
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    assert [mutant.name for mutant in mutants] == [mutant.name for mutant in moved]
    assert [mutant.line + 2 for mutant in mutants] == [mutant.line for mutant in moved]
    assert [m.nth for m in mutants if m.was == "a > 1" and m.now == "a >= 1"] == [1, 2]


def test_each_mutant_is_one_change_of_a_file_that_stays_as_it_is() -> None:
    file = PACKAGE / "model" / "ips.py"
    tree, mutants = mutants_of("keyctl/model/ips.py", file.read_text("utf-8"), {})
    before = ast.unparse(tree)
    texts = [ast.unparse(mutant.applied(tree)) for mutant in mutants[::5]]
    assert ast.unparse(tree) == before
    for text in texts:
        assert text != before
        compile(text, "ips.py", "exec")


def test_a_test_must_have_run_the_line_unless_it_runs_on_import() -> None:
    _, mutants = mutants_of("file.py", "X = 1\n\n\ndef f(a=2):\n    b = 3\n    return (b +\n        4)\n", {})
    ran = {mutant.was.partition(" ")[0]: mutant.ran for mutant in mutants}
    assert ran["1"] is None and ran["2"] is None
    assert ran["3"] == range(5, 6) and ran["4"] == range(6, 8)


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        (0, Fate.SURVIVED),
        (pytest.ExitCode.TESTS_FAILED << 8, Fate.KILLED),
        (pytest.ExitCode.INTERRUPTED << 8, Fate.KILLED),
        (pytest.ExitCode.NO_TESTS_COLLECTED << 8, Fate.SURVIVED),
        (STILLBORN << 8, Fate.STILLBORN),
        (signal.SIGXCPU, Fate.TIMEOUT),
        (signal.SIGKILL, Fate.TIMEOUT),
        (signal.SIGSEGV, Fate.KILLED),
    ],
)
def test_how_a_process_ended_says_what_became_of_its_mutant(status: int, fate: Fate) -> None:
    assert fate_of(status) is fate


def every_mutant(files: set[str]) -> dict[str, list[Mutant]]:
    enums: dict[str, tuple[str, ...]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        enums |= enums_in(ast.parse(file.read_text("utf-8")))
    return {file: mutants_of(file, (ROOT / file).read_text("utf-8"), enums)[1] for file in files}


def test_every_listed_survivor_is_a_mutant_of_today_with_a_reason() -> None:
    reasons = known()
    mutated = {file.relative_to(ROOT).as_posix() for room in ROOMS for file in room.files()}
    assert {name[0] for name in reasons} <= mutated
    mutants = every_mutant({name[0] for name in reasons})
    names = {mutant.name for found in mutants.values() for mutant in found}
    assert [name for name in reasons if name not in names] == []


def test_an_entry_of_the_list_names_its_mutant(tmp_path: Path) -> None:
    _, mutants = mutants_of("file.py", SOURCE, {})
    listed = [{**yaml.safe_load(entry(mutant))[0], "reason": "equivalent"} for mutant in mutants]
    path = tmp_path / "survivors.yaml"
    path.write_text(yaml.safe_dump(listed), "utf-8")
    assert set(known(path)) == {mutant.name for mutant in mutants}
    path.write_text(yaml.safe_dump([*listed, listed[0]]), "utf-8")
    with pytest.raises(SystemExit, match="listed twice"):
        known(path)
    path.write_text(entry(mutants[0]), "utf-8")
    with pytest.raises(SystemExit, match="without a reason"):
        known(path)


def test_a_list_that_says_more_than_is_so_is_outdated() -> None:
    _, mutants = mutants_of("file.py", SOURCE, {})
    first, second = mutants[0].name, mutants[1].name
    gone = ("file.py", "g", "a", "b", 1)
    elsewhere = ("other.py", "g", "a", "b", 1)
    reasons = dict.fromkeys([first, second, gone, elsewhere], "equivalent")
    outdated = stale(reasons, {first, second}, {first}, {"file.py"})
    assert [line.rpartition(": ")[2] for line in outdated] == ["is killed now", "is no mutant"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_counts_what_the_tests_notice() -> None:
    words = [sys.executable, "-m", "mutants", "keyctl/reconcile/drift.py", "--every", "30"]
    ran = subprocess.run(
        words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "keyctl/reconcile/drift.py: 3 mutants, 3 killed, 0 timeout, 0 survived" in ran.stdout
