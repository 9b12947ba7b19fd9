"""Writes what files bring: manifests, business terms and the entries of external catalogs."""

from catalog.manifests.services.manifests import (
    ReleaseTexts,
    apply_plan,
    dry_run_plan,
    import_manifests,
)
from catalog.manifests.services.planning import (
    ProductPlan,
    plan_bundle,
    plan_digest,
    plan_manifests,
)

__all__ = [
    "ProductPlan",
    "ReleaseTexts",
    "apply_plan",
    "dry_run_plan",
    "import_manifests",
    "plan_bundle",
    "plan_digest",
    "plan_manifests",
]
