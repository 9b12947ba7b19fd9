"""What the applied policies say of each product, and of which revision of it."""

from django.db import models
from django.db.models import Q

from catalog.people.models import Person
from catalog.products.models import DataProduct
from governance.policies.models.policies import Policy


class EvaluatedProduct(models.Model):
    """The revision of a product, and the set of policies, for which its results are stored."""

    product = models.OneToOneField(DataProduct, models.CASCADE, related_name="policy_evaluation")
    revision = models.PositiveBigIntegerField()
    policies = models.CharField(max_length=64, help_text="Digest of the applied policies.")
    is_time_bound = models.BooleanField(help_text="A result may change with the clock alone.")
    evaluated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"policies of {self.product_id} at {self.revision}"


class StoredResult(models.Model):
    """What the active version of a policy says of a product."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="results")
    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="policy_results")
    version = models.PositiveIntegerField(help_text="Number of the policy's version.")
    revision = models.PositiveBigIntegerField(help_text="Of the product.")
    applies = models.BooleanField()
    is_met = models.BooleanField(help_text="No clause is violated.")
    is_time_bound = models.BooleanField(default=False)
    clauses = models.JSONField(default=list, help_text="Of clauses that are not met: ClauseResult.")
    evaluated_at = models.DateTimeField()
    violated_since = models.DateTimeField(null=True, blank=True)
    assigned_to = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "product"], name="a_policy_has_one_result")
        ]
        indexes = [
            models.Index(fields=["policy"], condition=Q(is_met=False), name="policy_violations"),
            models.Index(
                fields=["product"], condition=Q(is_met=False), name="violations_by_product"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} of {self.product_id}: {'met' if self.is_met else 'violated'}"
