"""Values that are fetched when they are asked for, each once in a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from keyctl.secrets.failure import StoreError
from keyctl.secrets.sources.catalogue import opener
from keyctl.secrets.sources.mapping import Entry
from keyctl.secrets.sources.secret import Secret
from keyctl.secrets.sources.source import Source


class Fetching:
    """The lines of ``KEYCTL_CREDENTIALS`` as values. May be used from several threads at once."""

    def __init__(self, entries: Mapping[str, Entry], environ: Mapping[str, str]) -> None:
        self.entries = entries
        self._environ = environ
        self._sources: dict[str, Source | StoreError] = {}
        self._values: dict[str, Secret | StoreError] = {}
        self._turns = {name: threading.Lock() for name in entries}
        self._lock = threading.RLock()
        self._learners: list[Callable[[str, Secret], None]] = []

    def value(self, name: str) -> Secret:
        """What the line of that name leads to. Raises StoreError, each time the same for one that failed once."""
        with self._turns[name]:
            if name not in self._values:
                self._keep(name, self._fetched(self.entries[name]))
        found = self._values[name]
        if isinstance(found, StoreError):
            raise StoreError(found.message, found.remedy, found.trouble)
        return found

    def known(self) -> Mapping[str, Secret]:
        """What was fetched until now."""
        with self._lock:
            return {name: found for name, found in sorted(self._values.items()) if isinstance(found, Secret)}

    def tell(self, learn: Callable[[str, Secret], None]) -> None:
        """Calls ``learn`` with the name and value of all that was or will be fetched, before anybody else gets it."""
        with self._lock:
            self._learners.append(learn)
            for name, found in self.known().items():
                learn(name, found)

    def _keep(self, name: str, found: Secret | StoreError) -> None:
        with self._lock:
            if isinstance(found, Secret):
                for learn in self._learners:
                    learn(name, found)
            self._values[name] = found

    def _fetched(self, entry: Entry) -> Secret | StoreError:
        source = self._source(entry.scheme)
        if isinstance(source, StoreError):
            return source
        try:
            found = source.fetch(entry.rest)
        except StoreError as error:
            return StoreError(error.message, error.remedy, error.trouble)
        except Exception as error:  # noqa: BLE001 - the boundary to libraries and plug-ins
            return _fault(error)
        return Secret(found) if found else StoreError("what is kept there is empty", "see what is kept there")

    def _source(self, scheme: str) -> Source | StoreError:
        with self._lock:
            if scheme not in self._sources:
                try:
                    self._sources[scheme] = opener(scheme, self._environ)(self._environ)
                except StoreError as error:
                    self._sources[scheme] = StoreError(error.message, error.remedy, error.trouble)
                except Exception as error:  # noqa: BLE001 - the boundary to libraries and plug-ins
                    self._sources[scheme] = _fault(error)
            return self._sources[scheme]


def _fault(error: Exception) -> StoreError:
    """Told by its kind alone: its words may hold what was read."""
    return StoreError(f"the source itself failed: {type(error).__name__}", "report this to whoever made the source")
