"""Signed certificates, and the keys that sign them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from governance.certification.models.certifications import Certification


class SigningKey(models.Model):
    """A key pair (Ed25519). The private key is encrypted; a retired key still verifies."""

    key_id = models.CharField(max_length=64, unique=True)
    public_key = models.CharField(max_length=64, help_text="32 bytes, base64url.")
    private_key = models.TextField(help_text="Encrypted with the key of the installation.")
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key_id


class Certificate(models.Model):
    """The signed document of a certification; a new one is issued at each release it covers."""

    certification = models.ForeignKey(Certification, models.CASCADE, related_name="certificates")
    serial = models.UUIDField(unique=True)
    document = models.JSONField(help_text="What is signed, as canonical JSON (RFC 8785).")
    signature = models.CharField(max_length=128, help_text="Base64url.")
    key = models.ForeignKey(SigningKey, models.PROTECT, related_name="certificates")
    issued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-issued_at"]

    def __str__(self) -> str:
        return str(self.serial)
