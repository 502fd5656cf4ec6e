"""The text of a new key file: what is known is filled in, what a person must decide stands there as comments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from keyctl.model.names import AccountName, AppName
from keyctl.model.scopes import ScopeSet, in_order
from keyctl.registry.quoting import flow_text, written


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a key that is to be. ``scopes`` and ``ips`` are empty where a person has yet to decide; then the
    file does not validate. ``ips`` are as they are written, ``("any",)`` for no restriction."""

    account: AccountName
    owner: AppName
    scopes: ScopeSet = frozenset()
    ips: tuple[str, ...] = ()
    purpose: str | None = None
    expires: date | None = None
    networks: tuple[str, ...] = ()
    """The named networks that there are, to choose from."""
    proposed: tuple[str, ...] = ()
    """The addresses that all other keys of the owner list; a person still has to say that they are meant."""
    shown: str = "as the exchange shows it, once the key is issued"
    """What the id will be."""


def draft_text(path: str, draft: Draft) -> str:
    """The file's text; ``path`` is relative to the registry's folder, with ``/`` between."""
    return "".join(line + "\n" for line in _lines(path, draft))


def editor_line(path: str, schema: str) -> str:
    """The comment that tells editors the schema of a file, by the way from its folder to the registry's."""
    return f"# yaml-language-server: $schema={'../' * path.count('/')}schemas/{schema}.schema.json"


def _lines(path: str, draft: Draft) -> Iterator[str]:
    yield editor_line(path, "key")
    yield f"account: {written(draft.account, flow=False)}"
    yield f"owner: {written(draft.owner, flow=False)}"
    if draft.purpose is not None:
        yield f"purpose: {written(draft.purpose, flow=False)}"
    else:
        yield "# purpose: what the key is for, on one line"
    yield f"# id: {draft.shown}"
    if draft.scopes:
        yield f"scopes: {flow_text(list(in_order(draft.scopes)))}"
    else:
        yield "# To be decided: the least rights that do. The file is not valid without them."
        yield "# scopes: [read]"
    if draft.ips:
        yield "ips: any" if draft.ips == ("any",) else "ips: [" + ", ".join(f'"{one}"' for one in draft.ips) + "]"
    else:
        yield "# To be decided: the addresses that the app calls from. The file is not valid without them."
        if draft.proposed:
            yield "# Below is what all other keys of this owner list."
        examples = draft.proposed or tuple(f"@{name}" for name in draft.networks[:3]) or ("203.0.113.10",)
        yield "# ips: [" + ", ".join(f'"{one}"' for one in examples) + "]"
    if draft.expires is not None:
        yield f"expires: {draft.expires}"
    else:
        yield "# expires: the last day of life, as YYYY-MM-DD"
