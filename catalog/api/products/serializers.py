"""The representations of a product."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.conf import settings
from rest_framework import serializers

from catalog.authorization.access import AccessContext
from catalog.identifiers import product_iri, product_path
from catalog.products.models import DataProduct, ProductUse, Sensitivity
from catalog.types import JSONObject

SUMMARY_COLUMNS = (
    "pk",
    "uuid",
    "domain__slug",
    "slug",
    "name",
    "version",
    "status",
    "visibility",
    "sensitivity",
    "tags",
    "purpose",
    "slo_verdict",
    "certification",
    "edition",
    "updated_at",
    "published_at",
)
_SENSITIVITY = dict(Sensitivity.choices)


class ProductSummary(serializers.ModelSerializer[DataProduct]):
    """A product as lists show it."""

    id = serializers.UUIDField(source="uuid")
    iri = serializers.CharField(help_text="The identifier that never changes.", read_only=True)
    path = serializers.CharField(help_text="The path of the product's page.")
    domain = serializers.CharField(source="domain.slug")
    sensitivity = serializers.ChoiceField(
        choices=Sensitivity.labels, source="get_sensitivity_display"
    )
    slo = serializers.CharField(source="slo_verdict", help_text="What the measurements say.")
    certification = serializers.CharField(allow_null=True, read_only=True)

    class Meta:
        model = DataProduct
        fields: tuple[str, ...] = (
            "id",
            "iri",
            "path",
            "domain",
            "slug",
            "name",
            "version",
            "status",
            "visibility",
            "sensitivity",
            "tags",
            "purpose",
            "slo",
            "certification",
            "edition",
            "updated_at",
            "published_at",
        )
        read_only_fields = fields


def summaries_of(rows: Iterable[JSONObject]) -> list[JSONObject]:
    """Return rows of SUMMARY_COLUMNS in the shape of ProductSummary, without its cost per field.

    Times stay times: the renderer writes them.
    """
    base = settings.ASSAY_BASE_IRI
    return [
        {
            "id": row["uuid"],
            "iri": product_iri(row["uuid"], base=base),
            "path": product_path(row["domain__slug"], row["slug"]),
            "domain": row["domain__slug"],
            "slug": row["slug"],
            "name": row["name"],
            "version": row["version"],
            "status": row["status"],
            "visibility": row["visibility"],
            "sensitivity": _SENSITIVITY[row["sensitivity"]],
            "tags": row["tags"],
            "purpose": row["purpose"],
            "slo": row["slo_verdict"],
            "certification": row["certification"] or None,
            "edition": row["edition"],
            "updated_at": row["updated_at"],
            "published_at": row["published_at"],
        }
        for row in rows
    ]


def summary_of(product: DataProduct) -> JSONObject:
    """Return a product in the shape of ProductSummary."""
    own = {name: getattr(product, name) for name in SUMMARY_COLUMNS if name != "domain__slug"}
    return summaries_of([own | {"domain__slug": product.domain.slug}])[0]


def detail_of(product: DataProduct, reader: Callable[[], AccessContext]) -> JSONObject:
    """Return a product in the shape of ProductDetail; `reader` is called only for a successor."""
    after = product.successor
    return summary_of(product) | {
        "limitations": product.limitations,
        "usage": product.usage,
        "successor": address_of(after) if after and reader().can_read(after) else None,
        "ends_on": product.ends_on,
        "certified_until": product.certified_until,
        "created_at": product.created_at,
        "figures": product.slo_figures,
        "tree": product.tree,
    }


class ProductDetail(ProductSummary):
    """A product with its document; `successor` only if the caller can see that product."""

    successor = serializers.CharField(allow_null=True)
    figures = serializers.JSONField(
        source="slo_figures", help_text="By indicator: value, target, as of."
    )
    tree = serializers.JSONField(help_text="The product's document (Bitol ODPS), as it is kept.")

    class Meta(ProductSummary.Meta):
        fields = (
            *ProductSummary.Meta.fields,
            "limitations",
            "usage",
            "successor",
            "ends_on",
            "certified_until",
            "created_at",
            "figures",
            "tree",
        )
        read_only_fields = fields


class UseAnswer(serializers.ModelSerializer[ProductUse]):
    """A use of a product; only signed-in people see who added it."""

    added_by = serializers.SerializerMethodField()

    class Meta:
        model = ProductUse
        fields = ("id", "title", "type", "url", "origin", "added_by")
        read_only_fields = fields

    def get_added_by(self, use: ProductUse) -> str | None:
        return use.added_by or None if self.context["names"] else None


class ReadersAnswer(serializers.Serializer[JSONObject]):
    """The other domains and teams that may read a restricted product, by slug."""

    domains = serializers.ListField(child=serializers.CharField())
    teams = serializers.ListField(child=serializers.CharField())


def address_of(product: DataProduct) -> str:
    """Return `domain/slug`, by which people name a product."""
    return f"{product.domain.slug}/{product.slug}"


def readers_of(product: DataProduct) -> dict[str, list[str]]:
    slugs = list(product.readers.values_list("group__domain__slug", "group__team__slug"))
    return {
        "domains": sorted(domain for domain, _ in slugs if domain),
        "teams": sorted(team for _, team in slugs if team),
    }
