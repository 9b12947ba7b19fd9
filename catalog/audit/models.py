"""Who did what, when and why: append-only events, and the chain that seals their order."""

from typing import Self

from django.db import models


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Reads of the trail."""

    def about(self, kind: str, object_id: str) -> Self:
        """Return the events of one object, newest first."""
        return self.filter(object_kind=kind, object_id=object_id).order_by("-id")


class AuditEvent(models.Model):
    """One change, written in the change's own transaction; it names things and joins none."""

    occurred_at = models.DateTimeField(db_index=True)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=200)
    on_behalf_of = models.CharField(max_length=200, blank=True)
    verb = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=300)
    domain_id = models.BigIntegerField(
        null=True, help_text="The owning domain's id; no foreign key."
    )
    revision = models.PositiveBigIntegerField(default=0)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    token_id = models.CharField(
        max_length=64, blank=True, help_text="The API token through which the actor acted."
    )
    token_name = models.CharField(max_length=80, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["object_kind", "object_id", "-id"], name="audit_by_object"),
            models.Index(fields=["domain_id", "-id"], name="audit_by_domain"),
            models.Index(fields=["object_kind", "verb", "-id"], name="audit_by_verb"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.verb} {self.object_name}"


class AuditSeal(models.Model):
    """An event's place in the sealed order, and the digest that chains it to the one before."""

    sequence = models.PositiveBigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, models.PROTECT, related_name="seal")
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.sequence} {self.digest[:12]}"


class UnsealedEvent(models.Model):
    """An event that waits for its seal, so that nobody searches the whole trail for it."""

    event = models.OneToOneField(
        AuditEvent, models.CASCADE, primary_key=True, related_name="unsealed"
    )

    def __str__(self) -> str:
        return f"unsealed {self.event_id}"
