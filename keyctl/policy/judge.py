"""A registry and, where it was asked for, its live state → the findings of every rule. Pure, and the only place where
rules run: validate, review and reconcile all come here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from keyctl.model.finding import Finding
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place
from keyctl.model.policy import Policy, Settings, Subject, Waiver
from keyctl.policy import catalogue
from keyctl.policy.custom import custom_rules
from keyctl.policy.rule import AccountCase, AppCase, Breach, Edit, KeyCase, PolicyRule
from keyctl.policy.settings import Armed, adjusted, armed, mistakes
from keyctl.policy.waivers import Exceptions
from keyctl.policy.world import World


@dataclass(frozen=True, slots=True)
class Judged:
    """``before`` are the findings of others as the policy wants them, ``own`` those of the rules, both in no order.
    ``fixes`` are the mechanical remedies."""

    before: tuple[Finding, ...]
    own: tuple[Finding, ...]
    fixes: tuple[Edit, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them."""
        return (*self.before, *self.own)


def judge(
    world: World,
    policy: Policy,
    waivers: Sequence[Waiver],
    before: Iterable[Finding] = (),
    *,
    partial_view: bool = False,
    rules: Sequence[PolicyRule] | None = None,
) -> Judged:
    """Hold the registry against its policy.

    ``policy`` and ``waivers`` are those that judge: of the checkout, or of the base side in a review. ``before`` are
    findings of others, whose severities the policy may change where nothing follows from them, and which can be waived
    then too. ``partial_view`` says that not all accounts were observed, so that nothing can be said about waivers that
    seem unused. ``rules`` are all that there are unless given. Raises Refusal for plug-ins that can't be meant.
    """
    known = tuple(catalogue.rules() if rules is None else rules)
    custom, broken = custom_rules(policy.custom, {rule.name for rule in known})
    work = _Work(world, policy, (*known, *custom))
    told = list(_adjusted(world, policy, before))
    work.run({(finding.rule, finding.key) for finding in told})
    exceptions = Exceptions(waivers, work.rules, world)
    told = [exceptions.applied(finding) for finding in told]
    own = [exceptions.applied(finding) for finding in work.findings]
    for finding in work.quiet:
        exceptions.applied(finding)
    complaints, needless = exceptions.complaints(whole=not partial_view)
    own += [*broken, *mistakes(policy, work.rules), *complaints]
    return Judged(
        tuple(world.concealed(one) for one in told),
        tuple(world.concealed(one) for one in own),
        (*(edit for finding, edit in work.fixes if not exceptions.about(finding)), *needless),
    )


def judge_laws(world: World, before: Iterable[Finding]) -> Judged:
    """Where files are wrong: the policy waits until they are mended, but for what holds whatever the rest says."""
    return judge(world, Policy(), (), before, rules=[rule for rule in catalogue.rules() if rule.law])


def _adjusted(world: World, policy: Policy, before: Iterable[Finding]) -> Iterator[Finding]:
    for finding in before:
        key = world.registry.keys.get(finding.key) if finding.key else None
        name = finding.account or (key.account if key else None)
        account = world.registry.accounts.get(name) if name else None
        layers = policy.layers(account.exchange if account else None, name, key.owner if key else None)
        kept = adjusted(finding, layers, policy.set)
        if kept is not None:
            yield kept


@dataclass(slots=True)
class _Work:
    world: World
    policy: Policy
    rules: tuple[PolicyRule, ...]
    findings: list[Finding] = field(default_factory=list, init=False)
    quiet: list[Finding] = field(default_factory=list, init=False)
    fixes: list[tuple[Finding, Edit]] = field(default_factory=list, init=False)

    def run(self, told: set[tuple[str, KeyName | None]]) -> None:
        """``told`` are findings on keys that there are already; what they say better goes to ``quiet``."""
        self._keys(told)
        for account in self.world.account_cases:
            known = self._armed(Subject.ACCOUNT, account.account.exchange, account.account.name, None)
            for one in known:
                self.findings += [
                    self._finding(one, breach, account) for breach in one.rule.check(account, one.parameters)
                ]
        for app in self.world.app_cases:
            for one in self._armed(Subject.APP, None, None, app.app.name):
                self.findings += [self._finding(one, breach, app) for breach in one.rule.check(app, one.parameters)]
        for one in self._armed(Subject.REGISTRY, None, None, None):
            whole = self.world.registry_case
            self.findings += [self._finding(one, breach, None) for breach in one.rule.check(whole, one.parameters)]

    def _keys(self, told: set[tuple[str, KeyName | None]]) -> None:
        plans: dict[tuple[object, ...], tuple[Armed, ...]] = {}
        policy = self.policy
        for case in self.world.key_cases:
            if case.ended:
                continue
            account, app = case.account, case.app
            which = (
                account.exchange if account.exchange in policy.exchanges else None,
                account.name if account.name in policy.accounts else None,
                app.name if app.name in policy.apps else None,
            )
            plan = plans.get(which)
            if plan is None:
                plan = plans[which] = self._armed(Subject.KEY, account.exchange, account.name, app.name)
            for one in plan:
                breaches = one.rule.check(case, one.parameters)
                if breaches:
                    better = any((other, case.key.name) in told for other in one.rule.quiet_after)
                    for breach in breaches:
                        (self.quiet if better else self.findings).append(self._finding(one, breach, case))

    def _armed(
        self, about: Subject, exchange: ExchangeId | None, account: AccountName | None, app: AppName | None
    ) -> tuple[Armed, ...]:
        layers: tuple[Settings, ...] = self.policy.layers(exchange, account, app)
        blind = self.world.snapshot is None
        chosen = [rule for rule in self.rules if rule.about is about and not (rule.live and blind)]
        return armed(chosen, self.policy.set, layers)

    def _finding(self, one: Armed, breach: Breach, case: KeyCase | AccountCase | AppCase | None) -> Finding:
        severity = one.severity
        if breach.severity is not None and breach.severity.rank < severity.rank:
            severity = breach.severity
        key = case.key if isinstance(case, KeyCase) else None
        account = key.account if key else case.account.name if isinstance(case, AccountCase) else None
        at = _place(case)
        place = breach.place or (Place(at.path, (*at.pointer, *breach.pointer)) if at else None)
        finding = Finding(
            one.rule.name,
            severity,
            one.rule.confidence,
            breach.message,
            breach.remedy or one.rule.remedy,
            None,
            key.name if key else None,
            account,
            place,
        )
        if breach.fix is not None:
            self.fixes.append((finding, breach.fix))
        return finding


def _place(case: KeyCase | AccountCase | AppCase | None) -> Place | None:
    match case:
        case KeyCase():
            return case.key.place
        case AccountCase():
            return case.account.place
        case AppCase():
            return case.app.place
        case None:
            return None
