"""Writes rules, and says which of them apply where."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import jsonschema_rs
from django.db import transaction
from django.utils.translation import gettext as _

from catalog.audit.services import Subject, record
from catalog.authorization.access import require_permission
from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.exceptions import NotFound, require_edition, require_valid
from catalog.issues import Issue, did_you_mean
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.types import JSONObject
from governance.alerts.kinds import RuleScope, Severity, kind_of, kinds
from governance.alerts.models import AlertRule

AlertSubject = DataProduct | Domain | None
MAX_RULES = 50


@dataclass(frozen=True, kw_only=True)
class EffectiveRule:
    """A rule as it applies to one subject; `row` is None for a standard rule."""

    kind: str
    severity: Severity
    parameters: JSONObject
    row: AlertRule | None = None


class RuleBook:
    """The rules of a kind, read once for many subjects: those of the nearest place apply.

    A product comes before its domain, that before those above it, and the mesh is last. Rules
    that are off are left out, and keep those of wider places from applying.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        rows = AlertRule.objects.filter(kind=kind).select_related("product__domain", "domain")
        self._rows = list(rows.order_by("pk"))
        self._parents = Domain.objects.parents() if self._rows else {}

    def rules_for(self, subject: AlertSubject) -> list[EffectiveRule]:
        for rows in self._by_distance(subject):
            if rows:
                return [_effective(row) for row in rows if row.is_enabled]
        return standard_rules(self.kind)

    def _by_distance(self, subject: AlertSubject) -> Iterator[list[AlertRule]]:
        product = subject.published_row if isinstance(subject, DataProduct) else None
        domain_id = product.domain_id if product else subject.pk if subject else None
        if product is not None:
            yield [row for row in self._rows if row.product_id == product.pk]
        for pk in ancestors_in(self._parents, domain_id) if domain_id else ():
            yield [row for row in self._rows if row.domain_id == pk]
        yield [row for row in self._rows if not row.product_id and not row.domain_id]


def rules_for(kind: str, subject: AlertSubject) -> list[EffectiveRule]:
    """Return the rules of a kind that apply to one subject."""
    return RuleBook(kind).rules_for(subject)


def standard_rules(kind: str) -> list[EffectiveRule]:
    return [
        EffectiveRule(kind=kind, severity=rule.severity, parameters=rule.parameters)
        for rule in kind_of(kind).standard_rules
    ]


@dataclass(frozen=True, kw_only=True)
class RuleFields:
    """What people write of a rule."""

    severity: str
    parameters: JSONObject
    is_enabled: bool = True


@transaction.atomic
def create_rule(
    *,
    kind: str,
    fields: RuleFields,
    actor: Person,
    product: DataProduct | None = None,
    domain: Domain | None = None,
) -> AlertRule:
    """Save a rule of a product, of a domain, or (neither) of the mesh.

    From then on the rules of wider places, and the standard ones, apply no longer there. Raises
    PermissionDenied, ValidationFailed (with the arithmetic, if it can never be of use).
    """
    row = AlertRule(kind=kind, product=product and product.published_row, domain=domain)
    row.created_by = actor
    require_permission(actor, rule_permission(row), row.owning_domain)
    if AlertRule.objects.filter(kind=kind, product=row.product, domain=domain).count() >= MAX_RULES:
        message = _("There are {limit} such rules already.").format(limit=MAX_RULES)
        require_valid([Issue(location="kind", message=message)])
    _write(row, fields)
    record(actor=actor, verb="created", subject=_subject(row), after=_audited(row))
    return row


@transaction.atomic
def change_rule(*, rule: AlertRule, fields: RuleFields, edition: int, actor: Person) -> AlertRule:
    """Raises PermissionDenied, NotFound, EditConflict, ValidationFailed."""
    row = _lock(rule, edition, actor)
    before = _audited(row)
    row.edition += 1
    _write(row, fields)
    record(actor=actor, verb="edited", subject=_subject(row), before=before, after=_audited(row))
    return row


@transaction.atomic
def delete_rule(*, rule: AlertRule, edition: int, actor: Person) -> None:
    """Raises PermissionDenied, NotFound, EditConflict."""
    row = _lock(rule, edition, actor)
    record(actor=actor, verb="deleted", subject=_subject(row), before=_audited(row))
    row.delete()


def rule_permission(rule: AlertRule) -> Permission:
    """Return what managing a rule needs: of the mesh, what its governance lead may."""
    return Permission.EDIT_PRODUCTS if rule.owning_domain else Permission.MANAGE_DOMAIN


def rule_issues(kind: str, fields: RuleFields, scope: RuleScope) -> list[Issue]:
    """Return what is wrong with a rule before it is saved; warnings do not stop it."""
    if kind not in kinds():
        hint = did_you_mean(kind, kinds())
        return [Issue(location="kind", message=_("Unknown kind of alert."), hint=hint)]
    issues = []
    if fields.severity not in list(Severity):
        hint = did_you_mean(fields.severity, list(Severity))
        issues.append(Issue(location="severity", message=_("Unknown severity."), hint=hint))
    definition = kind_of(kind)
    if definition.is_of_installation and (scope.product_id or scope.domain_id):
        message = _("This is about the installation: its rules are those of the mesh.")
        issues.append(Issue(location="kind", message=message))
    errors = list(jsonschema_rs.validator_for(definition.schema).iter_errors(fields.parameters))
    issues += [
        Issue(
            location=".".join(["parameters", *map(str, error.instance_path)]),
            message=error.message,
        )
        for error in errors
    ]
    return issues or list(definition.check(fields.parameters, scope))


def _write(row: AlertRule, fields: RuleFields) -> None:
    issues = rule_issues(row.kind, fields, row.scope) if fields.is_enabled else []
    require_valid([issue for issue in issues if issue.is_error])
    row.severity = fields.severity
    row.parameters = fields.parameters
    row.is_enabled = fields.is_enabled
    row.save()


def _lock(rule: AlertRule, edition: int, actor: Person) -> AlertRule:
    rows = AlertRule.objects.select_for_update(of=("self",))
    row = rows.select_related("product__domain", "domain").filter(pk=rule.pk).first()
    if row is None:
        raise NotFound(_("This rule was deleted."))
    require_permission(actor, rule_permission(row), row.owning_domain)
    require_edition(sent=edition, read=rule.edition, current=row.edition)
    return row


def _effective(row: AlertRule) -> EffectiveRule:
    severity = Severity(row.severity)
    return EffectiveRule(kind=row.kind, severity=severity, parameters=row.parameters, row=row)


def most_severe(rules: Iterable[EffectiveRule]) -> EffectiveRule | None:
    """Return the most urgent of some rules; None of none."""
    return min(rules, key=lambda rule: list(Severity).index(rule.severity), default=None)


def _subject(row: AlertRule) -> Subject:
    domain = row.owning_domain
    return Subject(
        kind="alert rule",
        id=str(row.uuid),
        name=str(row),
        domain_id=domain.pk if domain else None,
        revision=row.edition,
    )


def _audited(row: AlertRule) -> JSONObject:
    names = ("kind", "severity", "parameters", "is_enabled")
    return {name: getattr(row, name) for name in names}
