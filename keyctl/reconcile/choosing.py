"""Which of the live keys that nobody declared are meant by what a person typed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from keyctl.model.comparison import KeyRow
from keyctl.model.finding import ExitReason
from keyctl.reconcile.adoption import Obstacle, Stranger

SHORTEST = 4
"""So many characters of an id, of a name or of a fingerprint's digits are the least that names a key."""
_DIGEST = "sha256:"
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """``adopted`` and ``left`` are in order; ``unmet`` says of texts why they name nothing that could be adopted."""

    adopted: tuple[Stranger, ...]
    left: tuple[Stranger, ...]
    unmet: tuple[Obstacle, ...] = ()


def chosen(texts: Iterable[str], found: tuple[Stranger, ...], rows: Iterable[KeyRow]) -> Choice:
    """All keys that nothing stands against, or those that the texts name: by name, id or fingerprint, or by a beginning
    of one that only one key has. A revoked id that is alive is left out for everybody to see, whoever was named."""
    given = tuple(dict.fromkeys(texts))
    if not given:
        return Choice(
            tuple(one for one in found if one.obstacle is None), tuple(one for one in found if one.obstacle is not None)
        )
    declared = tuple(row for row in rows if row.key is not None)
    named: list[Stranger] = []
    unmet: list[Obstacle] = []
    for text in given:
        meant = _meant(text, found)
        if len(meant) == 1:
            named += meant
        else:
            unmet.append(_unmet(text, meant, declared))
    wanted = [one for one in found if one in named]
    adopted = [one for one in wanted if one.obstacle is None or one.obstacle.yields]
    loud = [one for one in found if one.obstacle is not None and one.obstacle.consequence is ExitReason.BLOCKED]
    left = [one for one in found if (one in wanted and one not in adopted) or one in loud]
    return Choice(tuple(replace(one, obstacle=None) for one in adopted), tuple(left), tuple(unmet))


def _meant(text: str, found: Iterable[Stranger]) -> tuple[Stranger, ...]:
    text = text.removesuffix("…")
    spelt = (text, text.lower()) if text[:2] in ("0x", "0X") else (text,)  # an address, or the beginning of one
    exact = tuple(one for one in found if not {*spelt}.isdisjoint(_called(one)))
    if exact or len(text.removeprefix(_DIGEST)) < SHORTEST:
        return exact
    return tuple(one for one in found if any(name.startswith(spelt) for name in _called(one)))


def _called(one: Stranger) -> tuple[str, ...]:
    identifier = one.live.identifier
    return (one.name, identifier.fingerprint, *((identifier.text,) if identifier.text is not None else ()))


def _unmet(text: str, meant: tuple[Stranger, ...], declared: Iterable[KeyRow]) -> Obstacle:
    if meant:
        several = ", ".join(f"{one.name} ({one.live.identifier.fingerprint[:19]}…)" for one in meant[:_SHOWN])
        more = f" and {len(meant) - _SHOWN} more" if len(meant) > _SHOWN else ""
        return Obstacle(f"{text!r} may be any of {several}{more}", "type more of it", ExitReason.FAILED)
    for row in declared:
        known = row.identifier
        if text == row.key or (known is not None and text in (known.text, known.fingerprint)):
            return Obstacle(
                f"{text!r} is declared already, as key {row.key}", "see exchange-keyctl status", ExitReason.FAILED
            )
    if len(text.removesuffix("…").removeprefix(_DIGEST)) < SHORTEST:
        return Obstacle(
            f"{text!r} is too short to name a key by", f"type at least {SHORTEST} characters", ExitReason.FAILED
        )
    return Obstacle(
        f"{text!r} is no live key that nobody declared, as far as could be seen",
        "see exchange-keyctl reconcile, with --full-ids for whole ids",
        ExitReason.FAILED,
    )
