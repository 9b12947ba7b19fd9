"""Published versions of a product: frozen, readable for ever."""

from django.db import models
from django.utils import timezone

from catalog.products.models import DataProduct


class ProductVersion(models.Model):
    """What was published under one version number; never changed, never deleted alone."""

    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="versions")
    version = models.CharField(max_length=60)
    tree = models.JSONField()
    tree_digest = models.CharField(max_length=64)
    contract_digests = models.JSONField(default=dict, help_text="By `identifier@version`.")
    edition = models.PositiveBigIntegerField()
    published_at = models.DateTimeField(default=timezone.now)
    published_by = models.CharField(max_length=200)
    note = models.TextField(blank=True, help_text="What is new, for consumers.")
    break_reason = models.TextField(
        blank=True, help_text="Why a breaking change had no notice period."
    )
    port_contracts = models.JSONField(
        default=list, help_text="Of each port: name, version, and the contract that it served."
    )
    release_class = models.CharField(
        max_length=5, blank=True, help_text="major, minor or patch; empty for a first version."
    )
    changes = models.JSONField(
        default=list, help_text="What changed since the version before, the greatest class first."
    )
    change_count = models.PositiveIntegerField(
        default=0, help_text="Of all changes; a long list is cut."
    )

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "version"], name="a_version_is_published_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.version}"
