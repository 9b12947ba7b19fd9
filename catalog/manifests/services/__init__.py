"""Writing what files bring: manifests, and the entries of foreign catalogs."""

from __future__ import annotations

from catalog.manifests.services.manifests import apply_plan, import_manifests, rehearse_plan
from catalog.manifests.services.planning import (
    ProductPlan,
    plan_bundle,
    plan_manifests,
    seal_of,
)

__all__ = [
    "ProductPlan",
    "apply_plan",
    "import_manifests",
    "plan_bundle",
    "plan_manifests",
    "rehearse_plan",
    "seal_of",
]
