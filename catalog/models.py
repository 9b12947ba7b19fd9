"""The catalog's models, gathered here for Django alone; everybody else imports the slices."""

from __future__ import annotations

from catalog.audit.models import AuditEvent, AuditSeal
from catalog.authorization.models import Membership
from catalog.contracts.models import (
    DataContract,
    PortContract,
    SchemaObject,
    SchemaProperty,
    Server,
)
from catalog.domains.models import Domain, FormerDomainSlug
from catalog.glossary.models import Term
from catalog.people.models import (
    ApiToken,
    InitialSetup,
    Invitation,
    Person,
    Team,
    TeamMember,
)
from catalog.ports.models import InputPort, OutputPort
from catalog.products.models import (
    DataProduct,
    FormerAddress,
    ProductAlias,
    ProductGroupPermission,
    ProductUse,
)
from catalog.provenance.models import Imbalance, ProvenanceAnswer, ProvenanceRecord
from catalog.publication.models import ProductVersion
from catalog.revisions.models import Followed, Tombstone
from catalog.search.models import IndexCheck, RebuildLock

__all__ = [
    "ApiToken",
    "AuditEvent",
    "AuditSeal",
    "DataContract",
    "DataProduct",
    "Domain",
    "Followed",
    "FormerAddress",
    "FormerDomainSlug",
    "Imbalance",
    "IndexCheck",
    "InitialSetup",
    "InputPort",
    "Invitation",
    "Membership",
    "OutputPort",
    "Person",
    "PortContract",
    "ProductAlias",
    "ProductGroupPermission",
    "ProductUse",
    "ProductVersion",
    "ProvenanceAnswer",
    "ProvenanceRecord",
    "RebuildLock",
    "SchemaObject",
    "SchemaProperty",
    "Server",
    "Team",
    "TeamMember",
    "Term",
    "Tombstone",
]
