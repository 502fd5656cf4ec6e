"""What ``new`` writes and says: for an account that a person chose, or for one that keyctl proposes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from keyctl.model.refusal import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from keyctl.model.app import App
    from keyctl.model.names import KeyName
    from keyctl.model.registry import Registry
    from keyctl.model.scopes import ScopeSet
    from keyctl.policy.advice.advice import Advice


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of a key, its place left out."""

    key: KeyName
    app: App
    scopes: ScopeSet | None
    ips: tuple[str, ...]
    purpose: str | None
    today: date
    last_day: date | None


def placed(root: Path, path: str, declared: Registry, asked: Asked, name: str) -> None:
    """A person has decided where. Raises Refusal."""
    from keyctl.model.names import AccountName
    from keyctl.policy.advice.addresses import usual
    from keyctl.policy.advice.asked import check_safe, kept_short
    from keyctl.policy.world import known_venue
    from keyctl.registry.admission import check_holder, scopes_for
    from keyctl.registry.draft import Draft, draft_text
    from keyctl.registry.saving import create
    from keyctl.reports.advice_text import choice_text, step_text

    app = asked.app
    check_holder(name, app.name, declared)
    account = declared.accounts[AccountName(name)]
    check_safe(app, account, asked.scopes)
    wanted = scopes_for(name, app.name, asked.scopes, declared)
    venue = known_venue(account.exchange)
    kept = kept_short(
        asked.key, app, account, venue, declared.policy, declared.waivers, wanted, asked.today, asked.last_day
    )
    draft = Draft(
        account.name,
        app.name,
        wanted,
        asked.ips,
        asked.purpose,
        kept.last_day,
        tuple(declared.networks),
        () if asked.ips else usual(declared, app),
    )
    create(root, path, draft_text(path, draft).encode("utf-8"))
    sys.stdout.write(f"{path}\n")
    lines = [*choice_text(kept.choice), *(step_text(kept.first, "first: ") if kept.first else ())]
    lines += _next_steps(path, draft.scopes, draft.ips)
    sys.stderr.writelines(f"{line}\n" for line in lines)


def advised(
    root: Path,
    path: str,
    declared: Registry,
    texts: Mapping[str, bytes],
    asked: Asked,
    exchange: str,
    parent: str | None,
) -> None:
    """keyctl proposes where, and a person reviews it. ``texts`` are the registry's files as they were read. Raises
    Refusal."""
    from keyctl.exchanges.catalogue import declaration, names
    from keyctl.model.names import AccountName, ExchangeId
    from keyctl.policy.advice.advice import Wishes
    from keyctl.policy.advice.advise import advise
    from keyctl.registry.draft import Draft, draft_text
    from keyctl.registry.references import ACCOUNTS
    from keyctl.registry.saving import create, create_and_save
    from keyctl.reports.advice_text import advice_text

    if exchange not in names():
        raise Refusal(f"no exchange {exchange!r} is known", "see 'exchange-keyctl exchanges list'")
    wishes = Wishes(
        asked.key,
        ExchangeId(exchange),
        None if parent is None else AccountName(parent),
        asked.scopes,
        asked.ips,
        asked.last_day,
    )
    advice = advise(declared, declared.policy, asked.app, declaration(exchange), asked.today, wishes)
    draft = Draft(
        advice.account.name,
        asked.app.name,
        advice.scopes,
        advice.ips,
        asked.purpose,
        advice.last_day,
        tuple(declared.networks),
        advice.proposed,
        advice.shown,
    )
    data = draft_text(path, draft).encode("utf-8")
    if advice.new:
        before = texts[ACCOUNTS]
        create_and_save(root, path, data, ACCOUNTS, before, _with_account(before, advice))
        sys.stdout.write(f"{ACCOUNTS}\n")
    else:
        create(root, path, data)
    sys.stdout.write(f"{path}\n")
    sys.stderr.writelines(f"{line}\n" for line in advice_text(asked.key, path, advice))


def _with_account(before: bytes, advice: Advice) -> bytes:
    """registry/accounts.yaml with the new account's entry; every other byte stays."""
    from keyctl.policy.advice.advice import Way
    from keyctl.registry.account_draft import account_lines, account_value
    from keyctl.registry.edit import EditRefused, add_block
    from keyctl.registry.references import ACCOUNTS

    account, wallet = advice.account, advice.app.wallet
    lines = account_lines(account, wallet=advice.way is Way.WALLET_AGENT, address=wallet.address if wallet else None)
    try:
        return add_block(before, account.name, account_value(account), list(lines))
    except EditRefused as error:
        raise Refusal(
            f"{ACCOUNTS}: {error}; nothing was written", "declare the account by hand, then use --account"
        ) from None


def _next_steps(path: str, scopes: ScopeSet, ips: tuple[str, ...]) -> Iterator[str]:
    missing = [name for name, there in (("scopes", scopes), ("ips", ips)) if not there]
    if missing:
        yield f"next: fill in {' and '.join(missing)} in {path}; it is not valid before"
    yield ("then" if missing else "next") + ": exchange-keyctl validate, then propose it in a merge request"
    yield "      once the exchange has issued the key, its id is written into the file"
