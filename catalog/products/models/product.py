"""The data product: its tree, its life cycle, who may read it, and what is known of its trust."""

import json
import uuid
from collections.abc import Collection, Iterable, Iterator
from typing import ClassVar, Protocol, Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Cast, StrIndex
from django.utils import timezone
from guardian.managers import GroupObjectPermissionManager
from guardian.models import GroupObjectPermissionBase

from catalog.authorization.access import AccessContext, Principal, access_for
from catalog.domains.models import Domain
from catalog.identifiers import product_path
from catalog.permissions import Permission
from catalog.products.projection import DEFAULT_VISIBILITY
from catalog.revisions.models import Revisioned

PRODUCT = "product"
WORKING_COPY = "working copy"
READ_PRODUCT = "read_product"


class Sensitivity(models.IntegerChoices):
    """How much harm a leak would do; masks and policies compare by this order."""

    PUBLIC = 1, "public"
    INTERNAL = 2, "internal"
    CONFIDENTIAL = 3, "confidential"
    RESTRICTED = 4, "restricted"


class Status(models.TextChoices):
    """The lifecycle of a product."""

    DRAFT = "draft"
    PUBLISHED = "published"
    DEPRECATED = "deprecated"
    RETIRED = "retired"
    EXTERNAL = "external"


class Visibility(models.TextChoices):
    """Who may know that a product exists, once it is no draft."""

    PUBLIC = "public"
    MEMBERS = "members"
    RESTRICTED = "restricted"


class Verdict(models.TextChoices):
    """What the measurements say of a product's objectives, the worst one first."""

    BREACHED = "breached"
    AT_RISK = "at_risk"
    NO_DATA = "no_data"
    COLLECTING = "collecting", "collecting evidence"
    MET = "met"


class ContractState(models.TextChoices):
    """Whether what the sources of a product serve is as their contracts say; the worst first."""

    BROKEN = "broken"
    UNKNOWN = "unknown"
    MET = "met"


class QualityState(models.TextChoices):
    """What the quality checks of a product say, the worst first; "none" if it has no checks.

    Unknown are checks that could not run, or did not for long; collecting, those before the first
    run.
    """

    FAILED = "failed"
    UNKNOWN = "unknown"
    COLLECTING = "collecting"
    PASSED = "passed"
    NONE = "none"


class DataProductQuerySet(models.QuerySet["DataProduct"]):
    """Reads of products."""

    def visible_to(self, principal: Principal | AccessContext | AbstractBaseUser) -> Self:
        """Return the products that a principal can read; `AccessContext.can_read` in SQL."""
        access = access_for(principal)
        if access.reads_everything or access.can(Permission.VIEW_DRAFTS, None):
            return self
        readable = Q(visibility=Visibility.PUBLIC)
        if access.is_signed_in:
            domain_ids = [domain_id for domain_id in access.roles if domain_id is not None]
            readable |= Q(visibility=Visibility.MEMBERS) | Q(domain__in=domain_ids)
            grants = ProductGroupPermission.objects.filter(
                Q(group__domain__in=domain_ids) | Q(group__team__in=access.team_ids)
            )
            readable |= Q(pk__in=grants.values("content_object_id"))
            if uuids := [
                token.removeprefix("product:")
                for token in access.tokens
                if token.startswith("product:")
            ]:
                readable |= Q(uuid__in=uuids)
        condition = ~Q(status=Status.DRAFT) & readable
        if drafts := access.domains_with(Permission.VIEW_DRAFTS):
            condition |= Q(domain__in=drafts)
        return self.filter(condition)

    def has(self, key: str) -> Exists:
        """Return the condition that a row's product, of which `key` names the id, is among these.

        It looks one product up for each row, where `IN` first makes a list of all of them.
        """
        return Exists(self.filter(pk=OuterRef(key)))

    def in_domains(self, domain_ids: Collection[int]) -> Self:
        return self.filter(domain_id__in=domain_ids)

    def live(self) -> Self:
        """Return the products that a consumer can use or read about today."""
        return self.exclude(status__in=[Status.DRAFT, Status.RETIRED])

    def tagged(self, tag: str) -> Self:
        if connection.features.supports_json_field_contains:
            return self.filter(tags__contains=[tag])
        # SQLite stores the list as JSON text, which contains each tag as JSON.
        place = StrIndex(Cast("tags", models.TextField()), models.Value(json.dumps(tag)))
        return self.alias(tag_place=place).filter(tag_place__gt=0)


