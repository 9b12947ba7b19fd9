"""Documents as they were imported: their bytes, and the products that came from them."""

from django.db import models
from django.utils import timezone

from catalog.products.models import DataProduct


class StoredDocument(models.Model):
    """The bytes of an imported file or request; they never change."""

    sha256 = models.CharField(max_length=64, unique=True)
    content = models.BinaryField()
    media_type = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.sha256


class DocumentOrigin(models.Model):
    """A product that was imported from a document; several may come from one."""

    document = models.ForeignKey(StoredDocument, models.CASCADE, related_name="origins")
    product = models.ForeignKey(DataProduct, models.CASCADE, related_name="document_origins")
    name = models.CharField(max_length=300, help_text="The name of the file.")
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "product"], name="a_document_is_named_once_for_a_product"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} from {self.name}"
