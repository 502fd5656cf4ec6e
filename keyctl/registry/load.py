"""A registry's files → Registry, or every reason why not."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from keyctl.model.finding import ExitReason, Finding, in_order
from keyctl.model.key import Key
from keyctl.model.names import KeyName
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from keyctl.model.rules import found
from keyctl.registry.account_file import accounts_of
from keyctl.registry.app_file import apps_of
from keyctl.registry.files import DOCUMENTS, KEYS, REQUIRED, FileRefused, accept, read_file, walk
from keyctl.registry.identifiers import check_identifiers
from keyctl.registry.key_file import key_name, key_of, revocations
from keyctl.registry.policy_file import policy_of, waivers_of
from keyctl.registry.positions import locate_with
from keyctl.registry.reader import EmptyDocument, Node, YamlError, read
from keyctl.registry.references import References
from keyctl.registry.remembered import Remembered
from keyctl.registry.schema import types, validity
from keyctl.registry.settings_files import Settings, networks_of, settings_of
from keyctl.registry.values import Complaints, Networks

_MAY_BE_EMPTY = frozenset({"networks", "policy", "revoked", "waivers"})


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading.

    ``registry`` is None as soon as one finding says that a file is wrong. Broken laws on identifiers don't hide it: a
    revoked id must still be looked for at the exchange.

    ``findings`` are in order and have their lines. ``files`` is the number of YAML files that belong to the registry.
    ``registry_id`` is known wherever registry.yaml could be read for it, also when other things are wrong.
    ``texts`` are the bytes of all files that could be read, also of those that are refused or no YAML.
    ``documents`` gives the document of a valid file by the SHA-256 of its bytes, None for others. ``readable`` is what
    could be read, also when ``registry`` is None; ``refused`` are the files whose content is not in it.
    """

    registry: Registry | None
    findings: tuple[Finding, ...]
    files: int
    registry_id: str | None
    readable: Registry = field(compare=False, repr=False)
    refused: frozenset[str]
    texts: Mapping[str, bytes] = field(compare=False, repr=False)
    documents: Callable[[str], Node] = field(compare=False, repr=False)


def load(root: Path, *, cache: Path | None = None) -> Loaded:
    """The registry in a folder. Never raises for bad input: all errors of all files come as findings.

    ``cache`` is a folder of the user's own that keeps documents between runs; see ``remembered`` for whom to trust.
    """
    found_files = walk(root)
    loaded = _load(found_files.paths, lambda path: read_file(root, path), list(found_files.findings), Remembered(cache))
    return replace(loaded, texts={**loaded.texts, **dict(_beside(root, found_files.others))})


