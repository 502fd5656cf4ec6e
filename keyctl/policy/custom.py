"""Rules that a registry brings itself, as CEL expressions in policy.yaml.

CEL has no loops beyond those over what it is given, no input or output, and Google's evaluator stops after a fixed
number of steps; its regular expressions (RE2) take linear time. What can't be compiled or decided is a finding: a rule
that does not run must not look like one that found nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from keyctl.model.account import Account
from keyctl.model.app import App
from keyctl.model.finding import Finding
from keyctl.model.key import Key
from keyctl.model.place import Place
from keyctl.model.policy import CustomRule, Subject
from keyctl.model.rules import RULES, found
from keyctl.model.scopes import in_order
from keyctl.policy.rule import AccountCase, AppCase, Breach, KeyCase, Parameters, PolicyRule

VARIABLES = {
    Subject.KEY: ("key", "account", "app", "today"),
    Subject.ACCOUNT: ("account", "today"),
    Subject.APP: ("app", "today"),
}
"""What an expression may speak of, by what the rule is about."""
_EXTRA = "exchange-keyctl[cel]"


def custom_rules(given: Sequence[CustomRule], taken: Collection[str]) -> tuple[tuple[PolicyRule, ...], list[Finding]]:
    """The rules that can be meant, and what is wrong with the others."""
    made: list[PolicyRule] = []
    wrong: list[Finding] = []
    names = {*taken, *RULES}
    for one in given:
        if one.name in names:
            message = f"there is a rule {one.name!r} already"
            wrong.append(_broken(one, message, "give it another id", "id"))
            continue
        names.add(one.name)
        try:
            program = _compiled(one)
        except _CannotMean as error:
            wrong.append(_broken(one, *error.words, "deny"))
            continue
        made.append(
            PolicyRule(
                name=one.name,
                about=one.about,
                base=one.severity,
                strict=one.severity,
                meaning=one.message,
                reason=one.reason,
                remedy=one.remedy,
                check=_Check(one, program),
            )
        )
    return tuple(made), wrong


class _CannotMean(Exception):
    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.words = (message, remedy)


def _compiled(one: CustomRule) -> Any:
    try:
        from cel_expr_python import cel
    except ImportError:
        raise _CannotMean(
            f"rule {one.name!r} is a CEL expression, and nothing here evaluates CEL, so it could not be checked",
            f"pip install '{_EXTRA}'",
        ) from None
    kinds = {name: cel.Type.Map(cel.Type.STRING, cel.Type.DYN) for name in ("key", "account", "app")}
    kinds["today"] = cel.Type.STRING
    wrong: str | None = None
    try:
        environment = cel.NewEnv(variables={name: kinds[name] for name in VARIABLES[one.about]})
        program = environment.compile(one.deny)
        answer = program.return_type()
        if answer not in (cel.Type.BOOL, cel.Type.DYN):
            wrong = f"it gives a {answer.name().lower()}, not true or false"
    except RuntimeError as error:
        wrong = _first_line(error)
    if wrong is not None:
        raise _CannotMean(
            f"rule {one.name!r} does not mean anything: {wrong}",
            f"correct `deny`; it may speak of {', '.join(VARIABLES[one.about])}, whose fields are in docs/policy.md",
        )
    return program


class _Check:
    """The expression of one rule, asked about one subject after another."""

    def __init__(self, one: CustomRule, program: Any) -> None:
        self._one = one
        self._program = program

    def __call__(self, case: KeyCase | AccountCase | AppCase, _parameters: Parameters) -> Sequence[Breach]:
        today = case.world.today
        data: dict[str, Any] = {"today": str(today)}
        match case:
            case KeyCase():
                name = str(case.key.name)
                data |= {
                    "key": key_fields(case.key, today),
                    "account": account_fields(case.account),
                    "app": app_fields(case.app),
                }
            case AccountCase():
                name, data["account"] = str(case.account.name), account_fields(case.account)
            case AppCase():
                name, data["app"] = str(case.app.name), app_fields(case.app)
        wrong: str
        try:
            answer = self._program.eval(data=data)
            denied = answer.value()
            if isinstance(denied, bool):
                return (Breach(f"{name}: {self._one.message}"),) if denied else ()
            wrong = _first_line(answer.value() if denied is None else answer)
        except RuntimeError as error:
            wrong = _first_line(error)
        return (
            Breach(
                f"{name}: rule {self._one.name!r} could not be decided: {wrong}",
                remedy="correct its `deny` in registry/policy.yaml; has(key.expires) asks whether a field is there",
            ),
        )


def key_fields(key: Key, today: date) -> Mapping[str, Any]:
    """What an expression sees of a key: texts, lists of texts, booleans and whole numbers; days are texts such as
    2026-11-25, which compare as days do. What the file does not say is left out. Ids are not among them: a rule about
    one id is a tombstone's business."""
    return _present(
        {
            "name": str(key.name),
            "account": str(key.account),
            "owner": str(key.owner),
            "purpose": key.purpose or None,
            "scopes": [str(scope) for scope in in_order(key.scopes)],
            "ips": list(key.ips.texts()),
            "networks": list(key.networks),
            "issued": _day(key.issued),
            "expires": _day(key.expires),
            "age_days": (today - key.issued).days if key.issued else None,
            "days_left": (key.expires - today).days if key.expires else None,
            "protected": key.protected,
            "disabled": key.disabled,
            "has_id": key.identifier is not None,
            "retiring_until": _day(key.retiring.until) if key.retiring else None,
            "deliver": key.deliver,
        }
    )


def account_fields(account: Account) -> Mapping[str, Any]:
    """The same of an account."""
    return _present(
        {
            "name": str(account.name),
            "exchange": str(account.exchange),
            "environment": account.environment.value,
            "parent": account.parent,
            "mode": account.mode.value,
            "unmanaged": account.unmanaged.value,
            "on_expiry": account.on_expiry.value,
            "dedicated_to": account.dedicated_to,
            "two_factor": account.two_factor.value if account.two_factor else None,
            "max_balance": {code: float(amount) for code, amount in account.max_balance} or None,
        }
    )


def app_fields(app: App) -> Mapping[str, Any]:
    """The same of an app."""
    return _present(
        {
            "name": str(app.name),
            "team": app.team,
            "contact": app.contact,
            "kind": app.kind.value,
            "access": app.access.value,
            "needs": [str(scope) for scope in in_order(app.needs)],
            "countries": list(app.countries),
            "sink": app.sink,
        }
    )


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _day(day: date | None) -> str | None:
    return str(day) if day is not None else None


def _first_line(error: object) -> str:
    line = str(error).strip().splitlines()[0] if str(error).strip() else "no reason was given"
    return line.removeprefix("INVALID_ARGUMENT: ").removeprefix("ERROR: ").removeprefix("<input>:")[:200]


def _broken(one: CustomRule, message: str, remedy: str, at: str) -> Finding:
    return found("policy-invalid", message, remedy, place=Place(one.place.path, (*one.place.pointer, at)))
