"""What else a product is called, and what names it."""

from django.db import models
from django.utils import timezone

from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.products.models.product import DataProduct


class FormerAddress(models.Model):
    """An address that a product had; it leads to the product for ever."""

    domain = models.ForeignKey(Domain, models.CASCADE)
    slug = models.CharField(max_length=120)
    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="former_addresses")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "slug"], name="a_former_address_leads_to_one_product"
            )
        ]

    def __str__(self) -> str:
        return f"{self.domain_id}/{self.slug}"


class ProductAlias(models.Model):
    """The name of a product in another system, kept word for word; also its last import."""

    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="aliases")
    system = models.CharField(max_length=60)
    identifier = models.CharField(max_length=400)
    imported_digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the tree as last imported."
    )
    imported_edition = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "identifier"], name="an_identifier_means_one_product"
            )
        ]

    def __str__(self) -> str:
        return f"{self.system}:{self.identifier}"


class ProductUse(models.Model):
    """Something that names the product: a tutorial, a paper, a model, a report."""

    class Origin(models.TextChoices):
        DECLARED = "declared"
        ADDED = "added"

    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="uses")
    title = models.CharField(max_length=400)
    type = models.CharField(max_length=60, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.DECLARED)
    added_by = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.title


class Follow(models.Model):
    """A person who is notified of what happens to a product, for as long as they can read it."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="follows")
    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="follows")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "product"], name="a_person_follows_a_product_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} follows {self.product}"
