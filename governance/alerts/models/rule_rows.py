"""The rules that people save: of which kind, where, how urgent, with which parameters."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.products.models import DataProduct
from governance.alerts.kinds import RuleScope, Severity

SEVERITIES = [(severity.value, severity.value) for severity in Severity]


class AlertRule(models.Model):
    """When an alert of a kind opens in one product, in a domain, or (neither) in the mesh.

    The rules of the nearest place that has some of a kind apply; without any, the standard ones.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    edition = models.PositiveBigIntegerField(default=1)
    kind = models.CharField(max_length=40)
    product = models.ForeignKey(
        DataProduct, models.CASCADE, null=True, blank=True, related_name="alert_rules"
    )
    domain = models.ForeignKey(
        Domain, models.CASCADE, null=True, blank=True, related_name="alert_rules"
    )
    severity = models.CharField(max_length=10, choices=SEVERITIES)
    parameters = models.JSONField(default=dict)
    is_enabled = models.BooleanField(
        default=True, help_text="A rule that is off keeps the rules of wider places from applying."
    )
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(product__isnull=True) | Q(domain__isnull=True),
                name="an_alert_rule_has_one_scope",
            )
        ]
        indexes = [models.Index(fields=["kind"], name="alert_rule_by_kind")]

    def __str__(self) -> str:
        return f"{self.kind} in {self.product or self.domain or 'the mesh'}"

    @property
    def scope(self) -> RuleScope:
        return RuleScope(product_id=self.product_id, domain_id=self.domain_id)

    @property
    def owning_domain(self) -> Domain | None:
        """Return the domain whose owners and stewards manage the rule; None is the mesh."""
        return self.product.domain if self.product else self.domain
