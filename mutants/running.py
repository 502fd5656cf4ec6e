"""Tests in processes of their own, forked from one that has loaded what they all need and nothing of keyctl."""

from __future__ import annotations

import ast
import functools
import gc
import importlib.util
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import hypothesis
import pytest

from mutants.mutant import Mutant
from mutants.targets import ROOT, module_of

EXAMPLES = 10
"""Examples a property, always the same ones; none are shrunk."""
STILLBORN, UNBEARABLE = 90, 91
MEMORY = 4 << 30
PLUGINS = ("-p", "_hypothesis_pytestplugin", "-p", "pytest_timeout")
CANARY = ("-p", "no:canary-watch")
"""Not the watch over folders that all runs of this machine share."""
OPTIONS = (
    "-x",
    "-q",
    "--tb=no",
    "--no-header",
    "--no-summary",
    "-o",
    "timeout=0",
    "-p",
    "no:cacheprovider",
    *PLUGINS,
    *CANARY,
)


class Fate(Enum):
    """What became of a mutant. A stillborn one can't even be imported, and does not count."""

    KILLED = auto()
    SURVIVED = auto()
    TIMEOUT = auto()
    STILLBORN = auto()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a test runs, without the parameters in its name: the lines of each file, and for how long."""

    test: str
    seconds: float
    lines: dict[str, set[int]]


def prepare() -> None:
    """Load what every child needs, once."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in (
        "_hypothesis_pytestplugin",
        "pytest_timeout",
        "hypothesis.strategies",
        "hypothesis.internal.conjecture.engine",
    ):
        importlib.import_module(name)
    gc.freeze()


def base_of(test: str) -> str:
    """A test's name without its parameters."""
    return test.partition("[")[0]


def file_of(test: str) -> str:
    """The file that a test is in."""
    return test.partition("::")[0]


class _Chosen:
    """Runs some tests in a given order, all with the same examples each time."""

    def __init__(self, order: Sequence[str] | None) -> None:
        self.rank = None if order is None else {test: rank for rank, test in enumerate(order)}

    def pytest_collection(self) -> None:
        hypothesis.settings.register_profile(
            "mutants",
            parent=hypothesis.settings.get_profile("keyctl"),
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        )
        hypothesis.settings.load_profile("mutants")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.rank is not None:
            rank = self.rank
            items[:] = sorted(
                (item for item in items if base_of(item.nodeid) in rank), key=lambda item: rank[base_of(item.nodeid)]
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """A value remembered from an earlier test must not hide what this one would find."""
        for name, module in list(sys.modules.items()):
            if name.startswith("keyctl."):
                _forget(module)


def _forget(module: ModuleType) -> None:
    for value in vars(module).values():
        if isinstance(value, functools._lru_cache_wrapper):
            value.cache_clear()


class _Watched(_Chosen):
    """Notes which lines of some files each test runs."""

    def __init__(self, files: Iterable[Path]) -> None:
        super().__init__(None)
        self.files = {str(file): str(file.relative_to(ROOT)) for file in files}
        self.tests: dict[str, tuple[float, dict[str, set[int]]]] = {}
        self.lines: dict[str, set[int]] = {}

    def _trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        file = self.files.get(frame.f_code.co_filename)
        if file is None:
            return None
        if event == "line":
            self.lines.setdefault(file, set()).add(frame.f_lineno)
        return self._trace

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.lines, started = {}, time.process_time()
        sys.settrace(self._trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            seconds, lines = self.tests.get(base_of(item.nodeid), (0.0, {}))
            for file, ran in self.lines.items():
                lines.setdefault(file, set()).update(ran)
            self.tests[base_of(item.nodeid)] = (seconds + time.process_time() - started, lines)


class _Loader(SourceFileLoader):
    """Imports a module from other code than its file holds."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self.code = code

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  # the import system's signature
        return self.code


class _Finder:
    """Gives the changed module to whoever imports it."""

    def __init__(self, file: Path, code: CodeType) -> None:
        self.name, self.file, self.code = module_of(file), str(file), code

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        if name != self.name:
            return None
        folder = [str(Path(self.file).parent)] if self.file.endswith("__init__.py") else None
        return importlib.util.spec_from_file_location(
            name, self.file, loader=_Loader(name, self.file, self.code), submodule_search_locations=folder
        )


def watch(tests: Sequence[str], files: Iterable[Path], scratch: Path) -> list[Seen]:
    """Run the tests on the code as it is; they have to pass. Gives what each one runs, the quickest file first."""
    log = scratch / "log"
    plugin = _Watched(files)
    child = os.fork()
    if child == 0:
        _quietly(log)
        status = pytest.main([*OPTIONS, _folder(scratch), *tests], plugins=[plugin])
        told = {
            test: [seconds, {f: sorted(n) for f, n in lines.items()}] for test, (seconds, lines) in plugin.tests.items()
        }
        log.with_suffix(".json").write_text(json.dumps(told), encoding="ascii")
        os._exit(int(status))
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"the tests fail on the code as it is:\n{log.read_text(encoding='utf-8')}")
    told = json.loads(log.with_suffix(".json").read_text(encoding="ascii"))
    seen = [Seen(test, seconds, {f: set(n) for f, n in lines.items()}) for test, (seconds, lines) in told.items()]
    spent: dict[str, float] = {}
    for test in seen:
        spent[file_of(test.test)] = spent.get(file_of(test.test), 0.0) + test.seconds
    return sorted(seen, key=lambda test: (spent[file_of(test.test)], test.seconds, test.test))


def start(mutant: Mutant, tree: ast.Module, tests: Sequence[str], cpu_seconds: int, scratch: Path) -> int:
    """Start the tests, the first failure ends them, in a process of its own; gives its id."""
    child = os.fork()
    if child:
        return child
    try:
        _quietly(Path(os.devnull))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        file = ROOT / mutant.file
        try:
            code = compile(mutant.applied(tree), str(file), "exec", dont_inherit=True)
            sys.meta_path.insert(0, _Finder(file, code))
            importlib.import_module(module_of(file))
        except Exception:  # noqa: BLE001  # whatever it is, nobody could run this
            os._exit(STILLBORN)
        os._exit(_first_failure(tests, scratch))
    except BaseException:  # noqa: BLE001  # the child must never go on as if it were the parent
        os._exit(UNBEARABLE)


def _folder(scratch: Path) -> str:
    """The option that gives this process's tests a folder of their own."""
    return f"--basetemp={scratch / str(os.getpid())}"


def _first_failure(tests: Sequence[str], scratch: Path) -> int:
    """Run tests in the given order, one file after the other; the status of the first file that fails, else 0."""
    for file in dict.fromkeys(map(file_of, tests)):
        status = pytest.main([*OPTIONS, _folder(scratch), file], plugins=[_Chosen(tests)])
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return int(status)
    return 0


def fate_of(status: int) -> Fate:
    """What a child's wait status says."""
    if os.WIFSIGNALED(status):
        return Fate.TIMEOUT if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else Fate.KILLED
    match os.WEXITSTATUS(status):
        case pytest.ExitCode.OK | pytest.ExitCode.NO_TESTS_COLLECTED:
            return Fate.SURVIVED
        case code if code == STILLBORN:
            return Fate.STILLBORN
        case code if code == UNBEARABLE:
            raise SystemExit("a process that should run tests could not")
        case _:
            return Fate.KILLED


def _quietly(log: Path) -> None:
    target = os.open(log, os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(target, 1)
    os.dup2(target, 2)
