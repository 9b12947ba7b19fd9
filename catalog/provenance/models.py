"""Where a product's data comes from, and which groups are over- or under-represented."""

from collections.abc import Collection
from typing import Self

from django.db import models
from django.db.models import Q

from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.provenance.contradictions import Contradiction, MeasuredShare, find_contradictions


class ProvenanceRecord(models.Model):
    """A product's answers to one question set."""

    product = models.OneToOneField(DataProduct, models.CASCADE, related_name="provenance")
    question_set = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"provenance of {self.product}"


class ProvenanceAnswer(models.Model):
    """One answer: a fact (text, values or a period), 'unknown', or why it does not apply."""

    class State(models.TextChoices):
        ANSWERED = "answered"
        UNKNOWN = "unknown"
        NOT_APPLICABLE = "not_applicable"

    record = models.ForeignKey(ProvenanceRecord, models.CASCADE, related_name="answers")
    question = models.CharField(max_length=60)
    state = models.CharField(max_length=16, choices=State)
    text = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    values = models.JSONField(
        default=list, blank=True, help_text="The entries of a list, or the codes of choices."
    )
    start = models.DateField(null=True, blank=True)
    end = models.DateField(null=True, blank=True)
    taken_from = models.CharField(
        max_length=400, blank=True, help_text="Document id of the upstream product it comes from."
    )
    taken_version = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["record", "question"], name="a_question_is_answered_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.state}"


class ImbalanceQuerySet(models.QuerySet["Imbalance"]):
    """Reads of what is compared for contradictions."""

    def declared(self) -> Self:
        return self.filter(origin=Imbalance.Origin.DECLARED, share__isnull=False)

    def measured(self) -> Self:
        """Return what was measured, with its port."""
        rows = self.filter(origin=Imbalance.Origin.MEASURED, interval_low__isnull=False)
        return rows.exclude(Q(port=None) | Q(measured_at=None)).select_related("port")


class Imbalance(models.Model):
    """A group's share of the records and of a named reference, both from 0 to 1.

    A measured row has the interval of its share and its port. It holds what every reader of the
    product may see: of a group of few records neither `n` nor `share`, only the interval.
    """

    class Origin(models.TextChoices):
        DECLARED = "declared"
        MEASURED = "measured"

    is_rest = False

    record = models.ForeignKey(ProvenanceRecord, models.CASCADE, related_name="imbalances")
    attribute = models.CharField(max_length=60)
    group = models.CharField(max_length=200)
    share = models.FloatField(null=True, blank=True)
    reference_share = models.FloatField(null=True, blank=True)
    interval_low = models.FloatField(null=True, blank=True)
    interval_high = models.FloatField(null=True, blank=True)
    n = models.PositiveBigIntegerField(null=True, blank=True)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.DECLARED)
    port = models.ForeignKey(OutputPort, models.CASCADE, null=True, blank=True)
    measured_at = models.DateTimeField(null=True, blank=True)
    reference_name = models.CharField(max_length=200, blank=True)
    reference_date = models.DateField(null=True, blank=True)
    assessor = models.CharField(
        max_length=200, blank=True, help_text="The person or method that declared it."
    )
    assessed_on = models.DateField(null=True, blank=True)
    explanation = models.TextField(
        blank=True, help_text="Why the declaration holds although a measurement contradicts it."
    )
    position = models.PositiveIntegerField(default=0)

    objects = ImbalanceQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__gte=0, share__lte=1),
                name="imbalance_share_is_a_share",
            ),
            models.CheckConstraint(
                condition=Q(reference_share__isnull=True)
                | Q(reference_share__gte=0, reference_share__lte=1),
                name="imbalance_reference_share_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute} {self.group}: {self.share}"

    @property
    def measured_share(self) -> MeasuredShare:
        assert self.measured_at is not None
        return MeasuredShare(
            attribute=self.attribute,
            group=self.group,
            n=self.n,
            share=self.share,
            interval_low=self.interval_low,
            interval_high=self.interval_high,
            port=str(self.port),
            measured_at=self.measured_at,
        )

    @property
    def gap(self) -> float | None:
        """Return share minus reference share, from -1 to 1; None if one is unknown."""
        if self.share is None or self.reference_share is None:
            return None
        return self.share - self.reference_share


def contradictions_of(
    product: DataProduct, rows: Collection[Imbalance] | None = None
) -> list[Contradiction]:
    """Return what measurements contradict of the declaration of a product or of a working copy.

    What is measured is always the data of the published product, or of a draft. `rows` are all of
    that product, where they are known already: without a measured one nothing is looked up.
    """
    if rows is not None and all(row.origin != Imbalance.Origin.MEASURED for row in rows):
        return []
    declared = list(Imbalance.objects.declared().filter(record__product=product))
    if not declared:
        return []
    measured = Imbalance.objects.measured()
    of_product = measured.filter(record__product=product.working_copy_of_id or product.pk)
    return find_contradictions(declared, [row.measured_share for row in of_product])
