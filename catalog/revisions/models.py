"""Revisions of objects, the ones that each follower has handled, and what was deleted."""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.utils import timezone


class Revisioned(models.Model):
    """Something whose `edition` counts people's edits, and `revision` all that followers must see.

    `domain` is the domain that owns it, if any.
    """

    KIND: ClassVar[str]

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    edition = models.PositiveBigIntegerField(default=1)
    revision = models.PositiveBigIntegerField(default=1)
    revised_at = models.DateTimeField(
        default=timezone.now, help_text="The last change that a follower must see."
    )

    class Meta:
        abstract = True

    @property
    def audit_kind(self) -> str:
        """Return the kind under which changes of the row are audited and announced."""
        return self.KIND

    if TYPE_CHECKING:

        @property
        def domain(self) -> Any: ...
        @property
        def domain_id(self) -> int | None: ...


class Followed(models.Model):
    """The revision of one object that one follower last handled."""

    follower = models.CharField(max_length=100)
    kind = models.CharField(max_length=40)
    object_id = models.UUIDField()
    revision = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["follower", "kind", "object_id"], name="follower_remembers_one_revision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.follower}: {self.kind} {self.object_id} @{self.revision}"


class TombstoneQuerySet(models.QuerySet["Tombstone"]):
    """Reads of what was deleted."""

    def unprocessed_by(self, follower: str) -> Self:
        """Return the tombstones that a follower has not handled, oldest first."""
        handled = Followed.objects.filter(
            follower=follower,
            kind=models.OuterRef("kind"),
            object_id=models.OuterRef("object_id"),
            revision__gte=models.OuterRef("revision"),
        )
        return self.filter(~models.Exists(handled)).order_by("id")


class Tombstone(models.Model):
    """Something deleted, kept until every follower has seen that it is gone."""

    kind = models.CharField(max_length=40)
    object_id = models.UUIDField()
    revision = models.PositiveBigIntegerField(help_text="Above the last revision of the living.")
    deleted_at = models.DateTimeField()

    objects = TombstoneQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="an_object_dies_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