class DataProductManager(models.Manager["DataProduct"]):
    """All products, and no working copy of one."""

    def get_queryset(self) -> DataProductQuerySet:
        return DataProductQuerySet(self.model, using=self._db).filter(working_copy_of__isnull=True)


class DataProduct(Revisioned):
    """Data that a domain owns, describes and serves.

    `tree` is the parsed product document and the truth of all that people declare; the columns
    next to it are projected from it.

    What people edit of a published product is its working copy: a second row with the same UUID,
    which only `including_working_copies` returns. It repeats the columns of the published row that
    are no part of the document (domain, slug, status, visibility), and has its own ports,
    provenance and draft contracts.
    """

    KIND = PRODUCT

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    working_copy_of = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="working_copy"
    )
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="products")
    document_id = models.CharField(
        max_length=400, blank=True, help_text="The id of its document; no other product has it."
    )
    slug = models.CharField(max_length=120)
    name = models.CharField(max_length=200)
    version = models.CharField(max_length=60, default="0.1.0")
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    purpose = models.TextField(blank=True)
    limitations = models.TextField(blank=True)
    usage = models.TextField(blank=True)
    tags = models.JSONField(default=list)
    sensitivity = models.PositiveSmallIntegerField(
        choices=Sensitivity, default=Sensitivity.INTERNAL
    )
    visibility = models.CharField(max_length=12, choices=Visibility, default=DEFAULT_VISIBILITY)
    tree = models.JSONField(default=dict)
    successor = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="predecessors"
    )
    ends_on = models.DateField(null=True, blank=True, help_text="When a deprecated product ends.")
    end_reason = models.TextField(blank=True, help_text="Why it is deprecated or retired.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, help_text="The last edit by people.")
    published_at = models.DateTimeField(null=True, blank=True)

    # Trust columns: measured, written by services of status alone, never part of the tree.
    slo_verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.NO_DATA)
    slo_figures = models.JSONField(default=dict, help_text="By indicator: value, target, as of.")
    contract_state = models.CharField(
        max_length=8, choices=ContractState, default=ContractState.UNKNOWN
    )
    contract_observed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the sources were read that say so."
    )
    quality_state = models.CharField(max_length=10, choices=QualityState, default=QualityState.NONE)
    quality_observed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the data was checked that says so."
    )
    certification = models.CharField(max_length=12, blank=True)
    certified_until = models.DateField(null=True, blank=True)

    objects = DataProductManager.from_queryset(DataProductQuerySet)()
    including_working_copies: ClassVar[models.Manager["DataProduct"]] = models.Manager()

    class Meta:
        ordering = ["name", "id"]
        permissions = [(READ_PRODUCT, "Read a restricted product")]
        constraints = [
            models.UniqueConstraint(
                fields=["uuid"],
                condition=Q(working_copy_of__isnull=True),
                name="a_uuid_means_one_product",
            ),
            models.UniqueConstraint(
                fields=["domain", "slug"],
                condition=Q(working_copy_of__isnull=True),
                name="a_slug_names_one_product_of_a_domain",
            ),
            # Entries of external catalogs keep the ids that they have there.
            models.UniqueConstraint(
                fields=["document_id"],
                condition=~Q(status=Status.EXTERNAL)
                & ~Q(document_id="")
                & Q(working_copy_of__isnull=True),
                name="a_document_id_means_one_product",
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="product_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(visibility__in=Visibility.values), name="product_visibility_is_known"
            ),
            models.CheckConstraint(
                condition=Q(sensitivity__in=Sensitivity.values),
                name="product_sensitivity_is_on_the_scale",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "visibility"], name="product_by_reader"),
            models.Index(fields=["-updated_at", "id"], name="product_by_update"),
            models.Index(fields=["revised_at"], name="product_by_revision"),
            # Followers read what they missed from this index alone: a row is large.
            models.Index(
                fields=["uuid", "revision", "revised_at", "working_copy_of"],
                name="product_by_state",
            ),
            models.Index(fields=["updated_at", "id"], name="product_by_edit"),
            models.Index(fields=["name", "id"], name="product_by_name"),
            # Counts by domain and the checks of readers are answered from it alone: a row is large.
            models.Index(
                fields=[
                    "domain",
                    "status",
                    "visibility",
                    "slo_verdict",
                    "certification",
                    "working_copy_of",
                ],
                name="product_by_standing",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        return product_path(self.domain.slug, self.slug)

    @property
    def readable_name(self) -> str:
        return f"{self.domain.slug}.{self.slug}@{self.version}"

    @property
    def is_working_copy(self) -> bool:
        return self.working_copy_of_id is not None

    @property
    def is_released(self) -> bool:
        """Return True if readers have a published version, so that edits go to a working copy."""
        return self.status in (Status.PUBLISHED, Status.DEPRECATED)

    @property
    def published_row(self) -> "DataProduct":
        """Return the row that readers see: that of a working copy's product, else this one."""
        return self.working_copy_of or self

    @property
    def audit_kind(self) -> str:
        return WORKING_COPY if self.is_working_copy else PRODUCT

    @property
    def reader_tokens(self) -> list[str]:
        if self.is_working_copy:
            return [f"drafts:{self.domain_id}"]
        is_granted = self.visibility == Visibility.RESTRICTED and self.status != Status.DRAFT
        return reader_tokens(self, self.readers.tokens() if is_granted else [])


class AccessControlled(Protocol):
    """The columns of a product that decide who can read it."""

    @property
    def uuid(self) -> uuid.UUID: ...
    @property
    def domain_id(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def visibility(self) -> str: ...


def reader_tokens(product: AccessControlled, granted: Iterable[str]) -> list[str]:
    """Return the tokens of a product, any one of which lets a reader read it."""
    if product.status == Status.DRAFT:
        return [f"drafts:{product.domain_id}"]
    tokens = [f"domain:{product.domain_id}", f"product:{product.uuid}"]
    if product.visibility == Visibility.PUBLIC:
        return ["public", *tokens]
    if product.visibility == Visibility.MEMBERS:
        return ["members", *tokens]
    return [*tokens, *granted]


class ProductGrantQuerySet(models.QuerySet["ProductGroupPermission"]):
    """Reads of grants."""

    def tokens_by_product(self) -> Iterator[tuple[int, str]]:
        """Yield the key of a product and the reader token of a domain or team, for each grant."""
        rows = self.values_list("content_object_id", "group__domain", "group__team")
        for product_id, domain_id, team_id in rows:
            yield product_id, f"domain:{domain_id}" if domain_id else f"team:{team_id}"

    def tokens(self) -> list[str]:
        return sorted(token for _, token in self.tokens_by_product())


ProductGrantManager = GroupObjectPermissionManager.from_queryset(ProductGrantQuerySet)


class ProductGroupPermission(GroupObjectPermissionBase):
    """guardian's row: the domain or team of a group may read a restricted product.

    Who is in the domain or team is read from roles and memberships, never from the group.
    """

    content_object = models.ForeignKey(DataProduct, models.CASCADE, related_name="readers")

    objects: ClassVar[ProductGrantManager] = ProductGrantManager()
