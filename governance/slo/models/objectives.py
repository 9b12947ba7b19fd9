"""Objectives, their current status, and their breaches."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from governance.slo import evaluation
from governance.slo.assessment import Assessment, CheckRun
from governance.slo.budget import Ratio


def exactly_one_of(*names: str) -> Q:
    """Return the condition that one of these columns is set and the others are empty."""
    condition = Q()
    for name in names:
        others = {f"{other}__isnull": other != name for other in names}
        condition |= Q(**others)
    return condition


class ObjectiveQuerySet(models.QuerySet["Objective"]):
    def of_products(self, product_ids: Collection[int]) -> ObjectiveQuerySet:
        """Return the objectives of some products or their ports, in their order."""
        covers = Q(product_id__in=product_ids) | Q(port__product_id__in=product_ids)
        return (
            self.filter(covers)
            .select_related("port", "status", "origin__domain")
            .order_by("position", "pk")
        )

    def covering_ports(self, port_ids: Collection[int]) -> ObjectiveQuerySet:
        ports = OutputPort.objects.filter(pk__in=port_ids)
        return self.filter(Q(port_id__in=port_ids) | Q(product_id__in=ports.values("product_id")))


class ObjectiveStandard(models.Model):
    """An objective that a domain sets for all published products of it and of its subdomains.

    `declared` is the objective in the notation of a product's document (`assayObjectives`).
    """

    domain = models.ForeignKey(Domain, models.CASCADE, related_name="objective_standards")
    declared = models.JSONField()
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.declared.get('indicator')} of {self.domain}"


class Objective(models.Model):
    """A service level objective of one port, or of one product's ports together."""

    Indicator = evaluation.Indicator
    Budgeting = evaluation.BudgetingMethod

    port = models.ForeignKey(OutputPort, models.CASCADE, null=True, related_name="objectives")
    product = models.ForeignKey(DataProduct, models.CASCADE, null=True, related_name="objectives")
    origin = models.ForeignKey(
        ObjectiveStandard,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="objectives",
        help_text="The standard that set it; empty if its product did.",
    )
    indicator = models.CharField(
        max_length=12, choices=[(indicator, indicator) for indicator in evaluation.Indicator]
    )
    threshold = models.FloatField(
        null=True,
        blank=True,
        help_text="Good at or below this in seconds; else at or above this share or these rows.",
    )
    percentile = models.FloatField(
        null=True, blank=True, help_text="Of a time slice's latencies; else empty."
    )
    target = models.FloatField(help_text="Share of good measurements or slices, above 0, up to 1.")
    window = models.DurationField(default=timedelta(days=30))
    budgeting = models.CharField(
        max_length=12,
        choices=[(method, method) for method in evaluation.BudgetingMethod],
        default=evaluation.BudgetingMethod.OCCURRENCES,
    )
    window_kind = models.CharField(
        max_length=8,
        choices=[(kind, kind) for kind in evaluation.WindowKind],
        default=evaluation.WindowKind.ROLLING,
    )
    interval = models.PositiveIntegerField(
        null=True, blank=True, help_text="Seconds between checks at most; empty for the port's."
    )
    source = models.CharField(
        max_length=8,
        choices=[(source, source) for source in evaluation.ValueSource],
        default=evaluation.ValueSource.MEASURED,
        help_text="Whose values count: what Assay measured, or what was reported to it.",
    )
    effective_since = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Nothing before it counts: when it was published or last changed.",
    )
    position = models.PositiveIntegerField(default=0)

    objects = ObjectiveQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(target__gt=0, target__lte=1), name="objective_target_is_a_share"
            ),
            models.CheckConstraint(
                condition=exactly_one_of("port", "product"),
                name="objective_has_one_subject",
            ),
            models.CheckConstraint(
                condition=Q(indicator="availability") | Q(threshold__gt=0),
                name="only_availability_needs_no_threshold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} of {self.port or self.product}"

    @property
    def subject_product(self) -> DataProduct:
        """Return the product whose ports it covers."""
        product = self.port.product if self.port else self.product
        assert product is not None
        return product

    @property
    def spec(self) -> evaluation.ObjectiveSpec:
        return evaluation.ObjectiveSpec(
            **{name: getattr(self, name) for name in evaluation.SPEC_FIELDS}
        )


class ObjectiveStatus(models.Model):
    """The current status of an objective; measured, so separate from what people declare.

    The verdict is always that of the last measurement. `good`, `total`, `value` and `as_of` are
    written when the verdict changes, and every five minutes. `base...` counts the full hours of
    the window up to `base_to`, so that a new measurement needs only the hours after it; an empty
    `base_to` means that they must be counted again. `edge...` counts the part of an hour in which
    a moving window starts.
    """

    objective = models.OneToOneField(Objective, models.CASCADE, related_name="status")
    verdict = models.CharField(
        max_length=10,
        choices=[(verdict, verdict) for verdict in evaluation.Verdict],
        default=evaluation.Verdict.NO_DATA,
    )
    good = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    value = models.FloatField(
        null=True, blank=True, help_text="The good share; of latency a quantile in seconds."
    )
    since = models.DateTimeField(default=timezone.now, help_text="When the verdict last changed.")
    as_of = models.DateTimeField(null=True, blank=True, help_text="The newest slot evaluated.")
    evaluated_at = models.DateTimeField(null=True, blank=True)
    unknown_from = models.DateTimeField(
        null=True, blank=True, help_text="When it is no data unless there is a check before."
    )
    details = models.JSONField(
        default=dict, help_text="The rest of the assessment: window, budget, burn rates, runs."
    )
    edge_good = models.PositiveIntegerField(default=0)
    edge_total = models.PositiveIntegerField(default=0)
    base = models.JSONField(
        default=dict, help_text="Outcomes and latencies, its start, its latest hours."
    )
    base_good = models.PositiveIntegerField(default=0)
    base_total = models.PositiveIntegerField(default=0)
    base_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(good__lte=F("total")), name="a_status_counts_no_more_good_than_all"
            )
        ]

    def __str__(self) -> str:
        return f"{self.objective}: {self.verdict}"

    @property
    def assessment(self) -> Assessment:
        """Return what was last found of the objective; of a new one, that nothing is known."""
        return Assessment.from_json(
            self.details,
            spec=self.objective.spec,
            verdict=self.verdict,
            ratio=Ratio(self.good, self.total),
            value=self.value,
            as_of=self.as_of,
        )

    @property
    def runs(self) -> tuple[CheckRun, ...]:
        return tuple(CheckRun.from_json(run) for run in self.details.get("runs", ()))

    def keep(self, assessment: Assessment) -> None:
        """Take over the assessment of the objective, except its verdict; does not save."""
        self.good, self.total = assessment.ratio.good, assessment.ratio.total
        self.value, self.as_of = assessment.value, assessment.as_of
        self.details = assessment.as_json()


class BreachQuerySet(models.QuerySet["Breach"]):
    def open(self) -> BreachQuerySet:
        return self.filter(closed_at__isnull=True)

    def of_product(self, product: DataProduct) -> BreachQuerySet:
        """Return a product's breaches, newest first."""
        return self.filter(product=product).order_by("-opened_at", "-pk")


class Breach(models.Model):
    """A period in which an objective was missed. It outlives its objective, as a record."""

    objective = models.ForeignKey(
        Objective, models.SET_NULL, null=True, blank=True, related_name="breaches"
    )
    product = models.ForeignKey(DataProduct, models.CASCADE, null=True, related_name="breaches")
    description = models.CharField(max_length=200, help_text="The objective as text.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = BreachQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "breaches"
        constraints = [
            models.UniqueConstraint(
                fields=["objective"],
                condition=Q(closed_at__isnull=True),
                name="an_objective_has_one_open_breach",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("opened_at")),
                name="a_breach_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["product", "-opened_at"], name="breach_by_product")]

    def __str__(self) -> str:
        return f"{self.description} since {self.opened_at:%Y-%m-%d %H:%M}"
