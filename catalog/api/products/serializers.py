"""The representations of a product."""

from collections.abc import Callable
from copy import copy

from rest_framework import serializers

from catalog.api.rest.views import ModelAnswer
from catalog.authorization.access import AccessContext
from catalog.contracts.access import readable_document
from catalog.identifiers import product_path
from catalog.permissions import Permission
from catalog.products.models import ContractState, DataProduct, ProductUse, Sensitivity
from catalog.products.projection import parse_columns
from catalog.products.reuse import Contact, reuse_of
from catalog.products.summaries import SummaryJSON, product_summary
from catalog.publication.models import ProductVersion
from catalog.types import JSONObject

# The columns of a list; the others, and the document, are not read for it.
SUMMARY_COLUMNS = (
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
    "contract_state",
    "certification",
    "edition",
    "updated_at",
    "published_at",
)


class ProductSummary(ModelAnswer[DataProduct]):
    """A product as lists show it."""

    id = serializers.UUIDField(source="uuid")
    iri = serializers.CharField(help_text="The identifier that never changes.", read_only=True)
    path = serializers.CharField(help_text="The path of the product's page.")
    domain = serializers.CharField(source="domain.slug")
    sensitivity = serializers.ChoiceField(
        choices=Sensitivity.labels, source="get_sensitivity_display"
    )
    slo = serializers.CharField(source="slo_verdict", help_text="What the measurements say.")
    contract = serializers.ChoiceField(
        choices=ContractState.choices,
        source="contract_state",
        help_text="Whether what the sources serve is as the contracts say.",
    )
    certification = serializers.CharField(allow_null=True, read_only=True)

    class Meta:
        model = DataProduct
        fields: tuple[str, ...] = (
            *SummaryJSON.__annotations__,
            "path",
            "visibility",
            "edition",
            "published_at",
        )


def summary_of(product: DataProduct) -> JSONObject:
    """Return a product in the shape of ProductSummary, without its cost per field."""
    domain = product.domain.slug
    return {
        **product_summary(product, domain=domain),
        "path": product_path(domain, product.slug),
        "visibility": product.visibility,
        "edition": product.edition,
        "published_at": product.published_at,
    }


def detail_of(product: DataProduct, reader: Callable[[], AccessContext]) -> JSONObject:
    """Return a product in the shape of ProductDetail; `reader` is called only where it matters."""
    after, row = product.successor, product.published_row
    is_visible = after is not None and reader().can_read(after)

    def may_edit() -> bool:
        return reader().can(Permission.EDIT_PRODUCTS, product.domain_id)

    reuse = reuse_of(product.tree)
    return summary_of(product) | {
        "limitations": product.limitations,
        "usage": product.usage,
        "successor": f"{after.domain.slug}/{after.slug}" if after and is_visible else None,
        "ends_on": product.ends_on,
        "end_reason": product.end_reason,
        "slo": row.slo_verdict,
        "contract": row.contract_state,
        "certification": row.certification or None,
        "certified_until": row.certified_until,
        "contract_observed_at": row.contract_observed_at,
        "created_at": product.created_at,
        "figures": row.slo_figures,
        "license": reuse.license,
        "citation": reuse.citation,
        "contact": reuse.contact,
        "tree": readable_document(product.tree, may_edit),
    }


def as_published(product: DataProduct, version: ProductVersion) -> DataProduct:
    """Return a product with the document of one of its versions; its trust columns are today's."""
    row = copy(product)
    columns = parse_columns(version.tree)
    for name in ("name", "version", "purpose", "limitations", "usage"):
        setattr(row, name, getattr(columns, name))
    row.tags, row.tree = list(columns.tags), version.tree
    row.edition, row.published_at = version.edition, version.published_at
    return row


class ContactAnswer(serializers.Serializer[Contact]):
    """Whom consumers ask; `url` is empty, or an address of the web or of mail."""

    channel = serializers.CharField()
    url = serializers.CharField()


class ProductDetail(ProductSummary):
    """A product with its document; `successor` only if the caller can see that product."""

    successor = serializers.CharField(allow_null=True)
    figures = serializers.JSONField(
        source="slo_figures", help_text="By indicator: value, target, as of."
    )
    license = serializers.CharField(
        read_only=True, help_text="What others may do with the data: an SPDX identifier or a text."
    )
    citation = serializers.CharField(read_only=True, help_text="How to cite the data.")
    contact = ContactAnswer(read_only=True, allow_null=True)
    tree = serializers.JSONField(help_text="The product's document (Bitol ODPS), as it is kept.")

    class Meta(ProductSummary.Meta):
        fields = (
            *ProductSummary.Meta.fields,
            "limitations",
            "usage",
            "successor",
            "ends_on",
            "end_reason",
            "certified_until",
            "contract_observed_at",
            "created_at",
            "figures",
            "license",
            "citation",
            "contact",
            "tree",
        )


class UseAnswer(ModelAnswer[ProductUse]):
    """A use of a product; only signed-in people see who added it."""

    added_by = serializers.SerializerMethodField()

    class Meta:
        model = ProductUse
        fields = ("id", "title", "type", "url", "origin", "added_by")

    def get_added_by(self, use: ProductUse) -> str | None:
        return use.added_by or None if self.context["names"] else None


class ReadersAnswer(serializers.Serializer[JSONObject]):
    """The other domains and teams that may read a restricted product, by slug."""

    domains = serializers.ListField(child=serializers.CharField())
    teams = serializers.ListField(child=serializers.CharField())


def readers_of(product: DataProduct) -> dict[str, list[str]]:
    slugs = list(product.readers.values_list("group__domain__slug", "group__team__slug"))
    return {
        "domains": sorted(domain for domain, _ in slugs if domain),
        "teams": sorted(team for _, team in slugs if team),
    }