def _beside(root: Path, paths: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        with suppress(FileRefused):
            yield path, read_file(root, path)


def load_documents(documents: Mapping[str, bytes], remembered: Remembered | None = None) -> Loaded:
    """The same from memory: paths relative to the registry's folder, and the bytes of regular files.

    ``remembered`` may be given to several loads, which then share what they read.
    """
    paths, refused = accept(documents)
    loaded = _load(paths, documents.__getitem__, list(refused), remembered or Remembered(None))
    return replace(loaded, texts=documents)


def _load(
    paths: tuple[str, ...], content: Callable[[str], bytes], findings: list[Finding], remembered: Remembered
) -> Loaded:
    collecting = gc.isenabled()
    gc.disable()  # tens of thousands of small values are made and none is garbage: collecting them costs a third
    try:
        files = _Files(content, findings, remembered)
        built, registry_id = _build(paths, files, findings)
    finally:
        if collecting:
            gc.enable()
    files.remembered.save()
    located = in_order(list(locate_with(content, findings)))
    usable = not any(finding.consequence is ExitReason.FAILED for finding in located)
    return Loaded(
        built if usable else None,
        located,
        len(paths),
        registry_id,
        built,
        frozenset(files.refused),
        files.texts,
        files.remembered.document,
    )


class _Files:
    """Documents by path, each read once; what is wrong with one becomes findings."""

    def __init__(self, content: Callable[[str], bytes], findings: list[Finding], remembered: Remembered) -> None:
        self._content = content
        self._findings = findings
        self.remembered = remembered
        self.raw: dict[str, Node] = {}
        self.refused: set[str] = set()
        self.texts: dict[str, bytes] = {}
        self._together = sha256()

    @property
    def digest(self) -> str:
        """Over the names and contents of all files that were read, in the order in which they were."""
        return "sha256:" + self._together.hexdigest()

    def document(self, path: str, schema: str) -> dict[str, Any] | None:
        """A document that its schema let pass, else None. Invalid ones stay in ``raw`` for the names they declare."""
        try:
            data = self._content(path)
        except FileRefused as error:
            message = f"{path} can't be read: {error}"
            self._findings.append(found("file", message, "make it a readable file", place=Place(path)))
            self.refused.add(path)
            return None
        self.texts[path] = data
        content = sha256(data).hexdigest()
        self._together.update(f"{path}\0{content}\n".encode())
        known = self.remembered.recall(schema, content)
        if known is not None:
            return known[0]  # type: ignore[return-value]
        document = self._read(path, schema, content, data)
        if document is None:
            self.refused.add(path)
        return document

    def _read(self, path: str, schema: str, content: str, data: bytes) -> dict[str, Any] | None:
        key = key_name(path) if schema == "key" else None
        try:
            document = read(data, types(schema))
        except EmptyDocument as error:
            if schema in _MAY_BE_EMPTY:
                return {}
            place = Place(path, (), error.line, error.column)
            self._findings.append(found("syntax", error.message, "fill it in or remove it", key=key, place=place))
            return None
        except YamlError as error:
            place = Place(path, (), error.line, error.column)
            remedy = "correct the file there; registries are written in strict YAML"
            self._findings.append(found("syntax", error.message, remedy, key=key, place=place))
            return None
        if not validity(schema)(document):
            from keyctl.registry.wording import explain

            self.raw[path] = document
            complaints = Complaints(path, self._findings, key)
            for mismatch in explain(schema, document):
                complaints.add("schema", mismatch.message, mismatch.remedy, *mismatch.pointer)
            return None
        self.remembered.keep(schema, content, document)
        return document  # type: ignore[return-value]


def _build(paths: tuple[str, ...], files: _Files, findings: list[Finding]) -> tuple[Registry, str | None]:
    present = [path for path in paths if path in DOCUMENTS]
    for path in REQUIRED:
        if path not in present:
            message = f"{path} is missing; a registry needs it"
            remedy = "bring it back out of git, or take the one of a registry that 'exchange-keyctl init DIR' makes"
            findings.append(found("file", message, remedy, place=Place(path)))
    documents = {path: files.document(path, DOCUMENTS[path]) for path in present}

    def part(name: str) -> tuple[str, dict[str, Any]]:
        path = f"registry/{name}.yaml"
        return path, documents.get(path) or {}

    settings = settings_of(*part("registry"), findings) if part("registry")[1] else Settings()
    networks_file = "registry/networks.yaml"
    network_sets = networks_of(*part("networks"), findings)
    networks = Networks(network_sets, _declared(documents, files, networks_file, networks_file in present))
    accounts = accounts_of(*part("accounts"))
    apps = apps_of(*part("apps"), findings)
    revoked_path, revoked_document = part("revoked")
    revoked = revocations(revoked_document.get("revoked", []), Complaints(revoked_path, findings))
    account_names = _declared(documents, files, "registry/accounts.yaml", True)
    app_names = _declared(documents, files, "registry/apps.yaml", True)
    every_app = None if app_names is None else {*app_names, *apps}
    references = References(accounts, account_names, apps, every_app, findings)
    references.check_accounts()
    policy = policy_of(*part("policy"))
    references.check_policy(policy)
    keys: dict[KeyName, Key] = {}
    for path in paths:
        if path.startswith(KEYS):
            document = files.document(path, "key")
            if document is not None:
                key = key_of(path, document, networks, findings)
                references.check_key(key)
                keys[key.name] = key
    registry_id = _registry_id(documents.get("registry/registry.yaml"), files.raw.get("registry/registry.yaml"))
    registry = Registry(
        id=registry_id or "",
        accounts=accounts,
        apps=apps,
        networks=network_sets,
        keys=dict(sorted(keys.items())),
        revoked=revoked,
        digest=files.digest,
        brakes=settings.brakes,
        unreadable=settings.unreadable,
        closed_registries=settings.closed_registries,
        policy=policy,
        waivers=waivers_of(*part("waivers")),
    )
    check_identifiers(registry, findings)
    return registry, registry_id


def _declared(
    documents: Mapping[str, dict[str, Any] | None], files: _Files, path: str, expected: bool
) -> Collection[str] | None:
    """The names in a file of named entries, valid or not; None when it should be there and can't be read."""
    document = documents.get(path)
    if document is None:
        raw = files.raw.get(path)
        return list(raw) if isinstance(raw, dict) else None if expected else ()
    return list(document)


def _registry_id(document: dict[str, Any] | None, raw: Node) -> str | None:
    """The id of registry.yaml, also out of a file that is wrong in other ways."""
    if document is None and isinstance(raw, dict):
        given = raw.get("id")
        return given if isinstance(given, str) and len(given) == 36 and given.isascii() else None
    return document["id"] if document else None
