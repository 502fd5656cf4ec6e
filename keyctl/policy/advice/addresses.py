"""From where the key may be used: never from anywhere, unless the venue knows nothing else."""

from __future__ import annotations

from keyctl.exchanges.declaration import Declaration
from keyctl.model.app import App
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.scopes import READ, ScopeSet
from keyctl.policy.advice.advice import Choice

ANY = ("any",)


def choose(
    registry: Registry, app: App, venue: Declaration, scopes: ScopeSet, wished: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...], Choice]:
    """The list, what to propose where there is none yet, and why. Raises Refusal."""
    if venue.limits.max_ips == 0:
        if wished not in ((), ANY):
            raise Refusal(
                f"{venue.title} binds no key to addresses, so a list protects nothing (ip-unavailable)",
                "leave --ips out",
            )
        return ANY, (), Choice("ips: any", f"{venue.title} binds no key to addresses", "ip-unavailable")
    rule = "ip-required" if scopes - {READ} else "ip-required-read"
    if wished == ANY:
        raise Refusal(
            f"a key at {venue.title} can be bound to addresses, so it is not given to any ({rule})",
            "name addresses or a @network, or leave --ips out and fill them in",
        )
    if wished:
        return wished, (), Choice(f"ips [{', '.join(wished)}]", "of no use to a thief elsewhere", rule)
    same = usual(registry, app)
    why = f"nobody has said yet from where {app.name} calls"
    if same:
        why += f"; its other keys list {', '.join(same)}, which stands in the file as a comment"
    return (), same, Choice("ips: to be filled in", why, rule)


def usual(registry: Registry, app: App) -> tuple[str, ...]:
    """The list of the app's other keys, if all of them have the same one; empty if not, and for ``any``."""
    keys = [key for key in registry.keys.values() if key.owner == app.name and not key.ended]
    lists = {key.ips for key in keys}
    return keys[0].listed if len(lists) == 1 and not keys[0].ips.unrestricted else ()
