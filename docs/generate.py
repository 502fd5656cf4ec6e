#!/usr/bin/env python3
"""Writes the pages that the code itself is the source of: the commands, the files, the rules, the exchanges.

``python docs/generate.py`` writes them; a test compares them with what it would write.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from keyctl.cli.exits import MEANINGS, Exit
from keyctl.cli.main import app
from keyctl.exchanges import catalogue
from keyctl.exchanges.declaration import Capability
from keyctl.model.finding import Confidence
from keyctl.model.rules import RULES
from keyctl.policy.explained import Explained, explained, names
from keyctl.registry import schema as schemas

HERE = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py; edit the code, then run it. -->\n"


def pages() -> dict[Path, str]:
    """Every generated page by its path."""
    return {
        HERE / "cli.md": _cli(),
        HERE / "registry.md": _registry(),
        HERE / "rules.md": _rules(),
        HERE / "exchanges" / "README.md": _exchanges(),
    }


def _cli() -> str:
    return "\n".join([NOTE, *_commands()]) + "\n"


def _commands() -> Iterator[str]:
    group: Any = typer.main.get_command(app)
    yield "# The command line\n"
    yield f"{inspect.getdoc(group.callback)}\n"
    yield "`exchange-keyctl` and `keyctl` are the same program. stdout carries the result and nothing else.\n"
    yield "With any command: `--debug` prints a trace, without locals, of an internal error; `-h`, `--help`.\n"
    for name, command in group.commands.items():
        for path, leaf in _leaves(name, command):
            yield from _command(path, leaf)
    yield "## Exit statuses\n"
    yield "| exit | meaning |\n| --- | --- |"
    yield "\n".join(f"| {status.value} | {MEANINGS[status]} |" for status in Exit) + "\n"
    yield "3 comes before 1 before 2 before 4; documents carry every reason.\n"
    yield "## Documents\n"
    yield (
        "`exchange-keyctl schema NAME` prints the JSON Schema of each: "
        + ", ".join(f"`{name}`" for name in schemas.names())
        + "."
    )


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from _leaves(f"{path} {name}", inner)
    else:
        yield path, command


def _command(path: str, command: Any) -> Iterator[str]:
    parameters = [parameter for parameter in command.params if parameter.name != "help"]
    arguments = [parameter for parameter in parameters if parameter.param_type_name == "argument"]
    words = [f"{p.name.upper()}" if p.required else f"[{p.name.upper()}]" for p in arguments]
    yield f"## {' '.join([path, *words])}\n"
    yield " ".join((command.help or "").split()) + "\n"
    rows = [_row(parameter) for parameter in parameters]
    if rows:
        yield "| | |\n| --- | --- |"
        yield "\n".join(rows) + "\n"


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"| `{parameter.name.upper()}` | {_cell(parameter.help or '')} |"
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    value = f" `{parameter.metavar}`" if parameter.metavar else ""
    default = parameter.default
    shown = f" Default: `{getattr(default, 'value', default)}`." if isinstance(default, str) else ""
    return f"| {names}{value} | {_cell(parameter.help or '')}{shown} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


FILES = {
    "registry": "registry/registry.yaml",
    "accounts": "registry/accounts.yaml",
    "apps": "registry/apps.yaml",
    "networks": "registry/networks.yaml",
    "revoked": "registry/revoked.yaml",
    "policy": "registry/policy.yaml",
    "waivers": "registry/waivers.yaml",
    "key": "keys.d/**/<name>.yaml",
}


def _registry() -> str:
    lines = [NOTE, "# The registry's files\n"]
    lines.append("Strict YAML: no duplicate keys, anchors, aliases, tags or second documents; quoted scalars are text.")
    lines.append("`registry/` and `keys.d/` of this project are a complete example.\n")
    for name, file in FILES.items():
        schema = schemas.schema(name)
        lines.append(f"## `{file}`\n")
        lines.append(f"{_cell(schema.get('description', schema['title']))}\n")
        lines.append("| field | | |\n| --- | --- | --- |")
        lines += [f"| {field} | {kind} | {text} |" for field, kind, text in _fields(schema, schema, "")]
        lines.append("")
    return "\n".join(lines)


def _fields(schema: Any, root: Any, at: str) -> Iterator[tuple[str, str, str]]:
    schema = _resolved(schema, root)
    required = schema.get("required", ())
    entries = [(f"{at}{name}", inner, name in required) for name, inner in schema.get("properties", {}).items()]
    if isinstance(schema.get("additionalProperties"), dict):
        entries.append((f"{at}<name>", schema["additionalProperties"], False))
    for path, inner, needed in entries:
        whole = _resolved(inner, root)
        described = _cell(inner.get("description") or whole.get("description", ""))
        yield f"`{path}`", "required" if needed else "", described
        yield from _fields(whole, root, f"{path}.")
        if isinstance(whole.get("items"), dict):
            yield from _fields(whole["items"], root, f"{path}[].")


def _resolved(schema: Any, root: Any) -> Any:
    reference = schema.get("$ref", "")
    return {**root["$defs"][reference.rpartition("/")[2]], **schema} if reference else schema


def _rules() -> str:
    return "\n".join([NOTE, *_all_rules()]) + "\n"


def _all_rules() -> Iterator[str]:
    yield "# Rules\n"
    yield "What keyctl finds. *Policy* is what a firm decides: `registry/policy.yaml` chooses the set `base` or"
    yield "`strict` and changes severities and numbers, for one exchange, account or app too; `registry/waivers.yaml`"
    yield "holds exceptions ([policy.md](policy.md)). The rest holds as it is."
    yield "`exchange-keyctl explain RULE` prints the same.\n"
    known = [one for name in names() if (one := explained(name)) is not None]
    yield "| policy | base | strict | what |\n| --- | --- | --- | --- |"
    policy = [one for one in known if one.name not in RULES]
    for one in policy:
        severities = " | ".join(level.value if level else "" for level in (one.base, one.strict))
        yield f"| [`{one.name}`](#{one.name}) | {severities} | {_cell(one.meaning)} |"
    yield "\nFindings of the following end a run as their consequence says, whatever their severity; those without one"
    yield "count from `--fail-on` upwards, and policy can change their severity.\n"
    yield "| rule | severity | consequence | what |\n| --- | --- | --- | --- |"
    for one in known:
        if one.name in RULES:
            severity = one.base.value if one.base else ""
            severity += f", {one.strict.value} in strict" if one.strict and one.strict is not one.base else ""
            consequence = one.consequence.value if one.consequence else ""
            yield f"| [`{one.name}`](#{one.name}) | {severity} | {consequence} | {_cell(one.meaning)} |"
    for one in known:
        yield from _rule(one)


def _rule(one: Explained) -> Iterator[str]:
    yield f"\n## {one.name}\n"
    yield f"{one.meaning} {one.reason}\n"
    yield f"- Remedy: {one.remedy}."
    if one.confidence is not Confidence.HIGH:
        yield f"- Confidence: {one.confidence.value}."
    for parameter in one.parameters:
        base, strict = ("none" if number is None else str(number) for number in (parameter.base, parameter.strict))
        yield f"- `{parameter.name}`: {parameter.meaning}; {base} in base, {strict} in strict."
    if one.others:
        yield f"- A finding also depends on {one.others}."
    if one.live:
        yield "- Reconcile only: it needs to know what the exchange reports."
    if one.unbending:
        yield "- Nobody can lower, silence or waive it."


def _exchanges() -> str:
    own = [name for name in catalogue.names() if catalogue.canonical(name) == name]
    names = [name for name in own if catalogue.unread(name) is None]
    lines = [NOTE, "# Exchanges\n", "What each exchange's API lets keyctl see and do, for keys that it administers;"]
    lines += ["where a master account's own keys differ, they have a row of their own.\n"]
    lines.append("| | " + " | ".join(capability.value for capability in Capability) + " |")
    lines.append("| --- " * (len(Capability) + 1) + "|")
    for name in names:
        declared = catalogue.declaration(name)
        lines.append(_abilities(f"[{declared.title}]({name}.md)", declared.capabilities))
        if declared.master_capabilities is not None:
            lines.append(_abilities(f"{declared.title}, a master's own keys", declared.master_capabilities))
    lines.append("\nWhat a thief of keyctl's own credential could see or do beyond what its scopes say:\n")
    for name in names:
        declared = catalogue.declaration(name)
        lines += [f"- {declared.title}: {power}" for power in declared.may_also or ("nothing that is documented",)]
    lines.append("\nDeclared, so that their accounts, keys and tombstones can be in the registry; keyctl can't ask")
    lines.append("them yet, so nothing of theirs counts as in sync, and they take no credential:\n")
    lines += [f"- [{catalogue.declaration(name).title}]({name}.md)" for name in own if name not in names]
    lines += ["\nWhere a wallet approves agents, and an app needs no key that the exchange made:\n", *_agents(own)]
    return "\n".join(lines) + "\n"


def _agents(names: list[str]) -> Iterator[str]:
    yield "| | agent | longest life | an approval can carry an end | as of |\n| --- | --- | --- | --- | --- |"
    for name in names:
        declared = catalogue.declaration(name)
        agents = declared.wallet_agents
        if agents is not None:
            life = f"{agents.max_days} days" if agents.max_days is not None else "no limit documented"
            end = "yes" if agents.expiry else "no"
            source = f"[{agents.as_of}]({agents.source})"
            yield f"| [{declared.title}]({name}.md) | {agents.kind} | {life} | {end} | {source} |"


def _abilities(title: str, capabilities: frozenset[Capability]) -> str:
    cells = ("yes" if capability in capabilities else "" for capability in Capability)
    return f"| {title} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(HERE.parent))
