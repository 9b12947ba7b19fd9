"""Rows of certifications."""

from governance.certification.models.certificates import Certificate, SigningKey
from governance.certification.models.certifications import (
    Certification,
    CertifiedVersion,
    Decision,
)

__all__ = ["Certificate", "Certification", "CertifiedVersion", "Decision", "SigningKey"]
